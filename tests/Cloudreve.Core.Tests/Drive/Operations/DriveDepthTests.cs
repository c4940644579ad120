using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Drive.Copying;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tests.Content.Uploads;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive.Operations;

/// <summary>Tests that nothing gets below the deepest path that can be requested, by whatever operation.</summary>
public sealed class DriveDepthTests(AzuriteServer azurite)
{
    private static readonly CopyLimits NoLimits = new(null, 0);

    [Theory]
    [InlineData(70, 57, true)]
    [InlineData(70, 58, false)]
    public async Task Given_a_deep_folder_when_moved_below_another_then_what_fits_comes_and_the_rest_does_not(int levels, int below, bool fits)
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.MakeFolderAsync(Deep("a", levels));
        await site.MakeFolderAsync(Deep("b", below));
        // A file in the deepest folder needs a level, too.
        await site.PutAsync(Deep("b", below) + "/f");

        var code = await RunAsync(site, (o, w) => o.MoveAsync(w, DriveSite.Path("b"), DriveSite.Path(Deep("a", levels))));

        Assert.Equal(fits ? ErrorCode.Ok : ErrorCode.BadParameter, code);
        var expected = (fits ? Deep("a", levels) + "/" : "") + Deep("b", below) + "/f";
        Assert.NotNull(await site.Tree.ByPath.FindAsync(DriveSite.Owner, DriveSite.Path(expected)));
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, false)]
    public async Task Given_a_deep_folder_when_copied_into_itself_repeatedly_then_it_ends_at_the_deepest_place(int levels, bool fits)
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.MakeFolderAsync(Deep("a", 64));
        await site.PutAsync(Deep("b", levels) + "/f");

        var code = await RunAsync(site, (o, w) => o.CopyAsync(w, DriveSite.Path("b"), DriveSite.Path(Deep("a", 64)), NoLimits));

        Assert.Equal(fits ? ErrorCode.Ok : ErrorCode.BadParameter, code);
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_folders_of_a_few_levels_when_stacked_then_the_last_that_fits_is_the_last_that_comes()
    {
        var site = await DriveSite.CreateAsync(azurite);
        var place = "";
        var codes = new List<ErrorCode>();
        for (var i = 0; i < 5; i++)
        {
            await site.MakeFolderAsync(Deep($"s{i}", 30));
            codes.Add(place.Length == 0 ? ErrorCode.Ok : await RunAsync(site, (o, w) => o.MoveAsync(w, DriveSite.Path($"s{i}"), DriveSite.Path(place))));
            if (codes[^1] == ErrorCode.Ok)
                place = (place.Length == 0 ? "" : place + "/") + Deep($"s{i}", 30);
        }

        Assert.Equal([ErrorCode.Ok, ErrorCode.Ok, ErrorCode.Ok, ErrorCode.Ok, ErrorCode.BadParameter], codes);
        Assert.NotNull(await site.Tree.ByPath.FindAsync(DriveSite.Owner, DriveSite.Path(place)));
    }

    [Fact]
    public async Task Given_a_deep_folder_in_the_trash_when_restored_then_it_comes_back_where_it_was()
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.MakeFolderAsync(Deep("a", 100));
        await site.MakeFolderAsync(Deep("b", 40));
        var work = DriveSite.NewWork();
        var trashed = await site.Operations.TrashAsync(work, DriveSite.Path("a"), "cloudreve://my/a", TimeSpan.FromDays(1));

        Assert.Equal(ErrorCode.BadParameter, await RunAsync(site, (o, w) => o.RestoreAsync(w, trashed.Name, DriveSite.Path(Deep("b", 40)))));
        Assert.Equal(ErrorCode.Ok, await RunAsync(site, (o, w) => o.RestoreAsync(w, trashed.Name, null)));

        Assert.NotNull(await site.Tree.ByPath.FindAsync(DriveSite.Owner, DriveSite.Path(Deep("a", 100))));
    }

    [Theory]
    [InlineData("f", FileType.File)]
    [InlineData("x", FileType.Folder)]
    [InlineData("x/y/z", FileType.File)]
    public async Task Given_an_entry_under_creation_when_a_folder_above_moves_too_deep_then_it_is_refused(
        string name, FileType type)
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.MakeFolderAsync(Deep("a", 70));
        await site.MakeFolderAsync(Deep("b", 58));
        // The last thing that happens before the entry is in its folder.
        var injection = new Injection(() => RunAsync(site, (o, w) => o.MoveAsync(w, DriveSite.Path("b"), DriveSite.Path(Deep("a", 70)))));

        var code = await RunAsync(site.Restart(injection.BeforeFirstBatch), (o, w) => o.CreateAsync(w, DriveSite.Path($"{Deep("b", 58)}/{name}"), new NewEntry(type), failIfExists: true));

        Assert.Equal((ErrorCode.Ok, ErrorCode.BadParameter), (injection.Code, code));
        Assert.Equal(FilePath.MaxDepth, (await site.ReadAsync()).Max(line => line.Count(c => c == '/')));
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_an_upload_about_to_begin_when_a_folder_above_moves_too_deep_then_it_is_refused()
    {
        var uploads = await UploadSite.CreateAsync(azurite);
        var site = uploads.Drive;
        await site.MakeFolderAsync(Deep("a", 70));
        await site.MakeFolderAsync(Deep("b", 58));
        // Before the lock, which would keep the folder where it is.
        var injection = new Injection(() => RunAsync(site, (o, w) => o.MoveAsync(w, DriveSite.Path("b"), DriveSite.Path(Deep("a", 70)))));
        var process = uploads.Restart(injection.BeforeFirstBatch);

        var refused = await Assert.ThrowsAsync<CloudreveException>(() => process.BeginAsync(Deep("b", 58) + "/f", 5));

        Assert.Equal((ErrorCode.Ok, ErrorCode.BadParameter), (injection.Code, refused.Code));
        Assert.Equal(FilePath.MaxDepth, (await site.ReadAsync()).Max(line => line.Count(c => c == '/')));
    }

    [Fact]
    public async Task Given_content_about_to_be_placed_when_a_folder_above_moves_too_deep_then_it_is_refused()
    {
        var uploads = await UploadSite.CreateAsync(azurite);
        var site = uploads.Drive;
        await site.MakeFolderAsync(Deep("a", 70));
        await site.MakeFolderAsync(Deep("b", 58));
        var injection = new Injection(() => RunAsync(site, (o, w) => o.MoveAsync(w, DriveSite.Path("b"), DriveSite.Path(Deep("a", 70)))));

        var refused = await Assert.ThrowsAsync<CloudreveException>(() => uploads.Restart(injection.BeforeFirstBatch).WriteAsync(Deep("b", 58) + "/f", UploadSite.Bytes(5)));

        Assert.Equal((ErrorCode.Ok, ErrorCode.BadParameter), (injection.Code, refused.Code));
        Assert.Equal(FilePath.MaxDepth, (await site.ReadAsync()).Max(line => line.Count(c => c == '/')));
        Assert.Equal(0, await site.UsedAsync());
        await uploads.RecoverAsync();
        await uploads.AssertExactAsync();
    }

    [Theory]
    [InlineData("f", false)]
    [InlineData("f", true)]
    [InlineData("x", true)]
    public async Task Given_an_entry_about_to_arrive_when_its_destination_moves_too_deep_then_it_stays(string name, bool isCopy)
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.MakeFolderAsync(Deep("a", 70));
        await site.MakeFolderAsync(Deep("b", 58));
        await site.MakeFolderAsync("x");
        await site.PutAsync("f");
        var injection = new Injection(() => RunAsync(site, (o, w) => o.MoveAsync(w, DriveSite.Path("b"), DriveSite.Path(Deep("a", 70)))));
        var (entry, destination) = (DriveSite.Path(name), DriveSite.Path(Deep("b", 58)));

        var code = await RunAsync(
            site.Restart(injection.BeforeFirstBatch), (o, w) => isCopy ? o.CopyAsync(w, entry, destination, NoLimits) : o.MoveAsync(w, entry, destination));

        Assert.Equal((ErrorCode.Ok, ErrorCode.BadParameter), (injection.Code, code));
        Assert.NotNull(await site.Tree.ByPath.FindAsync(DriveSite.Owner, entry));
        Assert.Equal(FilePath.MaxDepth, (await site.ReadAsync()).Max(line => line.Count(c => c == '/')));
        Assert.Equal(10, await site.UsedAsync());
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_a_file_with_a_claimed_name_when_the_destination_would_be_too_deep_then_it_stays()
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.MakeFolderAsync(Deep("a", 70));
        await site.MakeFolderAsync(Deep("b", 58));
        await site.PutAsync("f");
        // The commit of a move is the first replacement of a single row.
        var injection = new Injection(() => RunAsync(site, (o, w) => o.MoveAsync(w, DriveSite.Path("b"), DriveSite.Path(Deep("a", 70)))));

        var code = await RunAsync(site.Restart(injection.BeforeFirstReplacement), (o, w) => o.MoveAsync(w, DriveSite.Path("f"), DriveSite.Path(Deep("b", 58))));

        Assert.Equal((ErrorCode.BadParameter, ErrorCode.Ok), (injection.Code, code));
        Assert.NotNull(await site.Tree.ByPath.FindAsync(DriveSite.Owner, DriveSite.Path(Deep("b", 58) + "/f")));
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Theory]
    [InlineData(70, 58, ErrorCode.BadParameter)]
    [InlineData(60, 30, ErrorCode.Ok)]
    public async Task Given_a_folder_whose_levels_are_counted_when_one_more_comes_early_then_it_counts_too(int above, int levels, ErrorCode expected)
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.MakeFolderAsync(Deep("a", above));
        await site.MakeFolderAsync(Deep("b", levels));
        // The first batch of a move is its announcement.
        var injection = new Injection(() => RunAsync(site, (o, w) => o.CreateAsync(w, DriveSite.Path(Deep("b", levels) + "/new"), NewEntry.Folder, failIfExists: true)));

        var code = await RunAsync(site.Restart(injection.BeforeFirstBatch), (o, w) => o.MoveAsync(w, DriveSite.Path("b"), DriveSite.Path(Deep("a", above))));

        Assert.Equal((ErrorCode.Ok, expected), (injection.Code, code));
        var place = expected == ErrorCode.Ok ? $"{Deep("a", above)}/{Deep("b", levels)}/new" : $"{Deep("b", levels)}/new";
        Assert.NotNull(await site.Tree.ByPath.FindAsync(DriveSite.Owner, DriveSite.Path(place)));
        Assert.True((await site.Get<DriveLocks>().ReadAsync(DriveSite.Owner)).Depth >= DriveSite.Path(place).Depth);
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_a_drive_without_deep_folders_when_entries_are_created_then_moves_are_not_looked_at()
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.MakeFolderAsync(Deep("a", 3));
        using var measured = site.Layout.Account.Transactions.Measure();

        await site.Operations.CreateAsync(DriveSite.NewWork(), DriveSite.Path(Deep("a", 3) + "/f"), new NewEntry(FileType.File), failIfExists: true);

        // Control rows, three folders, the id row, the entry; and a block of ids.
        Assert.InRange(measured.Total, 6, 8);
    }

    [Fact]
    public async Task Given_an_entry_below_the_deepest_place_when_its_path_is_asked_then_it_has_one()
    {
        var site = await DriveSite.CreateAsync(azurite);
        var folder = await site.MakeFolderAsync(Deep("a", FilePath.MaxDepth));
        var file = await site.Tree.Creation.CreateEntryAsync(DriveSite.Owner, folder.Id, "f", new NewEntry(FileType.File), failIfExists: true);

        Assert.Equal(FilePath.MaxDepth + 1, (await site.Tree.ById.GetPathAsync(file)).Depth);
    }

    private static string Deep(string name, int levels) => string.Join('/', Enumerable.Range(0, levels).Select(i => i == 0 ? name : $"{name}{i}"));

    private static async Task<ErrorCode> RunAsync(DriveSite site, Func<DriveOperations, DriveWork, Task> change)
    {
        try
        {
            await change(site.Operations, DriveSite.NewWork());
            return ErrorCode.Ok;
        }
        catch (CloudreveException e)
        {
            return e.Code;
        }
    }

    /// <summary>An event in another process just before the first batch of this one.</summary>
    private sealed class Injection(Func<Task<ErrorCode>> happens)
    {
        private bool _isOver;

        /// <summary>The error code of the outcome.</summary>
        public ErrorCode? Code { get; private set; }

        public StorageFault BeforeFirstBatch(StorageCall call) => Before(call.Resource == "$batch");

        public StorageFault BeforeFirstReplacement(StorageCall call) => Before(call.Method == "PUT");

        private StorageFault Before(bool isMoment)
        {
            if (isMoment && !_isOver)
            {
                _isOver = true;
                Code = Task.Run(happens).GetAwaiter().GetResult();
            }
            return StorageFault.None;
        }
    }
}

using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.FileSystem.Copying;
using Cloudreve.Core.FileSystem.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.FileSystem.Operations;

/// <summary>Nothing comes below the deepest path that can be asked for, however it gets there.</summary>
public sealed class DriveDepthTests(AzuriteServer azurite)
{
    private static readonly CopyLimits NoLimits = new(null, 0);

    [Theory]
    [InlineData(70, 57, true)]
    [InlineData(70, 58, false)]
    public async Task Given_a_deep_folder_when_it_is_moved_below_another_deep_one_then_what_fits_comes_and_the_rest_is_refused(int levels, int below, bool fits)
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.MakeFolderAsync(Deep("a", levels));
        await site.MakeFolderAsync(Deep("b", below));
        // A file in the deepest folder needs a level, too.
        await site.PutAsync(Deep("b", below) + "/f");

        var code = await RunAsync(site, (o, w) => o.MoveAsync(w, DriveSite.Path("b"), DriveSite.Path(Deep("a", levels))));

        Assert.Equal(fits ? ErrorCode.Ok : ErrorCode.BadParameter, code);
        var expected = (fits ? Deep("a", levels) + "/" : "") + Deep("b", below) + "/f";
        Assert.NotNull(await site.Tree.FindAsync(DriveSite.Owner, DriveSite.Path(expected)));
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, false)]
    public async Task Given_a_deep_folder_when_it_is_copied_into_itself_again_and_again_then_it_ends_at_the_deepest_place(int levels, bool fits)
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.MakeFolderAsync(Deep("a", 64));
        await site.PutAsync(Deep("b", levels) + "/f");

        var code = await RunAsync(site, (o, w) => o.CopyAsync(w, DriveSite.Path("b"), DriveSite.Path(Deep("a", 64)), NoLimits));

        Assert.Equal(fits ? ErrorCode.Ok : ErrorCode.BadParameter, code);
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_folders_of_a_few_levels_when_they_are_stacked_then_the_last_that_fits_is_the_last_that_comes()
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
        Assert.NotNull(await site.Tree.FindAsync(DriveSite.Owner, DriveSite.Path(place)));
    }

    [Fact]
    public async Task Given_a_deep_folder_in_the_trash_when_it_is_restored_then_it_comes_back_where_it_was_and_not_deeper()
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.MakeFolderAsync(Deep("a", 100));
        await site.MakeFolderAsync(Deep("b", 40));
        var work = DriveSite.NewWork();
        var trashed = await site.Operations.TrashAsync(work, DriveSite.Path("a"), "cloudreve://my/a", TimeSpan.FromDays(1));

        Assert.Equal(ErrorCode.BadParameter, await RunAsync(site, (o, w) => o.RestoreAsync(w, trashed.Name, DriveSite.Path(Deep("b", 40)))));
        Assert.Equal(ErrorCode.Ok, await RunAsync(site, (o, w) => o.RestoreAsync(w, trashed.Name, null)));

        Assert.NotNull(await site.Tree.FindAsync(DriveSite.Owner, DriveSite.Path(Deep("a", 100))));
    }

    [Fact]
    public async Task Given_an_entry_below_the_deepest_place_when_its_path_is_asked_then_it_has_one()
    {
        var site = await DriveSite.CreateAsync(azurite);
        var folder = await site.MakeFolderAsync(Deep("a", FilePath.MaxDepth));
        var file = await site.Tree.CreateEntryAsync(DriveSite.Owner, folder.Id, "f", new NewEntry(FileType.File), failIfExists: true);

        Assert.Equal(FilePath.MaxDepth + 1, (await site.Tree.GetPathAsync(file)).Depth);
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
}

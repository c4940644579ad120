using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive;

public sealed class EntryTests(AzuriteServer azurite)
{
    private const long Owner = 7;
    private static readonly NewEntry File = new(FileType.File);
    private static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    private readonly Microsoft.Extensions.Time.Testing.FakeTimeProvider _clock = new(Now);

    [Fact]
    public async Task Given_a_new_user_when_the_root_is_created_twice_then_it_is_there_once_and_empty()
    {
        var (tree, layout) = await NewDriveAsync();
        _clock.Advance(TimeSpan.FromDays(1));

        await tree.Roots.CreateAsync(Owner);

        var root = await tree.ByPath.GetAsync(Owner, FilePath.Root);
        Assert.Equal((Owner, 0L, Owner, FileType.Folder, "", Now), (root.Id, root.ParentId, root.OwnerId, root.Type, root.Name, root.CreatedAt));
        Assert.True(root.IsRoot);
        Assert.Empty((await new FolderListing(layout, new HeavyReads()).ListAsync(root.Id, FileOrder.Name, false, 10, null)).Entries);
    }

    [Fact]
    public async Task Given_no_root_when_it_is_looked_up_then_nothing_is_found()
    {
        var (tree, _) = await NewDriveAsync();

        Assert.Null(await tree.ByPath.FindAsync(Owner + 1, FilePath.Root));
    }

    [Fact]
    public async Task Given_an_empty_drive_when_a_file_is_created_then_its_folders_are_too()
    {
        var (tree, _) = await NewDriveAsync();
        var changed = Now.AddYears(-3);
        var entry = new NewEntry(FileType.File)
        {
            Size = 5_000_000_000,
            EntityId = 4711,
            UpdatedAt = changed,
            Metadata = new Dictionary<string, string> { ["tag:ü"] = "#fff", ["customize:emoji"] = "😀" },
        };

        var created = await tree.Creation.CreateAsync(Owner, Path("a/b/c.txt"), entry, failIfExists: true);

        var found = await tree.ByPath.GetAsync(Owner, Path("a/b/c.txt"));
        Assert.Equal(created with { Metadata = found.Metadata }, found, SameFile);
        Assert.Equal(entry.Metadata, found.Metadata);
        Assert.Equal((FileType.File, "c.txt", 5_000_000_000, 4711L, Now, changed), (found.Type, found.Name, found.Size, found.PrimaryEntityId, found.CreatedAt, found.UpdatedAt));
        var folder = await tree.ByPath.GetAsync(Owner, Path("a/b"));
        Assert.Equal((FileType.Folder, found.ParentId, 0L), (folder.Type, folder.Id, folder.Size));
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("100%#1.txt")]
    [InlineData("it's & more; {x}")]
    [InlineData("文件 😀.txt")]
    [InlineData("\uF023")]
    public async Task Given_an_odd_name_when_an_entry_is_created_then_it_is_found_under_exactly_that_name(string name)
    {
        var (tree, _) = await NewDriveAsync();

        var folder = await tree.Creation.CreateAsync(Owner, FilePath.Root.Child(name), NewEntry.Folder, failIfExists: true);
        var file = await tree.Creation.CreateAsync(Owner, FilePath.Root.Child(name).Child(name), File, failIfExists: true);

        Assert.Equal(folder, await tree.ByPath.GetAsync(Owner, FilePath.Root.Child(name)), SameFile);
        Assert.Equal(file, await tree.ByPath.GetAsync(Owner, FilePath.Root.Child(name).Child(name)), SameFile);
    }

    [Fact]
    public async Task Given_names_that_differ_in_case_or_form_when_created_then_they_are_different_entries()
    {
        var (tree, _) = await NewDriveAsync();
        string[] names = ["a", "A", "\u00e9", "e\u0301", "#", "\uF023"];

        var ids = new HashSet<long>();
        foreach (var name in names)
            ids.Add((await tree.Creation.CreateAsync(Owner, FilePath.Root.Child(name), File, failIfExists: true)).Id);

        Assert.Equal(names.Length, ids.Count);
    }

    [Theory]
    [InlineData(FileType.File)]
    [InlineData(FileType.Folder)]
    public async Task Given_an_entry_when_one_of_its_type_is_created_then_the_existing_one_is_returned(FileType type)
    {
        var (tree, layout) = await NewDriveAsync();
        var first = await tree.Creation.CreateAsync(Owner, Path("x"), new NewEntry(type), failIfExists: true);

        var second = await tree.Creation.CreateAsync(Owner, Path("x"), new NewEntry(type) { Size = 99 }, failIfExists: false);

        Assert.Equal(first, second, SameFile);
        await AssertErrorAsync(ErrorCode.ObjectExists, () => tree.Creation.CreateAsync(Owner, Path("x"), new NewEntry(type), failIfExists: true));
        Assert.Equal(1, await Installation.CountRowsAsync(layout.FileIds));
    }

    [Theory]
    [InlineData(FileType.File, false)]
    [InlineData(FileType.File, true)]
    [InlineData(FileType.Folder, false)]
    [InlineData(FileType.Folder, true)]
    public async Task Given_an_entry_when_one_of_the_other_type_is_created_then_it_is_a_conflict(FileType existing, bool failIfExists)
    {
        var (tree, layout) = await NewDriveAsync();
        var first = await tree.Creation.CreateAsync(Owner, Path("x"), new NewEntry(existing), failIfExists: true);
        var rows = await CountRowsAsync(layout);
        var other = existing == FileType.File ? FileType.Folder : FileType.File;

        await AssertErrorAsync(ErrorCode.ObjectExists, () => tree.Creation.CreateAsync(Owner, Path("x"), new NewEntry(other), failIfExists));

        Assert.Equal(first, await tree.ByPath.GetAsync(Owner, Path("x")), SameFile);
        Assert.Equal(rows, await CountRowsAsync(layout));
    }

    [Theory]
    [InlineData("f/x")]
    [InlineData("f/x/y")]
    [InlineData("d/f/x")]
    public async Task Given_a_file_where_a_folder_is_needed_when_an_entry_is_created_below_then_it_is_a_conflict(string path)
    {
        var (tree, _) = await NewDriveAsync();
        await tree.Creation.CreateAsync(Owner, Path("f"), File, failIfExists: true);
        await tree.Creation.CreateAsync(Owner, Path("d/f"), File, failIfExists: true);

        await AssertErrorAsync(ErrorCode.ObjectExists, () => tree.Creation.CreateAsync(Owner, Path(path), File, failIfExists: false));

        Assert.Null(await tree.ByPath.FindAsync(Owner, Path(path)));
    }

    [Theory]
    [InlineData("a:b")]
    [InlineData("x/a?b/y")]
    [InlineData("x/a|b")]
    public async Task Given_an_illegal_name_anywhere_in_the_path_when_an_entry_is_created_then_nothing_is(string path)
    {
        var (tree, layout) = await NewDriveAsync();

        await AssertErrorAsync(ErrorCode.IllegalName, () => tree.Creation.CreateAsync(Owner, Path(path), File, failIfExists: false));

        Assert.Equal(1, await CountRowsAsync(layout));
    }

    [Fact]
    public async Task Given_a_name_of_256_bytes_when_created_then_it_is_illegal_and_255_bytes_are_not()
    {
        var (tree, _) = await NewDriveAsync();
        var longest = string.Concat(Enumerable.Repeat("文", 85));

        await tree.Creation.CreateAsync(Owner, Path(longest), NewEntry.Folder, failIfExists: true);

        await AssertErrorAsync(ErrorCode.IllegalName, () => tree.Creation.CreateAsync(Owner, Path(longest + "x"), File, failIfExists: true));
        Assert.Equal(longest, (await tree.ByPath.GetAsync(Owner, Path(longest))).Name);
    }

    [Fact]
    public async Task Given_the_root_when_it_is_created_like_an_entry_then_that_is_forbidden()
    {
        var (tree, _) = await NewDriveAsync();

        await AssertErrorAsync(ErrorCode.NoPermission, () => tree.Creation.CreateAsync(Owner, FilePath.Root, NewEntry.Folder, failIfExists: false));
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("missing/x")]
    [InlineData("d/missing")]
    [InlineData("f/x")]
    [InlineData("d/a?b")]
    [InlineData("a\\b/c")]
    public async Task Given_nothing_at_a_path_when_it_is_looked_up_then_it_is_not_found(string path)
    {
        var (tree, _) = await NewDriveAsync();
        await tree.Creation.CreateAsync(Owner, Path("d"), NewEntry.Folder, failIfExists: true);
        await tree.Creation.CreateAsync(Owner, Path("f"), File, failIfExists: true);

        Assert.Null(await tree.ByPath.FindAsync(Owner, Path(path)));
        await AssertErrorAsync(ErrorCode.PathNotFound, () => tree.ByPath.GetAsync(Owner, Path(path)));
    }

    [Fact]
    public async Task Given_two_users_when_they_use_the_same_path_then_each_sees_only_the_own_drive()
    {
        var (tree, _) = await NewDriveAsync();
        await tree.Roots.CreateAsync(Owner + 1);

        var mine = await tree.Creation.CreateAsync(Owner, Path("a/b"), File, failIfExists: true);

        Assert.Null(await tree.ByPath.FindAsync(Owner + 1, Path("a")));
        var theirs = await tree.Creation.CreateAsync(Owner + 1, Path("a/b"), File, failIfExists: true);
        Assert.NotEqual(mine.Id, theirs.Id);
        Assert.Equal(Owner + 1, theirs.OwnerId);
    }

    [Fact]
    public async Task Given_entries_when_they_are_looked_up_by_id_then_the_whole_record_and_its_path_come_back()
    {
        var (tree, _) = await NewDriveAsync();
        var file = await tree.Creation.CreateAsync(Owner, Path("a/b/c#%.txt"), File, failIfExists: true);
        var folder = await tree.ByPath.GetAsync(Owner, Path("a/b"));

        Assert.Equal(file, await tree.ById.FindAsync(file.Id), SameFile);
        Assert.Equal(folder, await tree.ById.FindAsync(folder.Id), SameFile);
        Assert.Equal(Path("a/b/c#%.txt"), await tree.ById.GetPathAsync(file));
        Assert.Equal(Path("a/b"), await tree.ById.GetPathAsync(folder));
        Assert.Equal(FilePath.Root, await tree.ById.GetPathAsync(await tree.ByPath.GetAsync(Owner, FilePath.Root)));
        Assert.Null(await tree.ById.FindAsync(file.Id + 500));
    }

    [Theory]
    [InlineData(FileType.File)]
    [InlineData(FileType.Folder)]
    public async Task Given_a_deleted_folder_when_an_entry_is_created_in_it_then_no_row_is_left(FileType type)
    {
        var (tree, layout) = await NewDriveAsync();
        var folder = await tree.Creation.CreateAsync(Owner, Path("d"), NewEntry.Folder, failIfExists: true);
        await layout.Files.DeleteAsync(FileKeys.Folder(folder.Id), FileKeys.Header);
        var rows = await CountRowsAsync(layout);

        await AssertErrorAsync(ErrorCode.PathNotFound, () => tree.Creation.CreateAsync(Owner, Path("d/x"), new NewEntry(type), failIfExists: false));

        Assert.Equal(rows, await CountRowsAsync(layout));
        Assert.Null(await tree.ByPath.FindAsync(Owner, Path("d/x")));
    }

    [Fact]
    public async Task Given_a_file_when_its_content_has_changed_then_all_lookups_show_the_new_state()
    {
        var (tree, layout) = await NewDriveAsync();
        var file = await tree.Creation.CreateAsync(Owner, Path("d/f"), File with { Size = 1, EntityId = 5 }, failIfExists: true);
        var changed = file with { Size = 2, UpdatedAt = Now.AddDays(1) };

        await tree.Updates.UpdateAsync(file, f => f with { Size = changed.Size, UpdatedAt = changed.UpdatedAt });

        Assert.Equal(changed, await tree.ByPath.GetAsync(Owner, Path("d/f")), SameFile);
        Assert.Equal(changed, await tree.ById.FindAsync(file.Id), SameFile);
        foreach (var order in Enum.GetValues<FileOrder>())
            Assert.Equal(changed, Assert.Single((await new FolderListing(layout, new HeavyReads()).ListAsync(file.ParentId, order, false, 10, null)).Entries), SameFile);
    }

    [Fact]
    public async Task Given_a_file_that_is_gone_when_it_is_refreshed_then_the_path_is_not_found()
    {
        var (tree, layout) = await NewDriveAsync();
        var file = await tree.Creation.CreateAsync(Owner, Path("f"), File, failIfExists: true);
        foreach (var row in file.ToRows())
            await layout.Files.DeleteAsync(row.PartitionKey, row.RowKey);
        var successor = await tree.Creation.CreateAsync(Owner, Path("f"), File, failIfExists: true);

        await AssertErrorAsync(ErrorCode.PathNotFound, () => tree.Updates.UpdateAsync(file, f => f with { Size = 9 }));

        Assert.Equal(successor, await tree.ByPath.GetAsync(Owner, Path("f")), SameFile);
    }

    [Fact]
    public async Task Given_twenty_rivals_when_they_create_the_same_folder_then_all_get_the_one_that_exists()
    {
        var (tree, layout) = await NewDriveAsync();

        var created = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => tree.Creation.CreateAsync(Owner, Path("a/b/c"), NewEntry.Folder, failIfExists: false)));

        var id = Assert.Single(created.Select(f => f.Id).Distinct());
        Assert.Equal(id, (await tree.ByPath.GetAsync(Owner, Path("a/b/c"))).Id);
        Assert.Equal(3, await Installation.CountRowsAsync(layout.FileIds));
        // Four headers, and three rows for each of three folders.
        Assert.Equal(4 + 9, await Installation.CountRowsAsync(layout.Files));
    }

    [Fact]
    public async Task Given_twenty_rivals_when_they_create_the_same_new_file_then_one_wins_and_the_others_clash()
    {
        var (tree, layout) = await NewDriveAsync();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            try
            {
                return (await tree.Creation.CreateAsync(Owner, Path("a/f"), File, failIfExists: true)).Id;
            }
            catch (CloudreveException e) when (e.Code == ErrorCode.ObjectExists)
            {
                return 0L;
            }
        }));

        var winner = Assert.Single(outcomes, id => id != 0);
        Assert.Equal(winner, (await tree.ByPath.GetAsync(Owner, Path("a/f"))).Id);
        Assert.Equal(2, await Installation.CountRowsAsync(layout.FileIds));
    }

    [Fact]
    public async Task Given_rivals_of_both_types_when_they_create_one_name_then_it_belongs_to_one_type()
    {
        var (tree, layout) = await NewDriveAsync();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            try
            {
                await tree.Creation.CreateAsync(Owner, Path("x"), i % 2 == 0 ? File : NewEntry.Folder, failIfExists: false);
            }
            catch (CloudreveException e) when (e.Code == ErrorCode.ObjectExists)
            {
                // The other type came first.
            }
        }));

        Assert.Single((await new FolderListing(layout, new HeavyReads()).ListAsync(DriveRoots.RootId(Owner), FileOrder.Name, false, 10, null)).Entries);
        Assert.Equal(1, await Installation.CountRowsAsync(layout.FileIds));
    }

    private static readonly EqualityComparer<FileRecord?> SameFile = EqualityComparer<FileRecord?>.Create(
        (a, b) => a is null ? b is null : b is not null && a with { Metadata = b.Metadata, ETag = b.ETag } == b && a.Metadata.SequenceEqual(b.Metadata),
        file => file?.Id.GetHashCode() ?? 0);

    private static FilePath Path(string text) => FilePath.ParsePlain(text);

    private static async Task AssertErrorAsync(ErrorCode code, Func<Task> call) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<CloudreveException>(call)).Code);

    private static async Task<int> CountRowsAsync(StorageLayout layout) =>
        await Installation.CountRowsAsync(layout.Files) + await Installation.CountRowsAsync(layout.FileIds);

    private async Task<(TreeParts Tree, StorageLayout Layout)> NewDriveAsync()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        var tree = TreeParts.Over(layout, _clock);
        await tree.Roots.CreateAsync(Owner);
        return (tree, layout);
    }
}

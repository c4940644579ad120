using System.Globalization;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive;

public sealed class FolderWriterTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_1000_new_files_when_they_are_written_then_batches_are_full_and_the_cost_is_exact()
    {
        var (layout, folderId) = await NewFolderAsync();
        var files = await DriveBuilder.NewRecordsAsync(layout, folderId, FileType.File, Names("file", 1_000));
        var entityIds = await new IdAllocator(layout).ReserveAsync(IdKind.Entity, files.Count);
        var entities = files.Select((f, i) => NewEntity(entityIds.First + i, f)).ToList();
        var writer = new FolderWriter(layout);
        using var measured = layout.Account.Transactions.Measure();

        await new EntityStore(layout).WriteNewAsync(entities);
        Assert.Equal(10, measured.Total);
        await writer.PrepareAsync(files);
        Assert.Equal(20, measured.Total);
        var clashes = await writer.InsertAsync(folderId, files);

        Assert.Equal(20 + 21, measured.Total);
        Assert.Empty(clashes);
        Assert.Equal(files.Select(f => f.Id), await ListIdsAsync(layout, folderId));
    }

    [Fact]
    public async Task Given_100_new_folders_when_they_are_written_then_each_costs_its_header_and_batches_take_33()
    {
        var (layout, folderId) = await NewFolderAsync();
        var folders = await DriveBuilder.NewRecordsAsync(layout, folderId, FileType.Folder, Names("folder", 100));
        var writer = new FolderWriter(layout);
        using var measured = layout.Account.Transactions.Measure();

        await writer.PrepareAsync(folders);
        Assert.InRange(measured.Total, 1 + 100, 2 + 100);
        var prepared = measured.Total;
        await writer.InsertAsync(folderId, folders);

        Assert.Equal(prepared + 4, measured.Total);
        var tree = TreeParts.Over(layout);
        var inside = await tree.Creation.CreateAsync(DriveBuilder.Owner, new FilePath(["folder", "folder0042", "inside"]), new NewEntry(FileType.File), failIfExists: true);
        Assert.Equal(folders[42].Id, inside.ParentId);
    }

    [Fact]
    public async Task Given_a_file_that_has_moved_when_it_is_prepared_again_then_its_id_row_stays()
    {
        var (layout, folderId) = await NewFolderAsync();
        var files = await DriveBuilder.NewRecordsAsync(layout, folderId, FileType.File, Names("file", 3));
        var writer = new FolderWriter(layout);
        await writer.PrepareAsync([files[0], files[1]]);
        var moved = (await layout.FileIds.FindAsync(FileKeys.IdBlock(files[1].Id), FileKeys.Id(files[1].Id)))!;
        moved[EntryColumns.ParentId] = folderId + 1;
        moved[EntryColumns.MoveVersion] = 2L;
        await layout.FileIds.ReplaceAsync(moved, moved.ETag);

        var gone = await writer.PrepareAsync(files);

        Assert.Equal([files[1].Id], gone);
        var rows = await layout.FileIds.QueryAsync(new AzureStorage.Tables.RowRange(FileKeys.IdBlock(files[0].Id))).ToListAsync(TestContext.Current.CancellationToken);
        var versions = files.Select(file => rows.Single(row => row.RowKey == FileKeys.Id(file.Id)).RequiredNumber(EntryColumns.MoveVersion));
        Assert.Equal([1, 2, 1], versions);
    }

    [Fact]
    public async Task Given_nothing_to_write_when_it_is_written_then_it_costs_nothing()
    {
        var (layout, folderId) = await NewFolderAsync();
        var writer = new FolderWriter(layout);
        using var measured = layout.Account.Transactions.Measure();

        await writer.PrepareAsync([]);
        Assert.Empty(await writer.InsertAsync(folderId, []));
        Assert.Empty(await writer.FindNamesAsync(folderId, []));

        Assert.Equal(0, measured.Total);
    }

    [Fact]
    public async Task Given_prepared_entries_when_not_inserted_then_nobody_sees_them_and_they_can_be_undone()
    {
        var (layout, folderId) = await NewFolderAsync();
        var rows = await CountRowsAsync(layout);
        List<FileRecord> entries =
        [
            .. await DriveBuilder.NewRecordsAsync(layout, folderId, FileType.File, ["a"]),
            .. await DriveBuilder.NewRecordsAsync(layout, folderId, FileType.Folder, ["b"]),
        ];
        var writer = new FolderWriter(layout);

        await writer.PrepareAsync(entries);

        Assert.Empty(await ListIdsAsync(layout, folderId));
        await writer.DiscardAsync(entries);
        await writer.DiscardAsync(entries);
        Assert.Equal(rows, await CountRowsAsync(layout));
    }

    [Fact]
    public async Task Given_names_that_exist_when_entries_are_inserted_then_owners_of_names_are_reported()
    {
        var (layout, folderId) = await NewFolderAsync();
        var existing = await DriveBuilder.NewRecordsAsync(layout, folderId, FileType.File, ["n03", "n57"]);
        existing = [.. existing.Select(f => f with { Size = 1_234 })];
        var existingFolder = await DriveBuilder.NewRecordsAsync(layout, folderId, FileType.Folder, ["n99"]);
        await DriveBuilder.WriteAsync(layout, folderId, existing);
        await DriveBuilder.WriteAsync(layout, folderId, existingFolder);
        var files = await DriveBuilder.NewRecordsAsync(
            layout, folderId, FileType.File, [.. Enumerable.Range(0, 100).Select(i => "n" + i.ToString("d2", CultureInfo.InvariantCulture))]);
        var writer = new FolderWriter(layout);
        await writer.PrepareAsync(files);

        var clashes = await writer.InsertAsync(folderId, files);

        Assert.Equal([files[3].Id, files[57].Id, files[99].Id], clashes.Keys.Order());
        Assert.Equal(new NameGuard(existing[0].Id, FileType.File, 1_234), clashes[files[3].Id]);
        Assert.Equal(new NameGuard(existingFolder[0].Id, FileType.Folder, 0), clashes[files[99].Id]);
        Assert.Equal(100, (await ListIdsAsync(layout, folderId)).Count);
    }

    [Fact]
    public async Task Given_inserted_entries_when_everything_is_repeated_then_nothing_changes_or_clashes()
    {
        var (layout, folderId) = await NewFolderAsync();
        var files = await DriveBuilder.NewRecordsAsync(layout, folderId, FileType.File, Names("file", 120));
        var folders = await DriveBuilder.NewRecordsAsync(layout, folderId, FileType.Folder, Names("sub", 5));
        List<FileRecord> all = [.. files, .. folders];
        await DriveBuilder.WriteAsync(layout, folderId, all);
        var rows = await CountRowsAsync(layout);
        var writer = new FolderWriter(layout);

        await writer.PrepareAsync(all);
        var clashes = await writer.InsertAsync(folderId, all);

        Assert.Empty(clashes);
        Assert.Equal(rows, await CountRowsAsync(layout));
        Assert.Equal(125, (await ListIdsAsync(layout, folderId)).Count);
    }

    [Theory]
    [InlineData(FileType.File)]
    [InlineData(FileType.Folder)]
    public async Task Given_an_inserted_entry_that_was_renamed_when_repeated_then_it_keeps_its_new_name(FileType type)
    {
        var (layout, folderId) = await NewFolderAsync();
        var entries = await DriveBuilder.NewRecordsAsync(layout, folderId, type, ["a", "b", "c"]);
        await DriveBuilder.WriteAsync(layout, folderId, [entries[1] with { Name = "renamed" }]);

        var clashes = await new FolderWriter(layout).InsertAsync(folderId, entries);

        Assert.Empty(clashes);
        Assert.Equal(entries.Select(e => e.Id), await ListIdsAsync(layout, folderId));
        var found = await new FolderWriter(layout).FindNamesAsync(folderId, ["a", "b", "c", "renamed"]);
        Assert.Equal(["a", "c", "renamed"], found.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Given_a_deleted_folder_when_entries_are_inserted_then_the_path_is_not_found()
    {
        var (layout, folderId) = await NewFolderAsync();
        var files = await DriveBuilder.NewRecordsAsync(layout, folderId, FileType.File, Names("file", 120));
        await new FolderWriter(layout).PrepareAsync(files);
        await layout.Files.DeleteAsync(FileKeys.Folder(folderId), FileKeys.Header);

        var error = await Assert.ThrowsAsync<CloudreveException>(() => new FolderWriter(layout).InsertAsync(folderId, files));

        Assert.Equal(ErrorCode.PathNotFound, error.Code);
        Assert.Empty(await Installation.ReadPartitionAsync(layout.Files, FileKeys.Folder(folderId)));
    }

    [Fact]
    public async Task Given_parallel_writers_when_they_insert_the_same_names_then_every_name_has_one_owner()
    {
        var (layout, folderId) = await NewFolderAsync();
        var names = Names("file", 60);
        var rivals = new List<List<FileRecord>>();
        for (var i = 0; i < 4; i++)
            rivals.Add(await DriveBuilder.NewRecordsAsync(layout, folderId, FileType.File, names));

        var outcomes = await Task.WhenAll(rivals.Select(files => new FolderWriter(layout).InsertAsync(folderId, files)));

        var owners = await new FolderWriter(layout).FindNamesAsync(folderId, names);
        Assert.Equal(60, owners.Count);
        for (var i = 0; i < rivals.Count; i++)
        {
            Assert.All(rivals[i], file =>
            {
                var isOwner = owners[file.Name].Id == file.Id;
                Assert.Equal(!isOwner, outcomes[i].TryGetValue(file.Id, out var guard));
                Assert.True(isOwner || guard == owners[file.Name]);
            });
        }
    }

    [Fact]
    public async Task Given_odd_names_when_they_are_looked_up_then_exactly_those_that_exist_are_found()
    {
        var (layout, folderId) = await NewFolderAsync();
        string[] existing = ["a#", "a%", "a\uF023", "it's", "😀", new string('x', 255), "z"];
        await DriveBuilder.WriteAsync(layout, folderId, await DriveBuilder.NewRecordsAsync(layout, folderId, FileType.File, existing));

        var found = await new FolderWriter(layout).FindNamesAsync(folderId, [.. existing, "a", "A#", "a\uF025", "it''s", "\uF0FF", "zz"]);

        Assert.Equal(existing.Order(StringComparer.Ordinal), found.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Given_files_of_a_folder_when_those_of_a_run_of_ids_are_looked_for_then_only_they_are_found()
    {
        var (layout, folderId) = await NewFolderAsync();
        var files = await DriveBuilder.NewRecordsAsync(layout, folderId, FileType.File, Names("file", 20));
        files = [.. files.Select((f, i) => f with { Size = 1L << i })];
        await DriveBuilder.WriteAsync(layout, folderId, files);

        var found = await new FolderWriter(layout).FindInsertedAsync([folderId], new IdRange(files[3].Id, 4), folders: default);

        Assert.Equal([1 << 3, 1 << 4, 1 << 5, 1 << 6], found.Select(f => f.Size));
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_call_when_everything_is_repeated_then_each_entry_exists_exactly_once(StorageFault fault)
    {
        var names = Names("file", 110);
        var index = 0;
        for (var struck = true; struck; index++)
        {
            var installation = await Installation.CreateAsync(azurite);
            var (layout, crash) = installation.ConnectWithCrash(index, fault);
            var folderId = await DriveBuilder.CreateFolderAsync(layout);
            var all = await DriveBuilder.NewRecordsAsync(layout, folderId, FileType.File, names);
            all.AddRange(await DriveBuilder.NewRecordsAsync(layout, folderId, FileType.Folder, ["sub1", "sub2"]));
            crash.IsArmed = true;
            try
            {
                await DriveBuilder.WriteAsync(layout, folderId, all);
            }
            catch (SimulatedCrashException)
            {
                // The process is gone; the next one repeats all of it.
            }
            struck = crash.Struck;

            var next = installation.Connect();
            await new FolderWriter(next).PrepareAsync(all);
            Assert.Empty(await new FolderWriter(next).InsertAsync(folderId, all));

            Assert.Equal(all.Select(r => r.Id), (await ListIdsAsync(next, folderId)).Order());
            // Two rows for each file, three for each folder, and the header.
            Assert.Equal((110 * 2) + (2 * 3) + 1, (await Installation.ReadPartitionAsync(next.Files, FileKeys.Folder(folderId))).Count);
            // The folder itself has an id row, too.
            Assert.Equal(all.Count + 1, await Installation.CountRowsAsync(next.FileIds));
        }
        // Two batches of ids of files, one of folders, two headers, three batches of entries; and the run without a crash.
        Assert.Equal(2 + 1 + 2 + 3 + 1, index);
    }

    private static List<string> Names(string kind, int count) =>
        [.. Enumerable.Range(0, count).Select(i => kind + i.ToString("d4", CultureInfo.InvariantCulture))];

    private static EntityRecord NewEntity(long id, FileRecord file) => new()
    {
        Id = id,
        Size = file.Size,
        PolicyId = 1,
        Source = file.Name,
        CreatedBy = file.OwnerId,
        CreatedAt = file.CreatedAt,
    };

    private static async Task<List<long>> ListIdsAsync(StorageLayout layout, long folderId)
    {
        var pages = await DriveBuilder.ReadPagesAsync(layout, folderId, FileOrder.CreatedAt, descending: false, 1_000);
        return [.. pages.SelectMany(p => p.Entries).Select(e => e.Id)];
    }

    private static async Task<int> CountRowsAsync(StorageLayout layout) =>
        await Installation.CountRowsAsync(layout.Files) + await Installation.CountRowsAsync(layout.FileIds);

    private async Task<(StorageLayout Layout, long FolderId)> NewFolderAsync()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        return (layout, await DriveBuilder.CreateFolderAsync(layout));
    }
}

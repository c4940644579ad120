using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive.Listing;

public sealed class DescendingListingTests(AzuriteServer azurite)
{
    [Theory]
    [InlineData(FileOrder.Name, 20, 100)]
    [InlineData(FileOrder.Name, 1_300, 333)]
    [InlineData(FileOrder.CreatedAt, 20, 1_000)]
    [InlineData(FileOrder.CreatedAt, 1_300, 100)]
    public async Task Given_a_large_folder_when_all_pages_are_read_then_each_entry_comes_once_in_order(FileOrder order, int folders, int pageSize)
    {
        var (layout, folderId, records) = await NewFolderAsync(folders, 2_450 - folders);

        var pages = await DriveBuilder.ReadPagesAsync(layout, folderId, order, descending: true, pageSize);

        Assert.Equal(Expected(records, order), pages.SelectMany(p => p.Entries).Select(e => e.Id));
        Assert.All(pages, p => Assert.InRange(p.Entries.Count, 1, pageSize));
    }

    [Fact]
    public async Task Given_a_large_folder_when_its_keys_are_known_then_every_page_costs_at_most_three()
    {
        var (layout, folderId, _) = await NewFolderAsync(20, 2_400);
        var listing = new FolderListing(layout, new HeavyReads());
        using (var measured = layout.Account.Transactions.Measure())
        {
            await listing.ListAsync(folderId, FileOrder.Name, descending: true, 100, null);
            // Three requests for all rows, the blob that is missing and its writing, the page.
            Assert.Equal(3 + 2 + 1, measured.Total);
        }
        await DriveBuilder.AddAsync(layout, folderId, FileType.File, "later", 50);

        foreach (var (pageSize, isFull) in ((int, bool)[])[(100, true), (500, true), (1_000, false)])
        {
            string? token = null;
            do
            {
                using var measured = layout.Account.Transactions.Measure();
                var page = await listing.ListAsync(folderId, FileOrder.Name, descending: true, pageSize, token);
                Assert.InRange(measured.Total, 2, 3);
                Assert.True(page.NextToken is null || !isFull || page.Entries.Count == pageSize);
                token = page.NextToken;
            }
            while (token is not null);
        }
    }

    [Fact]
    public async Task Given_known_keys_when_a_folder_has_grown_by_far_then_the_keys_are_refitted_once()
    {
        var (layout, folderId, records) = await NewFolderAsync(0, 1_100);
        var listing = new FolderListing(layout, new HeavyReads());
        await listing.ListAsync(folderId, FileOrder.Name, descending: true, 10, null);
        records.AddRange(await DriveBuilder.AddAsync(layout, folderId, FileType.File, "zz", 1_500));

        Assert.Equal(Expected(records, FileOrder.Name), (await DriveBuilder.ReadPagesAsync(layout, folderId, FileOrder.Name, descending: true, 100)).SelectMany(p => p.Entries).Select(e => e.Id));
        using var measured = layout.Account.Transactions.Measure();
        await listing.ListAsync(folderId, FileOrder.Name, descending: true, 100, null);

        Assert.Equal(3, measured.Total);
    }

    [Fact]
    public async Task Given_known_keys_when_most_of_a_folder_was_deleted_then_the_keys_are_refitted()
    {
        var (layout, folderId, records) = await NewFolderAsync(0, 2_600);
        var listing = new FolderListing(layout, new HeavyReads());
        await listing.ListAsync(folderId, FileOrder.CreatedAt, descending: true, 10, null);
        await Parallel.ForEachAsync(records.Skip(1_050).Take(1_500).SelectMany(r => r.ToRows()), async (row, token) =>
            await layout.Files.DeleteAsync(row.PartitionKey, row.RowKey, cancellationToken: token));
        records.RemoveRange(1_050, 1_500);

        var pages = await DriveBuilder.ReadPagesAsync(layout, folderId, FileOrder.CreatedAt, descending: true, 100);

        Assert.Equal(Expected(records, FileOrder.CreatedAt), pages.SelectMany(p => p.Entries).Select(e => e.Id));
        using var measured = layout.Account.Transactions.Measure();
        await listing.ListAsync(folderId, FileOrder.CreatedAt, descending: true, 100, null);
        Assert.InRange(measured.Total, 3, 3);
    }

    [Fact]
    public async Task Given_a_damaged_blob_of_keys_when_a_page_is_read_then_it_is_made_again()
    {
        var (layout, folderId, records) = await NewFolderAsync(0, 1_100);
        await new FolderListing(layout, new HeavyReads()).ListAsync(folderId, FileOrder.Name, descending: true, 10, null);
        var container = layout.Container(layout.SnapshotsContainerName);
        var blob = Assert.Single((await container.ListPageAsync("", null)).Blobs);
        await container.WriteAsync(blob.Name, BinaryData.FromString("???"));

        var pages = await DriveBuilder.ReadPagesAsync(layout, folderId, FileOrder.Name, descending: true, 400);

        Assert.Equal(Expected(records, FileOrder.Name), pages.SelectMany(p => p.Entries).Select(e => e.Id));
    }

    [Fact]
    public async Task Given_a_folder_that_grows_large_between_pages_when_continued_then_no_entry_is_skipped()
    {
        var (layout, folderId, _) = await NewFolderAsync(3, 30);
        var listing = new FolderListing(layout, new HeavyReads());
        var first = await listing.ListAsync(folderId, FileOrder.Name, descending: true, 10, null);
        await DriveBuilder.AddAsync(layout, folderId, FileType.File, "a", 1_200);

        var second = await listing.ListAsync(folderId, FileOrder.Name, descending: true, 30, first.NextToken);

        Assert.Equal(["sub0002", "sub0001", "sub0000", "file0029"], first.Entries.Take(4).Select(e => e.Name));
        Assert.Equal(["file0022", "file0021"], second.Entries.Take(2).Select(e => e.Name));
        Assert.Equal(["a1199", "a1198"], second.Entries.Skip(23).Take(2).Select(e => e.Name));
    }

    [Fact]
    public void Given_keys_when_a_start_is_requested_then_it_lies_enough_rows_before_the_end()
    {
        var all = Enumerable.Range(0, 5_000).Select(i => $"n|{i:d4}").ToList();
        var keys = BoundaryKeys.Of([.. all.Where((_, i) => i % BoundaryKeys.MinStride == 0)]);

        foreach (var end in (int[])[1, 99, 100, 101, 777, 2_500, 4_999])
        {
            foreach (var wanted in (int[])[1, 50, 101, 500, 2_001])
            {
                var start = all.IndexOf(keys.StartBefore("n|0000", all[end], wanted));
                Assert.True(start == 0 || end - start >= Math.Min(wanted, 700));
                Assert.InRange(end - start, 0, BoundaryKeys.RowsPerRequest);
            }
        }
    }

    private static IEnumerable<long> Expected(IEnumerable<FileRecord> records, FileOrder order) => records
        .OrderBy(r => r.Type == FileType.File)
        .ThenByDescending(r => order == FileOrder.Name ? FileKeys.Escape(r.Name) : FileKeys.Id(r.Id), StringComparer.Ordinal)
        .Select(r => r.Id);

    private async Task<(StorageLayout Layout, long FolderId, List<FileRecord> Records)> NewFolderAsync(int folders, int files)
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        var (folderId, records) = await DriveBuilder.CreateLargeFolderAsync(layout, folders, files);
        return (layout, folderId, records);
    }
}

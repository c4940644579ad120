using System.Buffers.Text;
using System.Text;
using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive.Listing;

public sealed class SortedListingTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_a_large_folder_when_listed_by_size_then_the_first_reader_pays_for_later_pages()
    {
        var (layout, folderId, records) = await NewFolderAsync(50, 2_450);
        var first = layout.Account.Transactions.Measure();
        await new FolderListing(layout, new HeavyReads()).ListAsync(folderId, FileOrder.Size, descending: true, 1_000, null);
        first.Dispose();
        var later = layout.Account.Transactions.Measure();

        var pages = await DriveBuilder.ReadPagesAsync(layout, folderId, FileOrder.Size, descending: true, 1_000);

        Assert.Equal([1_000, 1_000, 500], pages.Select(p => p.Entries.Count));
        Assert.Equal(Expected(records).Reverse().OrderBy(r => r.Type == FileType.File).Select(r => r.Id), pages.SelectMany(p => p.Entries).Select(e => e.Id));
        // 2,501 rows, the snapshot that is missing, and its writing.
        Assert.Equal(3 + 1 + 1, first.Total);
        // The header (first with what stands behind it), the part's place, the part.
        Assert.Equal(3 * 3, later.Total);
    }

    [Fact]
    public async Task Given_two_readers_when_both_keep_the_order_then_both_continue_from_it()
    {
        var (layout, folderId, _) = await NewFolderAsync(0, 1_200);
        var listing = new FolderListing(layout, new HeavyReads());
        var pages = await Task.WhenAll(
            listing.ListAsync(folderId, FileOrder.UpdatedAt, descending: false, 100, null),
            listing.ListAsync(folderId, FileOrder.UpdatedAt, descending: false, 100, null));
        using var measured = layout.Account.Transactions.Measure();

        foreach (var page in pages)
            Assert.Equal(100, (await listing.ListAsync(folderId, FileOrder.UpdatedAt, descending: false, 100, page.NextToken)).Entries.Count);

        Assert.Equal(2 * 3, measured.Total);
    }

    [Fact]
    public async Task Given_a_large_sorted_folder_when_it_changes_between_pages_then_no_entry_is_skipped()
    {
        var (layout, folderId, records) = await NewFolderAsync(0, 1_200);
        var listing = new FolderListing(layout, new HeavyReads());
        var first = await listing.ListAsync(folderId, FileOrder.Size, descending: false, 100, null);
        records.AddRange(await DriveBuilder.AddAsync(layout, folderId, FileType.File, "later", 7));

        var ids = new List<long>(first.Entries.Select(e => e.Id));
        for (var page = first; page.NextToken is not null;)
        {
            page = await listing.ListAsync(folderId, FileOrder.Size, descending: false, 100, page.NextToken);
            ids.AddRange(page.Entries.Select(e => e.Id));
        }

        var seen = first.Entries[^1];
        var skipped = records.Skip(1_200).Where(r => (r.Size, r.Id).CompareTo((seen.Size, seen.Id)) < 0).Select(r => r.Id);
        Assert.Equal(Expected(records).Select(r => r.Id).Except(skipped), ids);
    }

    [Fact]
    public async Task Given_a_kept_order_that_is_gone_when_the_next_page_is_read_then_it_is_made_again()
    {
        var (layout, folderId, _) = await NewFolderAsync(0, 1_100);
        var listing = new FolderListing(layout, new HeavyReads());
        var first = await listing.ListAsync(folderId, FileOrder.Size, descending: false, 600, null);
        var container = layout.Container(layout.SnapshotsContainerName);
        foreach (var blob in (await container.ListPageAsync("", null)).Blobs)
            await container.DeleteAsync(blob.Name);

        var second = await listing.ListAsync(folderId, FileOrder.Size, descending: false, 600, first.NextToken);

        Assert.Equal(1_100, first.Entries.Concat(second.Entries).Select(e => e.Id).Distinct().Count());
        Assert.Null(second.NextToken);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_199)]
    [InlineData(1_200)]
    [InlineData(1_000_000)]
    [InlineData(long.MaxValue / 8)]
    [InlineData(long.MaxValue)]
    public async Task Given_a_forged_position_when_a_page_is_read_then_nothing_breaks(long position)
    {
        var (layout, folderId, _) = await NewFolderAsync(0, 1_200);
        var listing = new FolderListing(layout, new HeavyReads());
        var token = (await listing.ListAsync(folderId, FileOrder.Size, descending: false, 100, null)).NextToken!;
        var forged = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Replace("\"Position\":100", $"\"Position\":{position}", StringComparison.Ordinal);

        var page = await listing.ListAsync(folderId, FileOrder.Size, descending: false, 100, Base64Url.EncodeToString(Encoding.UTF8.GetBytes(forged)));

        Assert.InRange(page.Entries.Count, 1, 100);
    }

    [Theory]
    [InlineData(FileOrder.Name)]
    [InlineData(FileOrder.Size)]
    public async Task Given_numbered_pages_when_a_small_folder_is_read_then_each_costs_one_and_tells_the_total(FileOrder order)
    {
        var (layout, folderId, _) = await NewFolderAsync(2, 5);
        var listing = new FolderListing(layout, new HeavyReads());
        using var measured = layout.Account.Transactions.Measure();

        var pages = new List<NumberedPage>();
        for (var i = 0; i < 4; i++)
            pages.Add(await listing.ListPageAsync(folderId, order, descending: true, 3, i));

        Assert.Equal([3, 3, 1, 0], pages.Select(p => p.Entries.Count));
        Assert.All(pages, p => Assert.Equal(7, p.Total));
        Assert.Equal(7, pages.SelectMany(p => p.Entries).Select(e => e.Id).Distinct().Count());
        Assert.Equal(4, measured.Total);
    }

    [Fact]
    public async Task Given_numbered_pages_when_a_large_folder_is_read_then_only_the_first_reader_pays()
    {
        var (layout, folderId, records) = await NewFolderAsync(0, 1_500);
        var listing = new FolderListing(layout, new HeavyReads());
        await listing.ListPageAsync(folderId, FileOrder.Name, descending: false, 400, 2);
        using var measured = layout.Account.Transactions.Measure();

        var last = await listing.ListPageAsync(folderId, FileOrder.Name, descending: false, 400, 3);
        Assert.Equal(3, measured.Total);
        var behind = await listing.ListPageAsync(folderId, FileOrder.Name, descending: false, 400, int.MaxValue);

        Assert.Equal(records.Skip(1_200).Select(r => r.Name), last.Entries.Select(e => e.Name));
        Assert.Equal(1_500, last.Total);
        Assert.Empty(behind.Entries);
        Assert.Equal(1_500, behind.Total);
    }

    private static IEnumerable<FileRecord> Expected(IEnumerable<FileRecord> records) =>
        records.OrderBy(r => r.Type == FileType.File).ThenBy(r => r.Size).ThenBy(r => r.Id);

    private async Task<(StorageLayout Layout, long FolderId, List<FileRecord> Records)> NewFolderAsync(int folders, int files)
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        var (folderId, records) = await DriveBuilder.CreateLargeFolderAsync(layout, folders, files);
        return (layout, folderId, records);
    }
}

using System.Buffers.Text;
using System.Text;
using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive;

public sealed class FolderListingTests(AzuriteServer azurite)
{
    private static readonly string[] FolderNames = ["zeta", "Alpha", "with space", "100%", "#1", "📁", new string('d', 255)];

    private static readonly string[] FileNames =
    [
        "z", "a", "A", "a b", "a#b", "a%b", "a%23b", "a+b", "it's", "'", "~", "!", "😀", "文件", "é", "e\u0301", "\u0001", "\u007F", "\uF023", "\uFFFD",
        new string('f', 255), string.Concat(Enumerable.Repeat("文", 85)), "10", "9", "-",
    ];

    public static TheoryData<FileOrder, bool, int> Listings()
    {
        var data = new TheoryData<FileOrder, bool, int>();
        foreach (var order in Enum.GetValues<FileOrder>())
        {
            foreach (var descending in (bool[])[false, true])
            {
                foreach (var pageSize in (int[])[1, 3, 7, 100])
                    data.Add(order, descending, pageSize);
            }
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Listings))]
    public async Task Given_odd_names_when_all_pages_are_read_then_folders_then_files_come_in_order_each_once(FileOrder order, bool descending, int pageSize)
    {
        var (layout, folderId, records) = await NewFolderAsync();

        var pages = await DriveBuilder.ReadPagesAsync(layout, folderId, order, descending, pageSize);

        var expected = Sorted(records.Where(r => r.Type == FileType.Folder), order, descending)
            .Concat(Sorted(records.Where(r => r.Type == FileType.File), order, descending));
        Assert.Equal(expected.Select(r => r.Name), pages.SelectMany(p => p.Entries).Select(r => r.Name));
        Assert.All(pages.SkipLast(1), page => Assert.Equal(pageSize, page.Entries.Count));
        Assert.Equal((records.Count + pageSize - 1) / pageSize, pages.Count);
    }

    [Fact]
    public async Task Given_a_folder_when_it_is_listed_then_every_field_of_its_entries_is_there()
    {
        var (layout, folderId, records) = await NewFolderAsync();

        var page = await new FolderListing(layout, new HeavyReads()).ListAsync(folderId, FileOrder.CreatedAt, descending: false, 100, null);

        Assert.Equal(records.OrderBy(r => r.Type == FileType.File).ThenBy(r => r.Id), page.Entries.Select(e => e with { Metadata = records[0].Metadata }));
        Assert.All(page.Entries, e => Assert.Empty(e.Metadata));
    }

    [Fact]
    public async Task Given_an_empty_folder_when_it_is_listed_then_there_is_one_empty_page()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        var folderId = await DriveBuilder.CreateFolderAsync(layout);

        foreach (var order in Enum.GetValues<FileOrder>())
        {
            var page = await new FolderListing(layout, new HeavyReads()).ListAsync(folderId, order, descending: true, 10, null);
            Assert.Empty(page.Entries);
            Assert.Null(page.NextToken);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("?")]
    [InlineData("AAAA")]
    [InlineData("not base64!")]
    [InlineData("\ud83d\ude00")]
    public async Task Given_a_token_of_somebody_else_when_a_page_is_requested_then_it_is_a_bad_parameter(string token)
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        var folderId = await DriveBuilder.CreateFolderAsync(layout);

        foreach (var order in Enum.GetValues<FileOrder>())
        {
            await AssertBadTokenAsync(layout, folderId, order, descending: false, token);
            await AssertBadTokenAsync(layout, folderId, order, descending: true, token);
        }
    }

    [Theory]
    [InlineData("n")]
    [InlineData("!")]
    [InlineData("x|a")]
    [InlineData("n|a/b")]
    [InlineData("n|a\\b")]
    [InlineData("n|a#b")]
    [InlineData("n|a?b")]
    [InlineData("n|a\nb")]
    [InlineData("@")]
    [InlineData("@xyz")]
    [InlineData("@100000000000000000000000")]
    [InlineData("@1")]
    public async Task Given_a_forged_token_when_a_page_is_requested_then_it_is_a_bad_parameter(string key)
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        var folderId = await DriveBuilder.CreateFolderAsync(layout);
        var token = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(key));

        await AssertBadTokenAsync(layout, folderId, FileOrder.Name, descending: false, token);
        await AssertBadTokenAsync(layout, folderId, FileOrder.Size, descending: true, token);
    }

    [Fact]
    public async Task Given_a_token_of_one_order_when_another_is_requested_then_it_is_a_bad_parameter()
    {
        var (layout, folderId, _) = await NewFolderAsync();
        var listing = new FolderListing(layout, new HeavyReads());
        var byName = (await listing.ListAsync(folderId, FileOrder.Name, false, 3, null)).NextToken!;
        var bySize = (await listing.ListAsync(folderId, FileOrder.Size, false, 3, null)).NextToken!;

        await AssertBadTokenAsync(layout, folderId, FileOrder.CreatedAt, descending: false, byName);
        await AssertBadTokenAsync(layout, folderId, FileOrder.Size, descending: false, byName);
        await AssertBadTokenAsync(layout, folderId, FileOrder.Name, descending: false, bySize);
    }

    [Fact]
    public async Task Given_a_token_with_quotes_when_a_page_is_requested_then_they_do_not_change_the_query()
    {
        var (layout, folderId, records) = await NewFolderAsync();
        var token = Base64Url.EncodeToString(Encoding.UTF8.GetBytes("n|' or PartitionKey ne '"));

        var page = await new FolderListing(layout, new HeavyReads()).ListAsync(folderId, FileOrder.Name, descending: false, 100, token);

        Assert.NotEmpty(page.Entries);
        Assert.All(page.Entries, e => Assert.Contains(records, r => r.Id == e.Id));
        Assert.All(page.Entries, e => Assert.True(string.CompareOrdinal(FileKeys.Escape(e.Name), "' or PartitionKey ne '") > 0));
    }

    [Theory]
    [InlineData(FileOrder.Name)]
    [InlineData(FileOrder.CreatedAt)]
    public async Task Given_a_deleted_entry_when_the_next_page_is_read_then_it_continues_where_the_entry_was(FileOrder order)
    {
        var (layout, folderId, records) = await NewFolderAsync();
        var listing = new FolderListing(layout, new HeavyReads());
        var first = await listing.ListAsync(folderId, order, descending: false, 10, null);
        foreach (var row in first.Entries[^1].ToRows())
            await layout.Files.DeleteAsync(row.PartitionKey, row.RowKey);

        var second = await listing.ListAsync(folderId, order, descending: false, 100, first.NextToken);

        Assert.Equal(records.Count, first.Entries.Count + second.Entries.Count);
    }

    [Theory]
    [MemberData(nameof(Listings))]
    public async Task Given_a_small_folder_when_a_page_is_read_then_it_costs_one(
        FileOrder order, bool descending, int pageSize)
    {
        var (layout, folderId, _) = await NewFolderAsync();
        var listing = new FolderListing(layout, new HeavyReads());
        using var measured = layout.Account.Transactions.Measure();

        var first = await listing.ListAsync(folderId, order, descending, pageSize, null);
        Assert.Equal(1, measured.Total);
        if (first.NextToken is { } token)
            await listing.ListAsync(folderId, order, descending, pageSize, token);

        Assert.Equal(first.NextToken is null ? 1 : 2, measured.Total);
    }

    [Theory]
    [InlineData(FileOrder.Name)]
    [InlineData(FileOrder.CreatedAt)]
    public async Task Given_a_page_within_the_files_when_it_is_read_then_it_costs_one(FileOrder order)
    {
        var (layout, folderId, _) = await NewFolderAsync();
        var listing = new FolderListing(layout, new HeavyReads());
        var first = await listing.ListAsync(folderId, order, descending: false, 10, null);
        using var measured = layout.Account.Transactions.Measure();

        await listing.ListAsync(folderId, order, descending: false, 10, first.NextToken);

        Assert.Equal(1, measured.Total);
    }

    [Theory]
    [InlineData(FileOrder.Name)]
    [InlineData(FileOrder.CreatedAt)]
    public async Task Given_2500_entries_when_listed_in_pages_of_1000_then_all_come_once_within_the_budget(FileOrder order)
    {
        var (layout, folderId, records) = await NewLargeFolderAsync(50, 2_450);
        using var measured = layout.Account.Transactions.Measure();

        var pages = await DriveBuilder.ReadPagesAsync(layout, folderId, order, descending: false, 1_000);

        Assert.Equal([1_000, 1_000, 500], pages.Select(p => p.Entries.Count));
        Assert.Equal(records.Select(r => r.Id).Order(), pages.SelectMany(p => p.Entries).Select(r => r.Id).Order());
        // A page and the row behind it, twice; the rest.
        Assert.Equal(2 + 2 + 1, measured.Total);
    }

    [Fact]
    public async Task Given_a_thousand_folders_when_the_first_page_of_1000_is_read_then_it_costs_two()
    {
        var (layout, folderId, _) = await NewLargeFolderAsync(1_000, 1);
        using var measured = layout.Account.Transactions.Measure();

        var page = await new FolderListing(layout, new HeavyReads()).ListAsync(folderId, FileOrder.Name, descending: false, 1_000, null);

        Assert.All(page.Entries, e => Assert.Equal(FileType.Folder, e.Type));
        Assert.NotNull(page.NextToken);
        Assert.Equal(2, measured.Total);
    }

    private static IEnumerable<FileRecord> Sorted(IEnumerable<FileRecord> records, FileOrder order, bool descending)
    {
        var sorted = order switch
        {
            FileOrder.Name => records.OrderBy(r => FileKeys.Escape(r.Name), StringComparer.Ordinal),
            FileOrder.Size => records.OrderBy(r => r.Size).ThenBy(r => r.Id),
            FileOrder.UpdatedAt => records.OrderBy(r => r.UpdatedAt).ThenBy(r => r.Id),
            _ => records.OrderBy(r => r.Id),
        };
        return descending ? sorted.Reverse() : sorted;
    }

    private static async Task AssertBadTokenAsync(StorageLayout layout, long folderId, FileOrder order, bool descending, string token)
    {
        var error = await Assert.ThrowsAsync<CloudreveException>(() => new FolderListing(layout, new HeavyReads()).ListAsync(folderId, order, descending, 10, token));
        Assert.Equal(ErrorCode.BadParameter, error.Code);
    }

    private async Task<(StorageLayout Layout, long FolderId, List<FileRecord> Records)> NewLargeFolderAsync(int folders, int files)
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        var (folderId, records) = await DriveBuilder.CreateLargeFolderAsync(layout, folders, files);
        return (layout, folderId, records);
    }

    /// <summary>A folder with 7 folders and 25 files; files and folders are created in turns.</summary>
    private async Task<(StorageLayout Layout, long FolderId, List<FileRecord> Records)> NewFolderAsync()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        var folderId = await DriveBuilder.CreateFolderAsync(layout);
        var records = new List<FileRecord>();
        records.AddRange(await DriveBuilder.NewRecordsAsync(layout, folderId, FileType.File, FileNames[..12]));
        records.AddRange(await DriveBuilder.NewRecordsAsync(layout, folderId, FileType.Folder, FolderNames));
        records.AddRange(await DriveBuilder.NewRecordsAsync(layout, folderId, FileType.File, FileNames[12..]));
        await DriveBuilder.WriteAsync(layout, folderId, records);
        return (layout, folderId, records);
    }
}

using System.Globalization;
using Cloudreve.Core.Drive.Search;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive.Search;

/// <summary>The cost of a search by the positions of folders in the table. A count is exact: one more is a defect, one fewer a new promise.</summary>
public sealed class NeighbourSearchTests(AzuriteServer azurite)
{
    private const long Owner = DriveBuilder.Owner;

    [Theory]
    [InlineData(60, 10, 1 + 1)]
    [InlineData(64, 1, 1 + 1)]
    [InlineData(65, 1, 1 + 2)]
    [InlineData(60, 49, 1 + 3)]
    [InlineData(200, 1, 1 + 4)]
    public async Task Given_neighbouring_folders_when_they_are_searched_then_the_cost_is_that_of_their_entries(int folders, int files, int cost)
    {
        var drive = await NewDriveAsync();
        foreach (var id in await drive.MakeFoldersAsync(DriveRoots.RootId(Owner), folders))
            await drive.AddFilesAsync(id, files);

        var (hits, transactions) = await drive.SearchAsync("name=file 0000");

        Assert.Equal(folders, hits.Count);
        Assert.Equal(cost, transactions);
    }

    [Fact]
    public async Task Given_folders_with_old_ids_when_they_are_searched_then_each_costs_one_as_before()
    {
        var drive = await NewDriveAsync();
        var old = await DriveBuilder.NewRecordsAsync(drive.Layout, DriveRoots.RootId(Owner), FileType.Folder, ["old 1", "old 2", "old 3"]);
        await DriveBuilder.WriteAsync(drive.Layout, DriveRoots.RootId(Owner), old);
        var made = await drive.MakeFoldersAsync(DriveRoots.RootId(Owner), 3);
        foreach (var id in old.Select(f => f.Id).Concat(made))
            await drive.AddFilesAsync(id, 2);

        var (hits, transactions) = await drive.SearchAsync("name=file 0001");

        Assert.Equal(6, hits.Count);
        Assert.Equal(1 + 3 + 1, transactions);
    }

    [Fact]
    public async Task Given_large_folders_between_wanted_ones_when_a_level_is_searched_then_they_are_passed_over()
    {
        var drive = await NewDriveAsync();
        var ids = await drive.MakeFoldersAsync(DriveRoots.RootId(Owner), 1);
        // Side by side: a folder, one below it with many entries, and again.
        for (var i = 0; i < 3; i++)
        {
            var below = (await drive.MakeFoldersAsync(ids[^1], 1))[0];
            await drive.AddFilesAsync(below, 1_200);
            ids.Add((await drive.MakeFoldersAsync(DriveRoots.RootId(Owner), 1, first: i + 1))[0]);
            await drive.AddFilesAsync(ids[^1], 1);
        }

        var (hits, transactions) = await drive.SearchAsync("name=file 0000");

        Assert.Equal(6, hits.Count);
        // The root, four folders one by one, and three with 3,600 entries in all and few between them.
        Assert.Equal(1 + 4 + 4, transactions);
    }

    [Fact]
    public async Task Given_a_search_of_a_folder_when_its_neighbours_match_then_only_what_is_below_it_is_found()
    {
        var drive = await NewDriveAsync();
        var tops = await drive.MakeFoldersAsync(DriveRoots.RootId(Owner), 2);
        // The folders below one lie between those below the other.
        for (var i = 0; i < 5; i++)
        {
            foreach (var top in tops)
                await drive.AddFilesAsync((await drive.MakeFoldersAsync(top, 1, first: i))[0], 3);
        }

        var (hits, _) = await drive.SearchAsync("name=file", tops[0]);

        Assert.Equal(15, hits.Count);
        var below = (await drive.SearchAsync("type=folder&name=folder", tops[0])).Hits.Select(h => h.Entry.Id).ToHashSet();
        Assert.Equal(5, below.Count);
        Assert.All(hits, hit => Assert.Contains(hit.Entry.ParentId, below));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task Given_neighbours_with_pages_of_hits_when_searched_by_page_then_each_comes_once_in_order(int pageSize)
    {
        var drive = await NewDriveAsync();
        foreach (var id in await drive.MakeFoldersAsync(DriveRoots.RootId(Owner), 12))
            await drive.AddFilesAsync(id, id % 3 == 0 ? 0 : 4);

        var all = (await drive.SearchAsync("name=file")).Hits;
        var paged = (await drive.SearchAsync("name=file", pageSize: pageSize)).Hits;

        Assert.Equal(32, all.Count);
        Assert.Equal(all.Select(h => h.Path), paged.Select(h => h.Path));
        Assert.Equal(all.OrderBy(h => h.Entry.ParentId).ThenBy(h => h.Entry.Id).Select(h => h.Path), all.Select(h => h.Path));
    }

    [Fact]
    public async Task Given_a_page_full_of_hits_when_a_level_has_more_then_no_further_page_of_it_is_read()
    {
        var drive = await NewDriveAsync();
        foreach (var id in await drive.MakeFoldersAsync(DriveRoots.RootId(Owner), 30))
            await drive.AddFilesAsync(id, 100);
        using var measured = drive.Layout.Account.Transactions.Measure();

        var page = drive.Open("name=file", DriveRoots.RootId(Owner), pageSize: 150, token: null);
        await foreach (var _ in page.ReadAsync())
        {
        }

        Assert.NotNull(page.NextToken);
        Assert.Equal(2, measured.Total);
    }

    [Theory]
    [InlineData("size_gte=4", 600)]
    [InlineData("size_gte=0", 3_003)]
    [InlineData("size_gte=4&size_lte=3", 0)]
    [InlineData("size_lte=3", 2_403)]
    [InlineData("type=file&created_gte=1767225600", 3_000)]
    [InlineData("type=file&created_gte=1767225601", 0)]
    [InlineData("type=file&created_lte=1767225600", 3_000)]
    [InlineData("type=file&created_lte=1767225599", 0)]
    [InlineData("type=file&created_gte=-62135596800&updated_lte=253402300799", 3_000)]
    [InlineData("type=file&updated_gte=1767225900", 500)]
    [InlineData("type=file&updated_lte=1767225600&size_gte=4", 100)]
    [InlineData("type=folder&size_gte=0", 3)]
    public async Task Given_bounds_when_a_tree_is_searched_then_storage_sends_no_more_than_may_match(string query, int count)
    {
        var drive = await NewDriveAsync();
        // Created at that time, changed within five minutes, of 0 to 4 bytes.
        Assert.Equal(1_767_225_600, DriveBuilder.Start.ToUnixTimeSeconds());
        foreach (var id in await drive.MakeFoldersAsync(DriveRoots.RootId(Owner), 3))
            await drive.AddFilesAsync(id, 1_000);

        var (hits, transactions) = await drive.SearchAsync(query);

        Assert.Equal(count, hits.Count);
        Assert.InRange(transactions, 2, count < 1_000 ? 2 : 5);
    }

    private async Task<SearchedDrive> NewDriveAsync()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        var drive = new SearchedDrive(layout);
        await drive.Tree.Roots.CreateAsync(Owner);
        return drive;
    }

    private sealed class SearchedDrive(StorageLayout layout)
    {
        private readonly IdAllocator _ids = new(layout);

        public StorageLayout Layout => layout;

        public TreeParts Tree { get; } = TreeParts.Over(layout);

        public async Task<List<long>> MakeFoldersAsync(long parent, int count, int first = 0)
        {
            var made = new List<long>();
            for (var i = first; i < first + count; i++)
                made.Add((await Tree.Creation.CreateEntryAsync(Owner, parent, string.Create(CultureInfo.InvariantCulture, $"folder {i:d4}"), NewEntry.Folder, failIfExists: true)).Id);
            return made;
        }

        public async Task AddFilesAsync(long folder, int count)
        {
            if (count == 0)
                return;
            var first = (await _ids.ReserveAsync(IdKind.File, count)).First;
            await new FolderWriter(layout).InsertAsync(folder, [.. Enumerable.Range(0, count).Select(i =>
                DriveBuilder.NewRecord(first + i, folder, FileType.File, string.Create(CultureInfo.InvariantCulture, $"file {i:d4}")))]);
        }

        public SearchPage Open(string query, long folder, int pageSize, string? token) => new FileSearch(layout, new HeavyReads(), TimeProvider.System).Open(
            new SearchRequest(folder, FilePath.Root, SearchQuery.Parse(FileUri.ParseQuery(query), new SiteSettings(new Dictionary<string, string>()))!, pageSize)
            {
                Token = token,
            });

        public async Task<(List<SearchHit> Hits, int Transactions)> SearchAsync(string query, long folder = Owner, int pageSize = 5_000)
        {
            using var measured = layout.Account.Transactions.Measure();
            var hits = new List<SearchHit>();
            string? token = null;
            do
            {
                var page = Open(query, folder, pageSize, token);
                await foreach (var batch in page.ReadAsync())
                    hits.AddRange(batch);
                token = page.NextToken;
            }
            while (token is not null);
            return (hits, measured.Total);
        }
    }
}

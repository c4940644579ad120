using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Cloudreve.Core.Drive.Search;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive.Search;

public sealed class FileSearchTests(AzuriteServer azurite)
{
    private const long Owner = DriveBuilder.Owner;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task Given_a_random_tree_when_searched_page_by_page_then_every_hit_comes_once_by_level(int pageSize)
    {
        var (layout, tree) = await NewDriveAsync();
        var paths = await GrowAsync(tree, new Random(pageSize), folders: 40, files: 60);

        var pages = await SearchAsync(layout, "name=e", pageSize);

        var expected = paths.Where(p => p.Name.Contains('e', StringComparison.Ordinal)).Select(p => p.ToString());
        var hits = pages.SelectMany(p => p).ToList();
        Assert.Equal(expected.Order(StringComparer.Ordinal), hits.Select(h => h.Path.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal(hits.Select(h => h.Path.Depth).Order(), hits.Select(h => h.Path.Depth));
        Assert.All(pages.SkipLast(1), p => Assert.Equal(pageSize, p.Count));
        Assert.All(hits, h => Assert.Equal(h.Path.Name, h.Entry.Name));
    }

    [Theory]
    [InlineData(1, 250)]
    [InlineData(10, 250)]
    [InlineData(60, 250)]
    [InlineData(1, 1)]
    [InlineData(100, 100)]
    public async Task Given_pages_that_end_early_when_a_random_tree_is_searched_then_every_hit_comes_once(int enough, int tooMany)
    {
        var (layout, tree) = await NewDriveAsync();
        var paths = await GrowAsync(tree, new Random(enough), folders: 150, files: 10);
        var hits = new List<SearchHit>();
        var pages = 0;
        string? token = null;
        do
        {
            var (found, next, _) = await ReadAsync(layout, Request("name=e", 1_000) with { Token = token, EnoughReads = enough, TooManyReads = tooMany });
            hits.AddRange(found);
            token = next;
            pages++;
        }
        while (token is not null);

        var expected = paths.Where(p => p.Name.Contains('e', StringComparison.Ordinal)).Select(p => p.ToString());
        Assert.Equal(expected.Order(StringComparer.Ordinal), hits.Select(h => h.Path.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal(hits.Select(h => h.Path.Depth).Order(), hits.Select(h => h.Path.Depth));
        Assert.InRange(pages, 2, 200);
    }

    [Fact]
    public async Task Given_a_search_for_folders_when_it_runs_then_deeper_levels_are_found_too()
    {
        var (layout, tree) = await NewDriveAsync();
        foreach (var path in (string[])["/a/x/deep/x1", "/x2", "/b/x.txt/c"])
            await tree.Creation.CreateAsync(Owner, FilePath.ParsePlain(path), NewEntry.Folder, failIfExists: false);

        var hits = (await SearchAsync(layout, "type=folder&name=x", 100)).SelectMany(p => p);

        Assert.Equal(["/x2", "/a/x", "/b/x.txt", "/a/x/deep/x1"], hits.Select(h => h.Path.ToString()));
    }

    [Fact]
    public async Task Given_a_shortcut_when_a_tree_is_searched_then_it_is_a_hit_but_is_not_entered()
    {
        var (layout, tree) = await NewDriveAsync();
        var shortcut = NewEntry.Folder with { Metadata = new Dictionary<string, string> { ["sys:shared_redirect"] = "cloudreve://x@share" } };
        var link = await tree.Creation.CreateAsync(Owner, FilePath.ParsePlain("/link"), shortcut, failIfExists: true);
        await DriveBuilder.WriteAsync(layout, link.Id, await DriveBuilder.NewRecordsAsync(layout, link.Id, FileType.File, ["link within"]));

        var hits = (await SearchAsync(layout, "name=link", 100)).SelectMany(p => p);

        Assert.Equal(["/link"], hits.Select(h => h.Path.ToString()));
    }

    [Fact]
    public async Task Given_too_many_folders_when_a_tree_is_searched_then_the_page_at_the_limit_says_so()
    {
        var (layout, tree) = await NewDriveAsync();
        for (var i = 0; i < 5; i++)
            await tree.Creation.CreateAsync(Owner, FilePath.ParsePlain($"/d{i}/hit"), new NewEntry(FileType.File), failIfExists: true);

        var (first, token, early) = await ReadAsync(layout, Request("name=hit", 2) with { MaxWalkedFolders = 4 });
        var (second, end, late) = await ReadAsync(layout, Request("name=hit", 2) with { MaxWalkedFolders = 4, Token = token });

        Assert.Equal(["/d0/hit", "/d1/hit"], first.Select(h => h.Path.ToString()));
        Assert.False(early);
        Assert.Equal(["/d2/hit"], second.Select(h => h.Path.ToString()));
        Assert.True(late);
        Assert.Null(end);
    }

    [Fact]
    public async Task Given_as_many_folders_as_allowed_when_a_tree_is_searched_then_no_limit_is_reported()
    {
        var (layout, tree) = await NewDriveAsync();
        await tree.Creation.CreateAsync(Owner, FilePath.ParsePlain("/a/b"), NewEntry.Folder, failIfExists: true);

        var (_, token, reached) = await ReadAsync(layout, Request("name=b", 10) with { MaxWalkedFolders = 3 });

        Assert.False(reached);
        Assert.Null(token);
    }

    [Fact]
    public async Task Given_a_flat_search_when_the_folder_has_subfolders_then_they_are_not_entered()
    {
        var (layout, tree) = await NewDriveAsync();
        await tree.Creation.CreateAsync(Owner, FilePath.ParsePlain("/x/x1"), NewEntry.Folder, failIfExists: true);

        var (hits, token, _) = await ReadAsync(layout, Request("name=x", 10) with { IsRecursive = false });

        Assert.Equal(["/x"], hits.Select(h => h.Path.ToString()));
        Assert.Null(token);
    }

    [Fact]
    public async Task Given_a_folder_deleted_between_two_pages_when_the_search_continues_then_siblings_are_found()
    {
        var (layout, tree) = await NewDriveAsync();
        for (var i = 0; i < 3; i++)
        {
            await tree.Creation.CreateAsync(Owner, FilePath.ParsePlain($"/d{i}/hit1"), new NewEntry(FileType.File), failIfExists: true);
            await tree.Creation.CreateAsync(Owner, FilePath.ParsePlain($"/d{i}/hit2"), new NewEntry(FileType.File), failIfExists: true);
        }
        var (first, token, _) = await ReadAsync(layout, Request("name=hit", 3));
        var gone = await tree.ByPath.GetAsync(Owner, FilePath.ParsePlain("/d1"));
        foreach (var row in gone.ToRows())
            await layout.Files.DeleteAsync(row.PartitionKey, row.RowKey);

        var (second, _, _) = await ReadAsync(layout, Request("name=hit", 10) with { Token = token });

        Assert.Equal(["/d0/hit1", "/d0/hit2", "/d1/hit1"], first.Select(h => h.Path.ToString()));
        Assert.Equal(["/d2/hit1", "/d2/hit2"], second.Select(h => h.Path.ToString()));
    }

    [Fact]
    public async Task Given_a_tree_when_it_is_searched_then_each_level_costs_one()
    {
        var (layout, tree) = await NewDriveAsync();
        // Levels of 1, 2 and 4 folders.
        foreach (var path in (string[])["/a/a", "/a/b", "/b/a", "/b/b"])
            await tree.Creation.CreateAsync(Owner, FilePath.ParsePlain(path), NewEntry.Folder, failIfExists: true);
        using var measured = layout.Account.Transactions.Measure();

        await ReadAsync(layout, Request("name=none", 10));

        Assert.Equal(3, measured.Total);
    }

    [Fact]
    public async Task Given_many_searches_of_one_tree_when_they_run_at_once_then_they_cost_little_more_than_one()
    {
        var (layout, tree) = await NewDriveAsync();
        for (var i = 0; i < 30; i++)
            await tree.Creation.CreateAsync(Owner, FilePath.ParsePlain($"/d{i}/hit"), new NewEntry(FileType.File), failIfExists: true);
        var search = new FileSearch(layout, new HeavyReads(2), TimeProvider.System);
        using var measured = layout.Account.Transactions.Measure();

        var found = await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            var hits = new List<SearchHit>();
            await foreach (var batch in search.Open(Request("name=hit", 100)).ReadAsync())
                hits.AddRange(batch);
            return hits.Count;
        }));

        Assert.All(found, count => Assert.Equal(30, count));
        // Fifty by themselves would cost 50 * 2.
        Assert.InRange(measured.Total, 2, 20);
    }

    [Fact]
    public async Task Given_a_large_folder_when_a_page_is_full_then_no_more_of_it_is_read()
    {
        var (layout, _) = await NewDriveAsync();
        var root = DriveRoots.RootId(Owner);
        var names = Enumerable.Range(0, 2_100).Select(i => "file" + i.ToString("d4", CultureInfo.InvariantCulture)).ToList();
        await DriveBuilder.WriteAsync(layout, root, await DriveBuilder.NewRecordsAsync(layout, root, FileType.File, names));
        using var measured = layout.Account.Transactions.Measure();

        var (first, token, _) = await ReadAsync(layout, Request("name=file", 600));
        Assert.Equal(1, measured.Total);
        var (second, next, _) = await ReadAsync(layout, Request("name=file", 600) with { Token = token });

        Assert.Equal(names.Take(1_200), first.Concat(second).Select(h => h.Entry.Name));
        Assert.Equal(2, measured.Total);
        Assert.NotNull(next);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("|")]
    [InlineData("-1|e30")]
    [InlineData("999|{\"Way\":[],\"Walked\":0,\"HasDeeper\":false}")]
    [InlineData("0|{}")]
    [InlineData("0|{\"Way\":null,\"Walked\":0,\"HasDeeper\":false}")]
    [InlineData("0|{\"Way\":[1],\"Walked\":0,\"HasDeeper\":false}")]
    [InlineData("0|{\"Way\":[],\"Walked\":-1,\"HasDeeper\":false}")]
    [InlineData("0|{\"Way\":[],\"Walked\":0,\"HasDeeper\":false,\"After\":\"n|x\"}")]
    [InlineData("0|{\"Way\":[],\"Walked\":0,\"HasDeeper\":false,\"After\":\"F|' or 1 eq 1\"}")]
    public async Task Given_a_forged_token_when_a_search_continues_then_it_is_a_bad_parameter(string token)
    {
        var (layout, _) = await NewDriveAsync();
        var bar = token.IndexOf("|{", StringComparison.Ordinal);
        if (bar >= 0)
            token = token[..(bar + 1)] + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(token[(bar + 1)..]));

        Assert.Equal(ErrorCode.BadParameter, Assert.Throws<CloudreveException>(() => new FileSearch(layout, new HeavyReads(), TimeProvider.System).Open(Request("name=x", 1) with { Token = token })).Code);
    }

    private static SearchRequest Request(string query, int pageSize) => new(
        DriveRoots.RootId(Owner), FilePath.Root, SearchQuery.Parse(FileUri.ParseQuery(query), new SiteSettings(new Dictionary<string, string>()))!, pageSize);

    private static async Task<List<List<SearchHit>>> SearchAsync(StorageLayout layout, string query, int pageSize)
    {
        var pages = new List<List<SearchHit>>();
        string? token = null;
        do
        {
            var (hits, next, _) = await ReadAsync(layout, Request(query, pageSize) with { Token = token });
            pages.Add(hits);
            token = next;
        }
        while (token is not null);
        return pages;
    }

    private static async Task<(List<SearchHit> Hits, string? Token, bool LimitReached)> ReadAsync(StorageLayout layout, SearchRequest request)
    {
        var page = new FileSearch(layout, new HeavyReads(), TimeProvider.System).Open(request);
        var hits = new List<SearchHit>();
        await foreach (var batch in page.ReadAsync())
            hits.AddRange(batch);
        return (hits, page.NextToken, page.IsRecursionLimitReached);
    }

    private static async Task<List<FilePath>> GrowAsync(TreeParts tree, Random random, int folders, int files)
    {
        var parents = new List<FilePath> { FilePath.Root };
        var all = new List<FilePath>();
        for (var i = 0; i < folders + files; i++)
        {
            var isFolder = i < folders;
            var path = parents[random.Next(parents.Count)].Child((random.Next(2) == 0 ? "entry" : "thing") + i.ToString(CultureInfo.InvariantCulture));
            await tree.Creation.CreateAsync(Owner, path, new NewEntry(isFolder ? FileType.Folder : FileType.File), failIfExists: true);
            all.Add(path);
            if (isFolder)
                parents.Add(path);
        }
        return [.. all];
    }

    private async Task<(StorageLayout Layout, TreeParts Tree)> NewDriveAsync()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        var tree = TreeParts.Over(layout);
        await tree.Roots.CreateAsync(Owner);
        return (layout, tree);
    }
}

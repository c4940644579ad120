using Cloudreve.Core.Drive.Search;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive.Search;

/// <summary>Searches while others have all places for heavy reads.</summary>
public sealed class BusySearchTests(AzuriteServer azurite)
{
    private const long Owner = DriveBuilder.Owner;
    private const long Stranger = 99;

    [Fact]
    public async Task Given_others_with_all_places_when_a_search_found_nothing_in_time_then_it_is_refused()
    {
        var (layout, _) = await NewDriveAsync();
        var reads = new HeavyReads(1);
        var blocked = Block(reads);
        using var measured = layout.Account.Transactions.Measure();

        var error = await Assert.ThrowsAsync<CloudreveException>(() => ReadAsync(layout, reads, TimeSpan.Zero));

        Assert.Equal(ErrorCode.TooManyRequests, error.Code);
        Assert.Equal(0, measured.Total);
        blocked.SetResult();
    }

    [Fact]
    public async Task Given_a_free_place_when_a_search_may_not_wait_then_it_runs()
    {
        var (layout, _) = await NewDriveAsync();

        var (hits, token) = await ReadAsync(layout, new HeavyReads(1), TimeSpan.Zero);

        Assert.Equal(["/hit 1", "/a/hit 2", "/b/hit 3", "/a/deep/hit 4"], hits);
        Assert.Null(token);
    }

    [Fact]
    public async Task Given_others_who_take_the_place_midway_when_a_search_found_something_then_its_page_ends()
    {
        var (layout, _) = await NewDriveAsync();
        var reads = new HeavyReads(1);
        TaskCompletionSource? blocked = null;

        var (first, token) = await ReadAsync(layout, reads, TimeSpan.Zero, () => blocked ??= Block(reads));
        blocked!.SetResult();
        var (rest, end) = await ReadAsync(layout, reads, TimeSpan.FromMinutes(1), token: token);

        Assert.Equal("/hit 1", first[0]);
        Assert.NotNull(token);
        Assert.Equal(["/hit 1", "/a/hit 2", "/b/hit 3", "/a/deep/hit 4"], first.Concat(rest));
        Assert.Null(end);
    }

    [Fact]
    public async Task Given_several_accounts_that_search_one_tree_when_they_wait_then_they_share_what_is_read()
    {
        var (layout, _) = await NewDriveAsync();
        var reads = new HeavyReads(1);
        var blocked = Block(reads);
        using var measured = layout.Account.Transactions.Measure();

        var searches = Enumerable.Range(1, 20).Select(account => ReadAsync(layout, reads, TimeSpan.FromMinutes(1), account: account)).ToList();
        blocked.SetResult();
        var found = await Task.WhenAll(searches);

        Assert.All(found, page => Assert.Equal(["/hit 1", "/a/hit 2", "/b/hit 3", "/a/deep/hit 4"], page.Hits));
        // One alone takes three, one for each level.
        Assert.InRange(measured.Total, 3, 15);
    }

    [Fact]
    public async Task Given_a_share_of_one_folder_when_visitors_wait_with_the_owner_then_they_see_nothing_else()
    {
        var (layout, tree) = await NewDriveAsync();
        var shared = (await tree.ByPath.GetAsync(Owner, FilePath.ParsePlain("/a"))).Id;
        var reads = new HeavyReads(1);
        var blocked = Block(reads);

        var owners = Enumerable.Range(0, 5).Select(_ => ReadAsync(layout, reads, TimeSpan.FromMinutes(1))).ToList();
        var visitors = Enumerable.Range(1, 5).Select(i => ReadAsync(layout, reads, TimeSpan.FromMinutes(1), account: Stranger + i, folder: shared)).ToList();
        blocked.SetResult();

        Assert.All(await Task.WhenAll(owners), page => Assert.Equal(4, page.Hits.Count));
        Assert.All(await Task.WhenAll(visitors), page => Assert.Equal(["/hit 2", "/deep/hit 4"], page.Hits));
    }

    /// <summary>Holds a place until the result is set.</summary>
    private static TaskCompletionSource Block(HeavyReads reads)
    {
        var end = new TaskCompletionSource();
        _ = reads.RunAsync(
            Stranger,
            async () =>
            {
                await end.Task;
                return 0;
            },
            CancellationToken.None);
        return end;
    }

    private static async Task<(List<string> Hits, string? Token)> ReadAsync(
        StorageLayout layout, HeavyReads reads, TimeSpan timeout, Action? found = null, string? token = null, long account = Owner, long folder = Owner)
    {
        var query = SearchQuery.Parse(FileUri.ParseQuery("name=hit"), new SiteSettings(new Dictionary<string, string>()))!;
        var page = new FileSearch(layout, reads, TimeProvider.System).Open(
            new SearchRequest(folder, FilePath.Root, query, 100) { AccountId = account, Token = token, TurnTimeout = timeout });
        var hits = new List<string>();
        await foreach (var batch in page.ReadAsync())
        {
            hits.AddRange(batch.Select(hit => hit.Path.ToString()));
            found?.Invoke();
        }
        return (hits, page.NextToken);
    }

    private async Task<(StorageLayout Layout, TreeParts Tree)> NewDriveAsync()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        var tree = TreeParts.Over(layout);
        await tree.Roots.CreateAsync(Owner);
        foreach (var path in (string[])["/hit 1", "/a/hit 2", "/b/hit 3", "/a/deep/hit 4"])
            await tree.Creation.CreateAsync(Owner, FilePath.ParsePlain(path), new NewEntry(FileType.File), failIfExists: true);
        return (layout, tree);
    }
}

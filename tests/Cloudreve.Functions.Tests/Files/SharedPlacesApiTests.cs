using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Files;

/// <summary>The file systems <c>share</c> and <c>shared_with_me</c> (contract, sections 8 and 17).</summary>
public sealed class SharedPlacesApiTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private AppFixture App => shared.App;

    [Fact]
    public async Task Given_a_shared_folder_when_others_list_it_then_they_see_nothing_above_it()
    {
        var (owner, ownerId) = await NewUserAsync();
        await CreateAsync(owner, "cloudreve://my/secret.txt", "file");
        await CreateAsync(owner, "cloudreve://my/in/sub/a b.txt", "file");
        var id = await ShareAsync(ownerId, "in", password: "pä:ss");
        var (visitor, _) = await NewUserAsync();
        var root = $"cloudreve://{id}:p%C3%A4%3Ass@share";

        var data = (await visitor.GetApiAsync(List(root + "/sub"))).Data;

        var file = data.GetProperty("files").EnumerateArray().Single();
        Assert.Equal(root + "/sub/a%20b.txt", file.GetProperty("path").GetString());
        Assert.False(file.GetProperty("owned").GetBoolean());
        Assert.Equal(NavigatorCapabilities.Share.ToString(), data.GetProperty("props").GetProperty("capability").GetString());
        Assert.Equal(JsonValueKind.Null, data.GetProperty("view").ValueKind);
        Assert.Equal("in", (await visitor.GetApiAsync(List(root))).Data.GetProperty("parent").GetProperty("name").GetString());
        Assert.Equal(["a b.txt"], await NamesAsync(visitor, root + "?name=a"));
        Assert.Equal(40001, (await visitor.GetApiAsync(List(root + "/../secret.txt"))).Code);
    }

    [Fact]
    public async Task Given_a_shared_folder_beside_others_when_a_visitor_searches_it_then_it_alone_is_searched()
    {
        var (owner, ownerId) = await NewUserAsync();
        // Created in turns, so that their partitions are adjacent.
        for (var i = 0; i < 3; i++)
        {
            await CreateAsync(owner, $"cloudreve://my/in/{i}/plan {i}.txt", "file");
            await CreateAsync(owner, $"cloudreve://my/out/{i}/plan secret {i}.txt", "file");
            await CreateAsync(owner, $"cloudreve://my/gone/{i}/plan deleted {i}.txt", "file");
        }
        Assert.Equal(0, (await owner.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { "cloudreve://my/gone" } })).Code);
        var id = await ShareAsync(ownerId, "in");
        var (visitor, _) = await NewUserAsync();

        Assert.Equal(["plan 0.txt", "plan 1.txt", "plan 2.txt"], await NamesAsync(visitor, $"cloudreve://{id}@share?name=plan"));
        Assert.Equal(["plan 1.txt"], await NamesAsync(visitor, $"cloudreve://{id}@share/1?name=plan"));
        Assert.Equal(
            ["plan 0.txt", "plan 1.txt", "plan 2.txt", "plan secret 0.txt", "plan secret 1.txt", "plan secret 2.txt"],
            (await NamesAsync(owner, "cloudreve://my?name=plan")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Given_a_link_opened_just_now_when_its_folder_is_listed_then_only_the_folder_is_looked_up()
    {
        var (owner, ownerId) = await NewUserAsync();
        await CreateAsync(owner, "cloudreve://my/above/in/a.txt", "file");
        var id = await ShareAsync(ownerId, "above/in", password: "right");
        var (visitor, _) = await NewUserAsync();
        var root = $"cloudreve://{id}:right@share";
        await visitor.GetApiAsync(List(root));

        // One range holds its folders and files.
        Assert.Equal(1, await App.TransactionsOfAsync(() => visitor.GetApiAsync(List(root))));
        Assert.Equal(40069, (await visitor.GetApiAsync(List($"cloudreve://{id}:wrong@share"))).Code);
    }

    [Theory]
    [InlineData("", 40069)]
    [InlineData(":wrong", 40069)]
    public async Task Given_a_wrong_password_when_a_share_is_opened_then_it_stays_closed_but_for_its_owner(string password, int code)
    {
        var (owner, ownerId) = await NewUserAsync();
        await CreateAsync(owner, "cloudreve://my/in", "folder");
        var id = await ShareAsync(ownerId, "in", password: "right");
        var (visitor, _) = await NewUserAsync();

        Assert.Equal(code, (await visitor.GetApiAsync(List($"cloudreve://{id}{password}@share"))).Code);
        Assert.Equal(0, (await owner.GetApiAsync(List($"cloudreve://{id}@share"))).Code);
    }

    [Fact]
    public async Task Given_a_share_that_ended_or_whose_file_is_deleted_when_it_is_opened_then_it_is_gone()
    {
        var (owner, ownerId) = await NewUserAsync();
        foreach (var name in (string[])["late/x", "spent/x", "above/in/x", "deleted/x"])
            await CreateAsync(owner, "cloudreve://my/" + name, "file");
        var late = await ShareAsync(ownerId, "late", change: s => s with { ExpiresAt = DateTimeOffset.UtcNow.AddSeconds(-1) });
        var spent = await ShareAsync(ownerId, "spent", change: s => s with { RemainingDownloads = 0 });
        var below = await ShareAsync(ownerId, "above/in");
        var deleted = await ShareAsync(ownerId, "deleted");
        await owner.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { "cloudreve://my/above", "cloudreve://my/deleted" } });
        var (visitor, _) = await NewUserAsync();

        foreach (var id in (string[])[late, spent, below, deleted, "nonsense", ""])
            Assert.Equal(404, (await visitor.GetApiAsync(List($"cloudreve://{id}@share"))).Code);
    }

    [Theory]
    [InlineData(true, false, false, "gallery")]
    [InlineData(true, false, true, "gallery")]
    [InlineData(true, true, false, null)]
    [InlineData(false, false, false, null)]
    public async Task Given_a_shared_folder_with_a_view_when_others_list_it_then_its_owner_decides_on_the_view(
        bool sharesView, bool ownerKeepsViews, bool visitorKeepsViews, string? expected)
    {
        var (owner, ownerId) = await NewUserAsync();
        await CreateAsync(owner, "cloudreve://my/in", "folder");
        await owner.SendApiAsync(HttpMethod.Patch, "file/view", new { uri = "cloudreve://my/in", view = new { page_size = 50, view = "gallery" } });
        await KeepViewsAsync(ownerId, ownerKeepsViews);
        var id = await ShareAsync(ownerId, "in", change: s => s with { SharesView = sharesView });
        var (visitor, visitorId) = await NewUserAsync();
        await KeepViewsAsync(visitorId, visitorKeepsViews);

        var view = (await visitor.GetApiAsync(List($"cloudreve://{id}@share"))).Data.GetProperty("view");

        Assert.Equal(expected, view.ValueKind == JsonValueKind.Null ? null : view.GetProperty("view").GetString());
    }

    [Fact]
    public async Task Given_a_caller_who_may_not_use_shares_when_one_is_opened_then_the_code_says_who_it_is()
    {
        var (owner, ownerId) = await NewUserAsync();
        await CreateAsync(owner, "cloudreve://my/in", "folder");
        var id = await ShareAsync(ownerId, "in");
        var anonymous = await App.Services.GetRequiredService<SiteCatalog>().GetGroupAsync(Group.AnonymousId);
        var expected = anonymous.Allows(GroupPermission.ShareDownload) ? 0 : 40088;

        Assert.Equal(expected, (await App.CreateClient().GetApiAsync(List($"cloudreve://{id}@share"))).Code);
    }

    [Fact]
    public async Task Given_a_shared_file_when_it_is_listed_and_downloaded_then_the_download_counts()
    {
        var (owner, ownerId) = await NewUserAsync();
        await CreateAsync(owner, "cloudreve://my/d/one.txt", "file");
        await CreateAsync(owner, "cloudreve://my/d/other.txt", "file");
        var id = await ShareAsync(ownerId, "d/one.txt", change: s => s with { RemainingDownloads = 1 });
        var (visitor, _) = await NewUserAsync();

        var data = (await visitor.GetApiAsync(List($"cloudreve://{id}@share"))).Data;
        var other = await visitor.PostApiAsync("file/url", new { uris = new[] { $"cloudreve://{id}@share/other.txt" } });
        var first = await visitor.PostApiAsync("file/url", new { uris = new[] { $"cloudreve://{id}@share/one.txt" }, no_cache = true });
        var second = await visitor.PostApiAsync("file/url", new { uris = new[] { $"cloudreve://{id}@share/one.txt" } });

        Assert.True(data.GetProperty("single_file_view").GetBoolean());
        Assert.Equal($"cloudreve://{id}@share/one.txt", data.GetProperty("files").EnumerateArray().Single().GetProperty("path").GetString());
        Assert.NotEqual(0, other.Code);
        Assert.Equal(0, first.Code);
        Assert.NotEqual(0, second.Code);
        var share = (await App.Services.GetRequiredService<ShareStore>().FindAsync(await DecodeAsync(id)))!;
        Assert.Equal((1, 0), (share.Downloads, share.RemainingDownloads!.Value));
        Assert.Equal(0, (await owner.PostApiAsync("file/url", new { uris = new[] { $"cloudreve://{id}@share/one.txt" } })).Code);
    }

    [Fact]
    public async Task Given_a_share_when_others_try_to_change_something_through_it_then_nothing_changes()
    {
        var (owner, ownerId) = await NewUserAsync();
        await CreateAsync(owner, "cloudreve://my/in/a.txt", "file");
        var id = await ShareAsync(ownerId, "in");
        var (visitor, _) = await NewUserAsync();
        var uri = $"cloudreve://{id}@share/a.txt";

        Assert.Equal(403, (await visitor.PostApiAsync("file/create", new { uri = $"cloudreve://{id}@share/new", type = "file" })).Code);
        Assert.Equal(403, (await visitor.PostApiAsync("file/rename", new { uri, new_name = "b" })).Code);
        Assert.NotEqual(0, (await visitor.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { uri }, skip_soft_delete = true })).Code);
        Assert.Equal(40082, (await visitor.PostApiAsync("file/version/current", new { uri, version = "x" })).Code);
        Assert.Equal(40082, (await visitor.SendApiAsync(HttpMethod.Patch, "file/view", new { uri = $"cloudreve://{id}@share", view = new { page_size = 50 } })).Code);
        Assert.Equal(40082, (await visitor.GetApiAsync($"file/activities?uri={Uri.EscapeDataString(uri)}&page_size=10")).Code);
        Assert.NotEqual(0, (await visitor.SendApiAsync(HttpMethod.Put, "file/source", new { uris = new[] { uri } })).Code);
        Assert.Equal(["a.txt"], await NamesAsync(owner, "cloudreve://my/in"));
    }

    [Fact]
    public async Task Given_shortcuts_in_any_folder_when_shared_with_me_is_listed_then_each_is_there()
    {
        var (client, _) = await NewUserAsync();
        var ids = new List<string>();
        foreach (var path in (string[])["first", "deep/down/second", "third"])
            ids.Add(await ShortcutAsync(client, path));
        await CreateAsync(client, "cloudreve://my/plain", "folder");
        await client.PostApiAsync("file/rename", new { uri = "cloudreve://my/first", new_name = "renamed" });
        await client.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { "cloudreve://my/third" } });

        var data = (await client.GetApiAsync(List("cloudreve://shared_with_me") + "&order_direction=asc")).Data;

        Assert.Equal(["renamed", "second"], data.GetProperty("files").EnumerateArray().Select(f => f.GetProperty("name").GetString()));
        Assert.Equal(
            ids.Take(2).Select(id => "cloudreve://shared_with_me/" + id), data.GetProperty("files").EnumerateArray().Select(f => f.GetProperty("path").GetString()));
        Assert.Equal(["created_at"], data.GetProperty("props").GetProperty("order_by_options").EnumerateArray().Select(o => o.GetString()));
        Assert.Equal(403, (await client.GetApiAsync(List("cloudreve://shared_with_me/" + ids[0]))).Code);
        Assert.Equal(40016, (await client.GetApiAsync(List("cloudreve://shared_with_me/" + ids[0] + "/x"))).Code);
    }

    [Fact]
    public async Task Given_more_shortcuts_than_a_page_when_listed_by_page_then_each_comes_once()
    {
        var (client, _) = await NewUserAsync();
        foreach (var name in (string[])["a", "b", "c"])
            await ShortcutAsync(client, name);
        await client.PostApiAsync("file/move", new { uris = new[] { "cloudreve://my/a" }, dst = "cloudreve://my/copies", copy = true });

        var names = new List<string?>();
        string? token = "";
        do
        {
            var data = (await client.GetApiAsync(List("cloudreve://shared_with_me") + "&page_size=2&order_direction=desc&next_page_token=" + Uri.EscapeDataString(token!))).Data;
            names.AddRange(data.GetProperty("files").EnumerateArray().Select(f => f.GetProperty("name").GetString()));
            token = data.GetProperty("pagination").TryGetProperty("next_token", out var next) ? next.GetString() : null;
        }
        while (token is not null);

        Assert.Equal(["c", "b", "a"], names);
    }

    private async Task<(HttpClient Client, long Id)> NewUserAsync()
    {
        var user = await App.CreateUserAsync();
        return (await App.SignInAsync(user.Email), user.Id);
    }

    private Task<User> KeepViewsAsync(long userId, bool keep) => App.Services.GetRequiredService<UserStore>().UpdateAsync(
        userId, user => user with { Settings = user.Settings with { DisableViewSync = keep } }, CancellationToken.None);

    private async Task<string> ShareAsync(long ownerId, string path, string password = "", Func<Share, Share>? change = null)
    {
        var file = await App.Services.GetRequiredService<EntriesByPath>().GetAsync(ownerId, FilePath.ParsePlain(path));
        var id = await App.Services.GetRequiredService<IdAllocator>().NextAsync(IdKind.Share);
        var share = new Share { Id = id, OwnerId = ownerId, FileId = file.Id, Password = password, CreatedAt = DateTimeOffset.UtcNow };
        await App.Services.GetRequiredService<ShareStore>().SaveAsync(change is null ? share : change(share));
        return (await App.GetSiteAsync()).HashIds.Encode(id, HashIdKind.Share);
    }

    private async Task<long> DecodeAsync(string id)
    {
        Assert.True((await App.GetSiteAsync()).HashIds.TryDecode(id, HashIdKind.Share, out var share));
        return share;
    }

    private static async Task<string> ShortcutAsync(HttpClient client, string path)
    {
        var answer = await client.PostApiAsync("file/create", new
        {
            uri = "cloudreve://my/" + path,
            type = "folder",
            metadata = new Dictionary<string, string> { ["sys:shared_redirect"] = "cloudreve://x@share" },
        });
        Assert.Equal(0, answer.Code);
        return answer.Data.GetProperty("id").GetString()!;
    }

    private static async Task CreateAsync(HttpClient client, string uri, string type) =>
        Assert.Equal(0, (await client.PostApiAsync("file/create", new { uri = Uri.EscapeDataString(uri).Replace("%3A", ":", StringComparison.Ordinal).Replace("%2F", "/", StringComparison.Ordinal), type })).Code);

    private static async Task<List<string?>> NamesAsync(HttpClient client, string uri) =>
        [.. (await client.GetApiAsync(List(uri))).Data.GetProperty("files").EnumerateArray().Select(f => f.GetProperty("name").GetString())];

    private static string List(string uri) => "file?uri=" + Uri.EscapeDataString(uri);
}

using System.Net;
using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Files;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Shares;

/// <summary>Share links (contract, section 17).</summary>
public sealed partial class ShareApiTests(ClockedApp clocked) : IClassFixture<ClockedApp>
{
    private AppFixture App => clocked.App;

    [Fact]
    public async Task Given_a_folder_when_it_is_shared_then_anybody_with_the_address_sees_what_is_in_it()
    {
        var (owner, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/in/a.txt", [1, 2, 3]);

        var url = await ShareAsync(owner, new { uri = "cloudreve://my/in" });

        Assert.Matches($"^{App.Address.GetLeftPart(UriPartial.Authority)}/s/[A-Za-z0-9]+$", url);
        var (visitor, _) = await App.NewUserAsync();
        Assert.Equal(["a.txt"], await NamesAsync(visitor, await FollowAsync(url)));
        var info = (await App.CreateClient().GetApiAsync("share/info/" + IdOf(url))).Data;
        Assert.True(info.GetProperty("unlocked").GetBoolean());
        Assert.False(info.GetProperty("password_protected").GetBoolean());
        Assert.Equal(("in", 1), (info.GetProperty("name").GetString(), info.GetProperty("source_type").GetInt32()));
        Assert.Equal(user.Nick, info.GetProperty("owner").GetProperty("nickname").GetString());
        Assert.False(info.TryGetProperty("source_uri", out _));
        Assert.False(info.TryGetProperty("is_private", out _));
    }

    [Theory]
    [InlineData(null, "^[a-z0-9]{8}$")]
    [InlineData("Own1", "^Own1$")]
    public async Task Given_a_private_link_when_its_address_is_followed_then_the_password_is_part_of_it(string? password, string pattern)
    {
        var (owner, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/in/a.txt", [1]);

        var url = await ShareAsync(owner, new { uri = "cloudreve://my/in", is_private = true, password });

        var parts = new Uri(url).AbsolutePath.Split('/');
        Assert.Matches(pattern, parts[3]);
        var (visitor, _) = await App.NewUserAsync();
        Assert.Equal(["a.txt"], await NamesAsync(visitor, await FollowAsync(url)));
        Assert.Equal(40069, (await visitor.GetApiAsync("file?uri=" + Uri.EscapeDataString($"cloudreve://{parts[2]}@share"))).Code);
    }

    [Fact]
    public async Task Given_a_private_link_when_its_details_are_requested_then_the_password_decides()
    {
        var (owner, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/a.txt", [1, 2, 3]);
        var url = await ShareAsync(owner, new { uri = "cloudreve://my/a.txt", is_private = true, password = "right", downloads = 5, expire = 3600, show_readme = true });
        var id = IdOf(url);
        var visitor = App.CreateClient();

        foreach (var path in (string[])["share/info/" + id, $"share/info/{id}?password=wrong"])
        {
            var locked = (await visitor.GetApiAsync(path)).Data;
            Assert.False(locked.GetProperty("unlocked").GetBoolean());
            Assert.True(locked.GetProperty("password_protected").GetBoolean());
            foreach (var hidden in (string[])["downloaded", "remain_downloads", "expires", "password", "show_readme", "size"])
                Assert.False(locked.TryGetProperty(hidden, out _), hidden);
            foreach (var shown in (string[])["name", "visited", "owner", "source_type"])
                Assert.True(locked.TryGetProperty(shown, out _), shown);
            Assert.DoesNotContain("right", locked.GetRawText(), StringComparison.Ordinal);
        }
        var open = (await visitor.GetApiAsync($"share/info/{id}?password=right")).Data;
        Assert.True(open.GetProperty("unlocked").GetBoolean());
        Assert.Equal(url, open.GetProperty("url").GetString());
        // The front end shows the number of downloads wherever it is there, and "0" for 0.
        Assert.False(open.TryGetProperty("downloaded", out _));
        Assert.Equal((0, 5, 3), (open.GetProperty("visited").GetInt32(), open.GetProperty("remain_downloads").GetInt32(), open.GetProperty("size").GetInt32()));
        var own = (await owner.GetApiAsync($"share/info/{id}?owner_extended=true")).Data;
        Assert.True(own.GetProperty("unlocked").GetBoolean());
        Assert.True(own.GetProperty("is_private").GetBoolean());
    }

    [Theory]
    [InlineData("a.txt", "")]
    [InlineData("deep/er/ü.txt", "/deep/er")]
    public async Task Given_a_link_of_one_file_when_its_owner_asks_where_it_is_then_the_folder_is_named(
        string path, string folder)
    {
        var (owner, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/" + path, [1]);
        var id = IdOf(await ShareAsync(owner, new { uri = "cloudreve://my/" + string.Join('/', path.Split('/').Select(Uri.EscapeDataString)) }));

        var own = (await owner.GetApiAsync($"share/info/{id}?owner_extended=true")).Data;

        var source = own.GetProperty("source_uri").GetString()!;
        Assert.Equal($"cloudreve://{(await App.GetSiteAsync()).HashIds.Encode(user.Id, HashIdKind.User)}@my{folder}", source);
        var joined = $"{source}/{Uri.EscapeDataString(own.GetProperty("name").GetString()!)}";
        Assert.Equal(0, (await owner.GetApiAsync("file/info?uri=" + Uri.EscapeDataString(joined))).Code);
        Assert.Equal(0, (await owner.PostApiAsync("share/" + id, new { uri = joined, downloads = 3 })).Code);
    }

    [Fact]
    public async Task Given_a_link_of_a_folder_when_its_owner_asks_where_it_is_then_the_folder_itself_is_named()
    {
        var (owner, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/deep/in/a.txt", [1]);
        var id = IdOf(await ShareAsync(owner, new { uri = "cloudreve://my/deep/in" }));

        var own = (await owner.GetApiAsync($"share/info/{id}?owner_extended=true")).Data;

        Assert.EndsWith("@my/deep/in", own.GetProperty("source_uri").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_a_shared_folder_when_others_ask_for_its_summary_then_it_is_the_owners_alone()
    {
        var (owner, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/in/sub/a.txt", [1]);
        var id = IdOf(await ShareAsync(owner, new { uri = "cloudreve://my/in" }));
        await App.ChangeGroupAsync(Group.AnonymousId, g => g with { Permissions = g.Permissions.With((int)GroupPermission.ShareDownload, value: true) });
        var path = "file/info?folder_summary=true&uri=" + Uri.EscapeDataString($"cloudreve://{id}@share/sub");
        var (visitor, _) = await App.NewUserAsync();

        Assert.Equal(40082, (await App.CreateClient().GetApiAsync(path)).Code);
        Assert.Equal(40082, (await visitor.GetApiAsync(path)).Code);
    }

    [Fact]
    public async Task Given_many_wrong_passwords_when_the_right_one_comes_then_it_is_refused_until_time_is_up()
    {
        var (owner, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/in/a.txt", [1]);
        var id = IdOf(await ShareAsync(owner, new { uri = "cloudreve://my/in", is_private = true, password = "right" }));
        var (visitor, _) = await App.NewUserAsync();
        var wrong = "file?uri=" + Uri.EscapeDataString($"cloudreve://{id}:wrong@share");
        var right = "file?uri=" + Uri.EscapeDataString($"cloudreve://{id}:right@share");
        for (var i = 0; i < AttemptLimiter.MaxFailures; i++)
            Assert.Equal(40069, (await visitor.GetApiAsync(wrong)).Code);

        Assert.Equal(40069, (await visitor.GetApiAsync(right)).Code);
        Assert.False((await visitor.GetApiAsync($"share/info/{id}?password=right")).Data.GetProperty("unlocked").GetBoolean());
        clocked.Clock.Advance(AttemptLimiter.Window);

        Assert.Equal(0, (await (await App.SignInAsync((await App.NewUserAsync()).User.Email)).GetApiAsync(right)).Code);
    }

    [Fact]
    public async Task Given_a_link_when_it_is_edited_then_its_counts_and_password_stay()
    {
        var (owner, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/in/a.txt", [1]);
        var url = await ShareAsync(owner, new { uri = "cloudreve://my/in", is_private = true, downloads = 1 });
        var id = IdOf(url);
        await App.Services.GetRequiredService<ShareStore>().CountDownloadAsync(await DecodeAsync(id));
        var (visitor, _) = await App.NewUserAsync();
        Assert.Equal(404, (await visitor.GetApiAsync("share/info/" + id)).Code);

        var edited = await owner.PostApiAsync("share/" + id, new { uri = "cloudreve://my/in", downloads = 7, share_view = true });

        Assert.Equal(url, edited.Data.GetString());
        var info = (await owner.GetApiAsync("share/info/" + id)).Data;
        Assert.Equal((1, 7), (info.GetProperty("downloaded").GetInt32(), info.GetProperty("remain_downloads").GetInt32()));
        Assert.True(info.GetProperty("share_view").GetBoolean());
        Assert.Equal(0, (await visitor.GetApiAsync("share/info/" + id)).Code);
    }

    [Fact]
    public async Task Given_a_link_when_its_time_is_up_then_only_its_owner_sees_it()
    {
        var (owner, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/in/a.txt", [1]);
        var id = IdOf(await ShareAsync(owner, new { uri = "cloudreve://my/in", expire = 60 }));
        Assert.Equal(0, (await App.CreateClient().GetApiAsync("share/info/" + id)).Code);

        clocked.Clock.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal(404, (await App.CreateClient().GetApiAsync("share/info/" + id)).Code);
        owner = await App.SignInAsync(user.Email);
        Assert.True((await owner.GetApiAsync("share/info/" + id)).Data.GetProperty("expired").GetBoolean());
        Assert.True(Assert.Single(await OwnAsync(owner)).GetProperty("expired").GetBoolean());
    }

    [Fact]
    public async Task Given_a_link_when_somebody_else_edits_or_deletes_it_then_it_does_not_exist_for_them()
    {
        var (owner, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/in/a.txt", [1]);
        await App.AddFileAsync(user, "/other.txt", [1]);
        var id = IdOf(await ShareAsync(owner, new { uri = "cloudreve://my/in" }));
        var (stranger, strangerUser) = await App.NewUserAsync();
        await App.AddFileAsync(strangerUser, "/in/a.txt", [1]);

        Assert.Equal(404, (await stranger.PostApiAsync("share/" + id, new { uri = "cloudreve://my/in" })).Code);
        Assert.Equal(404, (await stranger.SendApiAsync(HttpMethod.Delete, "share/" + id)).Code);
        Assert.Equal(404, (await owner.PostApiAsync("share/" + id, new { uri = "cloudreve://my/other.txt" })).Code);
        Assert.Equal(404, (await owner.SendApiAsync(HttpMethod.Delete, "share/nonsense")).Code);
        Assert.Single(await OwnAsync(owner));
        Assert.Equal(0, (await (await App.SignInAsync()).SendApiAsync(HttpMethod.Delete, "share/" + id)).Code);
        Assert.Empty(await OwnAsync(owner));
    }

    [Theory]
    [InlineData(OAuthScopes.SharesWrite, 404)]
    [InlineData(OAuthScopes.SharesWrite + " " + OAuthScopes.AdminWrite, 0)]
    public async Task Given_an_administrators_application_when_it_deletes_a_foreign_link_then_it_needs_a_scope(string scopes, int code)
    {
        var (owner, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/in/a.txt", [1]);
        var id = IdOf(await ShareAsync(owner, new { uri = "cloudreve://my/in" }));
        var admin = await App.Services.GetRequiredService<UserStore>().FindAsync(1);
        var application = App.CreateClient();
        application.DefaultRequestHeaders.Authorization = new("Bearer", await App.IssueToApplicationAsync(admin!, scopes.Split(' ')));

        Assert.Equal(code, (await application.SendApiAsync(HttpMethod.Delete, "share/" + id)).Code);
    }

    [Fact]
    public async Task Given_several_links_when_they_are_deleted_together_then_each_is_treated_by_itself()
    {
        var (owner, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/in/a.txt", [1]);
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
            ids.Add(IdOf(await ShareAsync(owner, new { uri = "cloudreve://my/in" })));
        var (stranger, strangerUser) = await App.NewUserAsync();
        await App.AddFileAsync(strangerUser, "/x.txt", [1]);
        var foreign = IdOf(await ShareAsync(stranger, new { uri = "cloudreve://my/x.txt" }));

        var answer = await owner.SendApiAsync(HttpMethod.Delete, "share", new { ids = new[] { ids[0], foreign, ids[1] } });

        Assert.Equal(40081, answer.Code);
        Assert.Equal([ids[2]], (await OwnAsync(owner)).Select(share => share.GetProperty("id").GetString()));
        Assert.Single(await OwnAsync(stranger));
    }

    [Fact]
    public async Task Given_a_link_when_its_file_is_deleted_or_its_owner_banned_then_it_opens_for_nobody()
    {
        var (owner, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/gone/a.txt", [1]);
        await App.AddFileAsync(user, "/stays/a.txt", [1]);
        var gone = IdOf(await ShareAsync(owner, new { uri = "cloudreve://my/gone" }));
        var stays = IdOf(await ShareAsync(owner, new { uri = "cloudreve://my/stays" }));

        await owner.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { "cloudreve://my/gone" } });

        Assert.Equal(404, (await App.CreateClient().GetApiAsync("share/info/" + gone)).Code);
        var listed = (await OwnAsync(owner)).Single(share => share.GetProperty("id").GetString() == gone);
        Assert.True(listed.GetProperty("expired").GetBoolean());
        await App.Services.GetRequiredService<UserStore>().UpdateAsync(user.Id, u => u with { Status = UserStatus.ManualBanned });
        clocked.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(404, (await App.CreateClient().GetApiAsync("share/info/" + stays)).Code);
        Assert.Empty((await App.CreateClient().GetApiAsync(await ProfileAsync(user))).Data.GetProperty("shares").EnumerateArray());
    }

    [Theory]
    [InlineData("cloudreve://my/above")]
    [InlineData("cloudreve://my/above/in")]
    public async Task Given_a_link_whose_file_is_in_the_trash_when_it_is_deleted_then_it_is_gone(string thrownAway)
    {
        var (owner, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/above/in/a.txt", [1]);
        var id = IdOf(await ShareAsync(owner, new { uri = "cloudreve://my/above/in" }));
        await owner.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { thrownAway } });

        Assert.Equal(0, (await owner.SendApiAsync(HttpMethod.Delete, "share/" + id)).Code);

        Assert.Empty(await OwnAsync(owner));
    }

    [Fact]
    public async Task Given_visits_when_they_are_to_be_counted_then_those_count_that_see_what_is_behind_the_link()
    {
        var (owner, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/in/a.txt", [1]);
        var id = IdOf(await ShareAsync(owner, new { uri = "cloudreve://my/in", is_private = true, password = "right" }));
        var visitor = App.CreateClient();
        foreach (var query in (string[])["?count_views=true&password=right", "?count_views=true&password=right", "?count_views=true", "?password=right", "?count_views=true&password=wrong"])
            await visitor.GetApiAsync("share/info/" + id + query);

        await App.Services.GetRequiredService<ShareVisits>().StoreAsync();

        Assert.Equal(2, (await visitor.GetApiAsync("share/info/" + id)).Data.GetProperty("visited").GetInt32());
    }

    [Fact]
    public async Task Given_shared_and_other_files_when_their_owner_looks_at_them_then_shared_ones_say_so()
    {
        var (owner, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/a.txt", [1]);
        await App.AddFileAsync(user, "/b.txt", [1]);
        var url = await ShareAsync(owner, new { uri = "cloudreve://my/a.txt", is_private = true });

        var files = (await owner.GetApiAsync("file?uri=cloudreve%3A%2F%2Fmy&order_by=name")).Data.GetProperty("files").EnumerateArray().ToList();
        var shared = (await owner.GetApiAsync("file/info?extended=true&uri=cloudreve%3A%2F%2Fmy%2Fa.txt")).Data.GetProperty("extended_info");
        var other = (await owner.GetApiAsync("file/info?extended=true&uri=cloudreve%3A%2F%2Fmy%2Fb.txt")).Data.GetProperty("extended_info");

        Assert.True(files[0].GetProperty("shared").GetBoolean());
        Assert.False(files[1].TryGetProperty("shared", out _));
        Assert.Equal(url, Assert.Single(shared.GetProperty("shares").EnumerateArray()).GetProperty("url").GetString());
        Assert.False(other.TryGetProperty("shares", out _));
    }

    [Fact]
    public async Task Given_more_links_than_a_page_when_listed_by_downloads_then_each_comes_once_in_order()
    {
        var (owner, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/in/a.txt", [1]);
        var store = App.Services.GetRequiredService<ShareStore>();
        for (var i = 0; i < 13; i++)
        {
            var id = await DecodeAsync(IdOf(await ShareAsync(owner, new { uri = "cloudreve://my/in" })));
            for (var n = 0; n < i % 3; n++)
                await store.CountDownloadAsync(id);
        }

        var seen = new List<(int Downloads, string Id)>();
        string? token = "";
        do
        {
            var data = (await owner.GetApiAsync($"share?page_size=10&order_by=downloads&order_direction=desc&next_page_token={token}")).Data;
            seen.AddRange(data.GetProperty("shares").EnumerateArray().Select(s => (s.TryGetProperty("downloaded", out var count) ? count.GetInt32() : 0, s.GetProperty("id").GetString()!)));
            token = data.GetProperty("pagination").TryGetProperty("next_token", out var next) ? next.GetString() : null;
        }
        while (token is not null);

        Assert.Equal(13, seen.Select(share => share.Id).Distinct().Count());
        Assert.Equal(seen.Select(share => share.Downloads).OrderDescending(), seen.Select(share => share.Downloads));
    }

    [Fact]
    public async Task Given_public_and_private_links_when_a_profile_is_viewed_then_its_users_choice_holds()
    {
        var (owner, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/in/a.txt", [1]);
        var open = IdOf(await ShareAsync(owner, new { uri = "cloudreve://my/in" }));
        var closed = IdOf(await ShareAsync(owner, new { uri = "cloudreve://my/in", is_private = true, password = "hidden1" }));
        await ShareAsync(owner, new { uri = "cloudreve://my/in", expire = 1 });
        clocked.Clock.Advance(TimeSpan.FromSeconds(2));
        var visitor = App.CreateClient();

        Assert.Equal([open], await ShownAsync());
        await App.Services.GetRequiredService<UserStore>().UpdateAsync(
            user.Id, u => u with { Settings = u.Settings with { ShareLinksInProfile = "all_share" } });
        clocked.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal([open, closed], await ShownAsync());

        async Task<List<string?>> ShownAsync()
        {
            var shares = (await visitor.GetApiAsync(await ProfileAsync(user))).Data.GetProperty("shares").EnumerateArray().ToList();
            Assert.All(shares, share => Assert.False(share.GetProperty("unlocked").GetBoolean()));
            Assert.All(shares, share => Assert.DoesNotContain("hidden1", share.GetRawText(), StringComparison.Ordinal));
            return [.. shares.Select(share => share.GetProperty("id").GetString())];
        }
    }

    [Fact]
    public async Task Given_a_group_that_may_not_share_when_it_shares_then_the_code_is_40007()
    {
        await App.ChangeGroupAsync(Group.UserId, g => g with { Id = 57, Permissions = g.Permissions.With((int)GroupPermission.Share, value: false) });
        var (client, user) = await App.NewUserAsync(57);
        await App.AddFileAsync(user, "/a.txt", [1]);

        Assert.Equal(40007, (await client.SendApiAsync(HttpMethod.Put, "share", new { uri = "cloudreve://my/a.txt" })).Code);
    }

    [Theory]
    [InlineData("""{"uri":"cloudreve://my"}""", 40001)]
    [InlineData("""{"uri":"cloudreve://my/none"}""", 40016)]
    [InlineData("""{"uri":"cloudreve://trash/a"}""", 403)]
    [InlineData("""{"uri":"cloudreve://my/link"}""", 403)]
    [InlineData("""{"uri":"cloudreve://my/a.txt","expire":-1}""", 40001)]
    [InlineData("""{"uri":"cloudreve://my/a.txt","expire":99999999999}""", 40001)]
    [InlineData("""{"uri":"cloudreve://my/a.txt","downloads":-1}""", 40001)]
    [InlineData("""{"uri":"cloudreve://my/a.txt","is_private":true,"password":"a b"}""", 40001)]
    [InlineData("""{"uri":"cloudreve://my/a.txt","is_private":true,"password":"ümlaut"}""", 40001)]
    [InlineData("""{"uri":"cloudreve://my/a.txt","is_private":true,"password":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""", 40001)]
    [InlineData("""{}""", 40001)]
    public async Task Given_what_cannot_be_shared_when_it_is_shared_then_there_is_no_link(string body, int code)
    {
        var (client, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/a.txt", [1]);
        await client.PostApiAsync("file/create", new
        {
            uri = "cloudreve://my/link",
            type = "folder",
            metadata = new Dictionary<string, string> { ["sys:shared_redirect"] = "cloudreve://x@share" },
        });

        Assert.Equal(code, (await client.SendTextAsync(HttpMethod.Put, "share", body)).Code);

        Assert.Empty(await OwnAsync(client));
    }

    [Theory]
    [InlineData("/s/abc", "cloudreve://abc@share", null)]
    [InlineData("/s/abc/pw1?path=%2Fsub%2Fa%20b&lng=en", "cloudreve://abc:pw1@share/sub/a%20b", "en")]
    [InlineData("/s/a%40b/p%3Aw", "cloudreve://a%40b:p%3Aw@share", null)]
    public async Task Given_a_short_address_when_it_is_followed_then_it_leads_to_the_front_end(string address, string uri, string? language)
    {
        using var answer = await App.CreateClient().GetAsync(address);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        var location = answer.Headers.Location!.OriginalString.Split('?');
        var query = System.Web.HttpUtility.ParseQueryString(location[1]);
        Assert.Equal(("/home", uri, language), (location[0], query["path"], query["lng"]));
    }

    [Fact]
    public async Task Given_a_program_that_draws_previews_when_it_follows_an_address_then_the_rest_is_hidden()
    {
        var (owner, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/a & 'b'.txt", [1]);
        var url = await ShareAsync(owner, new { uri = "cloudreve://my/a%20&%20'b'.txt", is_private = true, password = "hidden1" });
        var reader = App.CreateClient();
        reader.DefaultRequestHeaders.UserAgent.ParseAdd("Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)");

        using var answer = await reader.GetAsync(new Uri(url));
        var page = await answer.Content.ReadAsStringAsync();

        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("default-src 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Contains("<meta property=\"og:title\" content=\"a &amp; &#x27;b&#x27;.txt\">", page, StringComparison.Ordinal);
        Assert.Contains($"content=\"{App.Address.GetLeftPart(UriPartial.Authority)}/s/{IdOf(url)}\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden1", page, StringComparison.Ordinal);
        foreach (var gone in (string[])["/s/nonsense", "/s/nonsense/pw"])
        {
            using var missing = await reader.GetAsync(gone);
            Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        }
    }

    private static async Task WriteAsync(HttpClient client, string uri, byte[] content) =>
        Assert.Equal(0, (await client.SendRawAsync(HttpMethod.Put, "file/content?uri=" + Uri.EscapeDataString(uri), new ByteArrayContent(content))).Code);

    private static string IdOf(string url) => new Uri(url).AbsolutePath.Split('/')[2];

    private static async Task<string> ShareAsync(HttpClient client, object body)
    {
        var answer = await client.SendApiAsync(HttpMethod.Put, "share", body);
        Assert.True(answer.Code == 0, answer.Msg);
        return answer.Data.GetString()!;
    }

    private static async Task<List<JsonElement>> OwnAsync(HttpClient client) =>
        [.. (await client.GetApiAsync("share?page_size=50")).Data.GetProperty("shares").EnumerateArray()];

    /// <summary>The URI that the page of the front end is led to.</summary>
    private async Task<string> FollowAsync(string url)
    {
        using var answer = await App.CreateClient().GetAsync(new Uri(url));
        return System.Web.HttpUtility.ParseQueryString(answer.Headers.Location!.OriginalString.Split('?')[1])["path"]!;
    }

    private async Task<string> ProfileAsync(User user) =>
        $"user/shares/{(await App.GetSiteAsync()).HashIds.Encode(user.Id, HashIdKind.User)}?page_size=10";

    private async Task<long> DecodeAsync(string id)
    {
        Assert.True((await App.GetSiteAsync()).HashIds.TryDecode(id, HashIdKind.Share, out var share));
        return share;
    }

    private static async Task<List<string?>> NamesAsync(HttpClient client, string uri) =>
        [.. (await client.GetApiAsync("file?uri=" + Uri.EscapeDataString(uri))).Data.GetProperty("files").EnumerateArray().Select(f => f.GetProperty("name").GetString())];
}

using System.Net;
using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Sharing.DirectLinks;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Files;

public sealed class DirectLinkApiTests(SharedApp shared, AzuriteServer azurite) : IClassFixture<SharedApp>
{
    private AppFixture App => shared.App;

    [Fact]
    public async Task Given_a_file_when_a_direct_link_is_made_then_browsers_may_keep_its_redirect()
    {
        var (client, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/a/b/pic ü.png", [1, 2, 3]);

        var answer = await CreateAsync(client, "cloudreve://my/a/b/pic%20%C3%BC.png");

        var link = new Uri(answer.Data[0].GetProperty("link").GetString()!);
        Assert.Equal("cloudreve://my/a/b/pic%20%C3%BC.png", answer.Data[0].GetProperty("file_url").GetString());
        Assert.Matches("^/f/[A-Za-z0-9]+/pic%20%C3%BC.png$", link.AbsolutePath);
        using var redirect = await App.CreateClient().GetAsync(link);
        Assert.Equal(HttpStatusCode.Redirect, redirect.StatusCode);
        Assert.True(redirect.Headers.CacheControl!.Public);
        Assert.InRange(redirect.Headers.CacheControl.MaxAge!.Value, TimeSpan.FromMinutes(50), TimeSpan.FromMinutes(60));
        using var plain = new HttpClient();
        Assert.Equal([1, 2, 3], await plain.GetByteArrayAsync(redirect.Headers.Location));
        using var saved = await plain.GetAsync(new Uri(link.AbsoluteUri.Replace("/f/", "/f/d/", StringComparison.Ordinal)));
        Assert.Equal("attachment", saved.Content.Headers.ContentDisposition!.DispositionType);
    }

    [Fact]
    public async Task Given_a_link_when_another_is_requested_then_it_is_the_same_unless_names_or_rules_differ()
    {
        var (client, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/a.txt", [1]);
        var first = Link(await CreateAsync(client, "cloudreve://my/a.txt"));

        Assert.Equal(first, Link(await CreateAsync(client, "cloudreve://my/a.txt")));
        await client.PostApiAsync("file/rename", new { uri = "cloudreve://my/a.txt", new_name = "b.txt" });
        var renamed = Link(await CreateAsync(client, "cloudreve://my/b.txt"));

        Assert.NotEqual(first, renamed);
        Assert.Equal(HttpStatusCode.Redirect, await FollowAsync(first));
        Assert.Equal(HttpStatusCode.Redirect, await FollowAsync(renamed));
        await App.ChangeGroupAsync(Group.UserId, g => g with { Id = 41, Permissions = g.Permissions.With((int)GroupPermission.UniqueDirectLink, value: true) });
        var (other, otherUser) = await App.NewUserAsync(41);
        await App.AddFileAsync(otherUser, "/a.txt", [1]);
        Assert.NotEqual(Link(await CreateAsync(other, "cloudreve://my/a.txt")), Link(await CreateAsync(other, "cloudreve://my/a.txt")));
    }

    [Fact]
    public async Task Given_a_group_without_redirected_links_when_one_is_made_then_it_leads_to_the_content()
    {
        await App.ChangeGroupAsync(Group.UserId, g => g with { Id = 42, Settings = g.Settings with { RedirectedSource = false } });
        var (client, user) = await App.NewUserAsync(42);
        await App.AddFileAsync(user, "/a.txt", [7]);

        var link = Link(await CreateAsync(client, "cloudreve://my/a.txt"));

        Assert.Contains("/api/v4/file/content/", link.AbsolutePath, StringComparison.Ordinal);
        Assert.EndsWith(":0", Uri.UnescapeDataString(link.Query), StringComparison.Ordinal);
        using var plain = new HttpClient();
        Assert.Equal([7], await plain.GetByteArrayAsync(link));
    }

    [Fact]
    public async Task Given_limits_of_the_group_when_they_are_passed_then_the_documented_codes_answer()
    {
        await App.ChangeGroupAsync(Group.UserId, g => g with { Id = 43, Settings = g.Settings with { SourceBatch = 0 } });
        await App.ChangeGroupAsync(Group.UserId, g => g with { Id = 44, Settings = g.Settings with { SourceBatch = 1 } });
        var (none, _) = await App.NewUserAsync(43);
        var (one, _) = await App.NewUserAsync(44);

        Assert.Equal(40007, (await CreateAsync(none, "cloudreve://my/a")).Code);
        Assert.Equal(40014, (await CreateAsync(one, "cloudreve://my/a", "cloudreve://my/b")).Code);
        Assert.Equal(40001, (await CreateAsync(one)).Code);
        Assert.Equal(401, (await CreateAsync(App.CreateClient(), "cloudreve://my/a")).Code);
    }

    [Fact]
    public async Task Given_files_folders_and_nothing_when_links_are_requested_then_failures_come_along()
    {
        var (client, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/d/a.txt", [1]);

        var answer = await CreateAsync(client, "cloudreve://my/d", "cloudreve://my/d/a.txt", "cloudreve://my/none");

        Assert.Equal(40081, answer.Code);
        Assert.Equal("cloudreve://my/d/a.txt", Assert.Single(answer.Data.EnumerateArray()).GetProperty("file_url").GetString());
        Assert.Equal(40077, answer.Root.GetProperty("aggregated_error").GetProperty("cloudreve://my/d").GetProperty("code").GetInt32());
        Assert.Equal(40016, answer.Root.GetProperty("aggregated_error").GetProperty("cloudreve://my/none").GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task Given_hits_of_a_link_when_they_are_stored_then_only_the_owner_sees_them()
    {
        var (client, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/a.txt", [1]);
        var link = Link(await CreateAsync(client, "cloudreve://my/a.txt"));
        for (var i = 0; i < 3; i++)
            await FollowAsync(link);
        await App.Services.GetRequiredService<DirectLinkHits>().StoreAsync();

        var shown = (await client.GetApiAsync("file/info?extended=true&uri=cloudreve%3A%2F%2Fmy%2Fa.txt")).Data.GetProperty("extended_info").GetProperty("direct_links");
        var id = (await client.GetApiAsync("file/info?uri=cloudreve%3A%2F%2Fmy%2Fa.txt")).Data.GetProperty("id").GetString();
        var admin = (await (await App.SignInAsync()).GetApiAsync("file/info?extended=true&id=" + id)).Data.GetProperty("extended_info");

        var only = Assert.Single(shown.EnumerateArray());
        Assert.Equal(3, only.GetProperty("downloaded").GetInt64());
        Assert.Equal(link, new Uri(only.GetProperty("url").GetString()!));
        Assert.False(admin.TryGetProperty("direct_links", out _));
    }

    [Fact]
    public async Task Given_a_link_when_it_is_deleted_then_it_leads_nowhere_and_only_its_owner_can_do_that()
    {
        var (client, user) = await App.NewUserAsync();
        var (stranger, _) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/a.txt", [1]);
        var link = Link(await CreateAsync(client, "cloudreve://my/a.txt"));
        var path = "file/source/" + link.Segments[2].Trim('/');

        Assert.Equal(404, (await stranger.SendApiAsync(HttpMethod.Delete, path)).Code);
        Assert.Equal(HttpStatusCode.Redirect, await FollowAsync(link));
        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Delete, path)).Code);
        Assert.Equal(404, (await client.SendApiAsync(HttpMethod.Delete, path)).Code);
        Assert.Equal(40001, (await client.SendApiAsync(HttpMethod.Delete, "file/source/x")).Code);
        Assert.Equal(HttpStatusCode.NotFound, await FollowAsync(link));
        Assert.Empty((await client.GetApiAsync("file/info?extended=true&uri=cloudreve%3A%2F%2Fmy%2Fa.txt")).Data
            .GetProperty("extended_info").GetProperty("direct_links").EnumerateArray());
    }

    [Fact]
    public async Task Given_a_file_below_a_trashed_folder_when_its_link_is_followed_then_it_is_not_found()
    {
        var (client, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/d/e/a.txt", [1]);
        var link = Link(await CreateAsync(client, "cloudreve://my/d/e/a.txt"));

        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { "cloudreve://my/d" } })).Code);
        Assert.Equal(HttpStatusCode.NotFound, await FollowAsync(link));
        var trashed = (await client.GetApiAsync("file?uri=cloudreve%3A%2F%2Ftrash")).Data.GetProperty("files")[0].GetProperty("path").GetString();
        Assert.Equal(0, (await client.PostApiAsync("file/restore", new { uris = new[] { trashed } })).Code);

        Assert.Equal(HttpStatusCode.Redirect, await FollowAsync(link));
    }

    [Fact]
    public async Task Given_wrong_names_ids_and_owners_when_a_link_is_followed_then_it_is_not_found()
    {
        var (client, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/a.txt", [1]);
        var link = Link(await CreateAsync(client, "cloudreve://my/a.txt"));
        var banned = await App.CreateUserAsync(status: UserStatus.ManualBanned);
        var file = await App.AddFileAsync(banned, "/b.txt", [1]);
        var theirs = await App.Services.GetRequiredService<DirectLinkStore>().GetOrCreateAsync(file, reuse: false);
        var site = await App.GetSiteAsync();

        Assert.Equal(HttpStatusCode.NotFound, await FollowAsync(new Uri(link, "b.txt")));
        Assert.Equal(HttpStatusCode.NotFound, await FollowAsync(new Uri(App.Address, "/f/zzz/a.txt")));
        Assert.Equal(
            HttpStatusCode.NotFound,
            await FollowAsync(new Uri(Functions.Api.Files.DirectLinks.DirectLinkAddress.Of(site, App.Address.AbsoluteUri.TrimEnd('/'), theirs))));
    }

    [Fact]
    public async Task Given_another_origin_when_it_asks_before_following_a_link_then_it_may()
    {
        using var plain = new HttpClient();

        using var answer = await plain.SendAsync(new HttpRequestMessage(HttpMethod.Options, new Uri(App.Address, "/f/x/y")));

        Assert.Equal("*", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
    }

    [Fact]
    public async Task Given_versions_and_a_thumbnail_when_details_are_requested_then_the_newest_come_first()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        var (client, user) = await app.NewUserAsync();
        var file = await app.AddFileAsync(user, "/v.txt", [2, 2]);
        var old = await app.AddEntityAsync(user, [1, 1, 1]);
        var thumbnail = await app.AddEntityAsync(user, [9, 9, 9, 9]);
        await app.Services.GetRequiredService<EntryUpdates>().UpdateAsync(file, f => f with
        {
            OtherEntities =
            [
                new EntityLink(old.Id, EntityType.Version, 3, DateTimeOffset.UtcNow), new EntityLink(thumbnail.Id, EntityType.Thumbnail, 4, DateTimeOffset.UtcNow),
            ],
        });

        var info = (await client.GetApiAsync("file/info?extended=true&uri=cloudreve%3A%2F%2Fmy%2Fv.txt")).Data.GetProperty("extended_info");

        Assert.Equal(9, info.GetProperty("storage_used").GetInt64());
        Assert.Equal([4, 3, 2], info.GetProperty("entities").EnumerateArray().Select(e => e.GetProperty("size").GetInt64()));
        Assert.Empty(info.GetProperty("direct_links").EnumerateArray());
    }

    [Fact]
    public async Task Given_a_stored_view_when_a_folder_is_listed_without_wishes_then_its_size_and_order_hold()
    {
        var (client, _) = await App.NewUserAsync();
        foreach (var name in (string[])["b", "c", "a"])
            await client.PostApiAsync("file/create", new { uri = $"cloudreve://my/v/{name}.txt", type = "file" });
        var view = new { page_size = 50, order = "name", order_direction = "desc" };
        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Patch, "file/view", new { uri = "cloudreve://my/v", view })).Code);

        var listed = (await client.GetApiAsync("file?uri=cloudreve%3A%2F%2Fmy%2Fv")).Data;
        var wished = (await client.GetApiAsync("file?uri=cloudreve%3A%2F%2Fmy%2Fv&page_size=2&order_by=created_at&order_direction=asc")).Data;

        Assert.Equal(["c.txt", "b.txt", "a.txt"], Names(listed));
        Assert.Equal(50, listed.GetProperty("pagination").GetProperty("page_size").GetInt32());
        Assert.Equal(["b.txt", "c.txt"], Names(wished));
    }

    private static IEnumerable<string?> Names(JsonElement list) => list.GetProperty("files").EnumerateArray().Select(f => f.GetProperty("name").GetString());

    private static Uri Link(ApiAnswer answer)
    {
        Assert.Equal(0, answer.Code);
        return new Uri(answer.Data[0].GetProperty("link").GetString()!);
    }

    private async Task<HttpStatusCode> FollowAsync(Uri link)
    {
        using var answer = await App.CreateClient().GetAsync(link);
        return answer.StatusCode;
    }

    private static Task<ApiAnswer> CreateAsync(HttpClient client, params string[] uris) => client.SendApiAsync(HttpMethod.Put, "file/source", new { uris });
}

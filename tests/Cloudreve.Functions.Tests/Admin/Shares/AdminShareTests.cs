using Cloudreve.Core.Sharing;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Files;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Admin.Shares;

/// <summary>The share links of all users (contract, section 24).</summary>
public sealed class AdminShareTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private AppFixture App => shared.App;

    [Fact]
    public async Task Given_links_when_they_are_listed_then_filters_hold_in_each_order()
    {
        var (client, user) = await App.NewUserAsync();
        var file = await App.PutContentAsync(client, user, "/a.txt", [1]);
        await App.PutContentAsync(client, user, "/b.txt", [1]);
        await client.SendApiAsync(HttpMethod.Put, "share", new { uri = "cloudreve://my/a.txt", is_private = true, password = "secret1" });
        await client.SendApiAsync(HttpMethod.Put, "share", new { uri = "cloudreve://my/b.txt" });
        var store = App.Services.GetRequiredService<ShareStore>();
        var (first, second) = (await store.ListAsync(user.Id)) is [var a, var b] ? (a, b) : throw new InvalidOperationException();
        await store.CountDownloadAsync(first.Id);
        var admin = await App.SignInAsync();
        var mine = AdminCalls.By("share_user_id", user.Id);

        Assert.Equal([second.Id, first.Id], (await admin.ListAsync("admin/share", "shares", filters: mine)).Ids);
        Assert.Equal([first.Id, second.Id], (await admin.ListAsync("admin/share", "shares", order: "downloads", filters: mine)).Ids);
        Assert.Equal([first.Id, second.Id], (await admin.ListAsync("admin/share", "shares", order: "created_at", direction: "asc", filters: mine)).Ids);
        Assert.Equal(2, (await admin.ListAsync("admin/share", "shares", order: "views", filters: mine)).Total);
        Assert.Equal([first.Id], (await admin.ListAsync("admin/share", "shares", filters: AdminCalls.By("share_file_id", file.Id))).Ids);
        var named = await admin.ListAsync("admin/share", "shares", size: 1, filters: new() { ["share_id"] = $"{first.Id}, {second.Id},77" });
        Assert.Equal((2, second.Id), (named.Total, named.Ids[0]));
        Assert.Equal(40001, (await admin.PostApiAsync("admin/share", new { page = 1, page_size = 10, conditions = new { share_id = "x" } })).Code);
        var shown = (await admin.GetApiAsync($"admin/share/{first.Id}")).Data;
        Assert.Equal(("secret1", 1), (shown.GetProperty("password").GetString(), shown.GetProperty("downloads").GetInt64()));
        Assert.EndsWith("/secret1", shown.GetProperty("share_link").GetString(), StringComparison.Ordinal);
        Assert.Equal("a.txt", shown.GetProperty("edges").GetProperty("file").GetProperty("name").GetString());
        Assert.Equal(user.Email, shown.GetProperty("edges").GetProperty("user").GetProperty("email").GetString());
    }

    [Fact]
    public async Task Given_links_when_they_are_deleted_then_nobody_can_follow_them()
    {
        var (client, user) = await App.NewUserAsync();
        await App.PutContentAsync(client, user, "/a.txt", [1]);
        var address = (await client.SendApiAsync(HttpMethod.Put, "share", new { uri = "cloudreve://my/a.txt" })).Data.GetString()!;
        var share = Assert.Single(await App.Services.GetRequiredService<ShareStore>().ListAsync(user.Id));
        var admin = await App.SignInAsync();

        Assert.Equal((40081, "77: 404"), await admin.DeleteManyAsync("admin/share", share.Id, 77));

        Assert.Equal(404, (await admin.GetApiAsync($"admin/share/{share.Id}")).Code);
        Assert.NotEqual(0, (await App.CreateClient().GetApiAsync("share/info/" + new Uri(address).Segments[^1])).Code);
        Assert.Equal(0, (await admin.ListAsync("admin/share", "shares", filters: AdminCalls.By("share_user_id", user.Id))).Total);
    }
}

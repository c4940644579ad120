using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Files;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Admin.Entities;

/// <summary>The blobs behind the files of all users (contract, section 24).</summary>
public sealed class AdminEntityTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private AppFixture App => shared.App;

    [Fact]
    public async Task Given_blobs_when_they_are_listed_then_filters_hold_in_each_order()
    {
        var (client, user) = await App.NewUserAsync();
        var first = (await App.PutContentAsync(client, user, "/a.txt", [1, 2, 3])).PrimaryEntityId;
        var second = (await App.PutContentAsync(client, user, "/b.txt", [1])).PrimaryEntityId;
        await client.SendApiAsync(HttpMethod.Post, "file/create", new { uri = "cloudreve://my/copies", type = "folder" });
        await client.PostApiAsync("file/move", new { uris = new[] { "cloudreve://my/b.txt" }, dst = "cloudreve://my/copies", copy = true });
        var admin = await App.SignInAsync();
        var mine = AdminCalls.By("entity_user", user.Id);

        Assert.Equal([second, first], (await admin.ListAsync("admin/entity", "entities", filters: mine)).Ids);
        Assert.Equal([first, second], (await admin.ListAsync("admin/entity", "entities", order: "size", filters: mine)).Ids);
        Assert.Equal([first, second], (await admin.ListAsync("admin/entity", "entities", order: "created_at", direction: "asc", filters: mine)).Ids);
        Assert.Equal([second], (await admin.ListAsync("admin/entity", "entities", page: 2, size: 1, order: "reference_count", direction: "asc", filters: mine)).Ids);
        Assert.Equal(2, (await admin.ListAsync("admin/entity", "entities", filters: new(mine) { ["entity_policy"] = "1", ["entity_type"] = "0" })).Total);
        Assert.Equal(0, (await admin.ListAsync("admin/entity", "entities", filters: new(mine) { ["entity_type"] = "1" })).Total);
        Assert.Equal(40001, (await admin.PostApiAsync("admin/entity", new { page = 1, page_size = 10, conditions = new { entity_type = "9" } })).Code);
    }

    [Fact]
    public async Task Given_a_blob_of_a_copied_file_when_requested_then_both_files_and_its_bytes_are_shown()
    {
        var (client, user) = await App.NewUserAsync();
        var file = await App.PutContentAsync(client, user, "/a.txt", [1, 2, 3]);
        await client.SendApiAsync(HttpMethod.Post, "file/create", new { uri = "cloudreve://my/copies", type = "folder" });
        await client.PostApiAsync("file/move", new { uris = new[] { "cloudreve://my/a.txt" }, dst = "cloudreve://my/copies", copy = true });
        var admin = await App.SignInAsync();

        var shown = (await admin.GetApiAsync($"admin/entity/{file.PrimaryEntityId}")).Data;

        Assert.Equal((2, 3), (shown.GetProperty("reference_count").GetInt32(), shown.GetProperty("size").GetInt64()));
        Assert.Equal(2, shown.GetProperty("edges").GetProperty("file").GetArrayLength());
        Assert.True(shown.GetProperty("user_hash_id_map").TryGetProperty($"{user.Id}", out _));
        using var plain = new HttpClient();
        var address = (await admin.GetApiAsync($"admin/entity/url/{file.PrimaryEntityId}")).Data.GetString()!;
        Assert.Equal([1, 2, 3], await plain.GetByteArrayAsync(new Uri(address)));
    }

    [Fact]
    public async Task Given_an_older_version_and_the_content_when_both_are_deleted_then_only_the_version_goes()
    {
        var (client, user) = await App.NewUserAsync();
        var version = (await App.PutContentAsync(client, user, "/a.txt", [1, 2, 3])).PrimaryEntityId;
        var file = await App.PutContentAsync(client, user, "/a.txt", [1]);
        var admin = await App.SignInAsync();

        Assert.Equal((40081, $"{file.PrimaryEntityId}: 409"), await admin.DeleteManyAsync("admin/entity", version, file.PrimaryEntityId));

        var changed = (await App.Services.GetRequiredService<EntriesById>().FindAsync(file.Id))!;
        Assert.Equal((file.PrimaryEntityId, 0), (changed.PrimaryEntityId, changed.OtherEntities.Count));
        Assert.Equal(1, await App.Services.GetRequiredService<QuotaLedger>().GetUsedAsync(user.Id));
        Assert.Equal(0, (await App.Services.GetRequiredService<EntityStore>().FindAsync(version))!.FileId);
    }

    [Theory]
    [InlineData("admin/entity/77", 40077)]
    [InlineData("admin/entity/x", 40001)]
    [InlineData("admin/entity/9223372036854775807", 40077)]
    [InlineData("admin/entity/url/9223372036854775807", 40077)]
    [InlineData("admin/entity/url/77", 40077)]
    public async Task Given_an_id_without_blob_when_it_is_requested_then_the_code_says_so(string path, int code)
    {
        var admin = await App.SignInAsync();

        Assert.Equal(code, (await admin.GetApiAsync(path)).Code);
        Assert.Equal((40081, "77: 40077"), await admin.DeleteManyAsync("admin/entity", 77));
    }
}

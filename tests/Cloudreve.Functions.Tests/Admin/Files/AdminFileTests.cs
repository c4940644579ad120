using System.Net.Http.Json;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Files;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Admin.Files;

/// <summary>The files of all users (contract, section 24).</summary>
public sealed class AdminFileTests(ClockedApp clocked) : IClassFixture<ClockedApp>
{
    private AppFixture App => clocked.App;

    [Fact]
    public async Task Given_files_of_users_when_an_owners_are_listed_then_each_order_has_what_belongs_to_them()
    {
        var (client, user) = await App.NewUserAsync();
        var b = await App.PutContentAsync(client, user, "/deep/b.txt", [1, 2, 3]);
        var a = await App.PutContentAsync(client, user, "/a.txt", [1]);
        var c = await App.PutContentAsync(client, user, "/c.bin", [1, 2]);
        var (other, otherUser) = await App.NewUserAsync();
        await App.PutContentAsync(other, otherUser, "/x.txt", [1]);
        var admin = await App.SignInAsync();
        var mine = AdminCalls.By("file_user", user.Id);

        Assert.Equal([c.Id, a.Id, b.Id], (await admin.ListAsync("admin/file", "files", filters: mine)).Ids);
        Assert.Equal([a.Id, b.Id, c.Id], (await admin.ListAsync("admin/file", "files", order: "name", direction: "asc", filters: mine)).Ids);
        Assert.Equal([b.Id, c.Id, a.Id], (await admin.ListAsync("admin/file", "files", order: "size", filters: mine)).Ids);
        Assert.Equal([b.Id, a.Id, c.Id], (await admin.ListAsync("admin/file", "files", order: "created_at", direction: "asc", filters: mine)).Ids);
        var page = await admin.ListAsync("admin/file", "files", page: 2, size: 1, filters: mine);
        Assert.Equal((3, a.Id), (page.Total, page.Ids[0]));
        var row = page.Rows[0];
        Assert.Equal(("a.txt", 1, 0), (row.GetProperty("name").GetString(), row.GetProperty("size").GetInt64(), row.GetProperty("type").GetInt32()));
        Assert.Equal(user.Nick, row.GetProperty("edges").GetProperty("owner").GetProperty("nick").GetString());
        Assert.Equal(1, row.GetProperty("storage_policy_files").GetInt32());
        Assert.Equal(1, Assert.Single(row.GetProperty("edges").GetProperty("entities").EnumerateArray()).GetProperty("size").GetInt64());
        Assert.True((await admin.ListAsync("admin/file", "files")).Total >= 4);
    }

    [Fact]
    public async Task Given_filters_when_files_are_listed_then_all_of_them_hold()
    {
        var (client, user) = await App.NewUserAsync();
        var plain = await App.PutContentAsync(client, user, "/plain.txt", [1]);
        var linked = await App.PutContentAsync(client, user, "/Linked.txt", [1]);
        var open = await App.PutContentAsync(client, user, "/shared.txt", [1]);
        await client.SendApiAsync(HttpMethod.Put, "file/source", new { uris = new[] { "cloudreve://my/Linked.txt" } });
        await client.SendApiAsync(HttpMethod.Put, "share", new { uri = "cloudreve://my/shared.txt" });
        await client.SendApiAsync(HttpMethod.Patch, "file/metadata", new { uris = new[] { "cloudreve://my/plain.txt" }, patches = new[] { new { key = "tag:red", value = "" } } });
        var admin = await App.SignInAsync();

        async Task<long[]> FindAsync(string name, string value) => (await admin.ListAsync(
            "admin/file", "files", filters: new(AdminCalls.By("file_user", user.Id)) { [name] = value })).Ids;

        Assert.Equal([linked.Id], await FindAsync("file_direct_link", "true"));
        Assert.Equal([open.Id], await FindAsync("file_shared", "true"));
        Assert.Equal([plain.Id], await FindAsync("file_metadata", "tag:red"));
        Assert.Equal([linked.Id], await FindAsync("file_name", "LINK"));
        Assert.Equal(3, (await FindAsync("file_policy", "1")).Length);
        Assert.Empty(await FindAsync("file_policy", "5"));
        var shown = (await admin.GetApiAsync($"admin/file/{linked.Id}")).Data;
        var link = Assert.Single(shown.GetProperty("edges").GetProperty("direct_links").EnumerateArray());
        Assert.Contains("/f/", shown.GetProperty("direct_link_map").GetProperty($"{link.GetProperty("id").GetInt64()}").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_a_page_in_order_of_id_when_there_are_more_files_then_it_costs_as_much()
    {
        var (client, user) = await App.NewUserAsync();
        await App.PutContentAsync(client, user, "/one.txt", [1]);
        var admin = await App.SignInAsync();
        var filter = AdminCalls.By("file_user", user.Id);
        await admin.ListAsync("admin/file", "files", size: 1, filters: filter);
        var before = await App.TransactionsOfAsync(() => admin.ListAsync("admin/file", "files", size: 1, filters: filter));
        for (var i = 0; i < 10; i++)
            await App.PutContentAsync(client, user, $"/more{i}.txt", [1]);

        Assert.Equal(before, await App.TransactionsOfAsync(() => admin.ListAsync("admin/file", "files", size: 1, filters: filter)));
        // End, count and page of the list; the file; its entity, links and shares.
        Assert.Equal(AdminCalls.SignInCheck + 7, before);
    }

    [Fact]
    public async Task Given_a_file_when_its_address_is_requested_then_it_leads_to_the_content()
    {
        var (client, user) = await App.NewUserAsync();
        var file = await App.PutContentAsync(client, user, "/a.txt", [1, 2, 3]);

        var answer = await (await App.SignInAsync()).GetApiAsync($"admin/file/url/{file.Id}");

        using var plain = new HttpClient();
        Assert.Equal([1, 2, 3], await plain.GetByteArrayAsync(new Uri(answer.Data.GetString()!)));
    }

    [Fact]
    public async Task Given_a_file_when_name_metadata_and_links_are_changed_then_they_are()
    {
        var (client, user) = await App.NewUserAsync();
        var file = await App.PutContentAsync(client, user, "/a.txt", [1]);
        await client.SendApiAsync(HttpMethod.Put, "file/source", new { uris = new[] { "cloudreve://my/a.txt" } });
        var admin = await App.SignInAsync();

        var answer = await admin.SendApiAsync(HttpMethod.Put, $"admin/file/{file.Id}", new
        {
            file = new { id = file.Id, name = "b.txt", storage_policy_files = 1, edges = new { metadata = new[] { new { name = "tag:red", value = "#ff0000" } }, direct_links = Array.Empty<object>() } },
        });

        Assert.Equal((0, "b.txt"), (answer.Code, answer.Data.GetProperty("name").GetString()));
        Assert.False(answer.Data.GetProperty("edges").TryGetProperty("direct_links", out _));
        var changed = (await App.Services.GetRequiredService<EntriesByPath>().FindAsync(user.Id, FilePath.ParsePlain("/b.txt")))!;
        Assert.Equal("#ff0000", changed.Metadata["tag:red"]);
    }

    [Theory]
    [InlineData("""{"file":{"name":"a/b"}}""", 40052)]
    [InlineData("""{"file":{"name":"taken.txt"}}""", 40004)]
    [InlineData("""{"file":{"storage_policy_files":9}}""", 40019)]
    [InlineData("""{"file":{"name":"new.txt","edges":{"metadata":[{"name":"sys:upload_session_id","value":"x"}]}}}""", 40001)]
    [InlineData("""{"file":{"edges":{"metadata":[{"name":"tag:a","value":""},{"name":"tag:a","value":""}]}}}""", 40001)]
    [InlineData("""{"file":null}""", 40001)]
    [InlineData("{}", 40001)]
    public async Task Given_a_change_that_cannot_be_when_it_is_sent_then_the_file_stays(string body, int code)
    {
        var (client, user) = await App.NewUserAsync();
        var file = await App.PutContentAsync(client, user, "/a.txt", [1]);
        await App.PutContentAsync(client, user, "/taken.txt", [1]);
        var admin = await App.SignInAsync();

        Assert.Equal(code, (await admin.SendTextAsync(HttpMethod.Put, $"admin/file/{file.Id}", body)).Code);
        Assert.Equal("a.txt", (await admin.GetApiAsync($"admin/file/{file.Id}")).Data.GetProperty("name").GetString());
    }

    [Fact]
    public async Task Given_files_in_folders_and_in_the_trash_when_deleted_then_versions_and_bytes_go_too()
    {
        var (client, user) = await App.NewUserAsync();
        await App.PutContentAsync(client, user, "/deep/a.txt", [1, 2]);
        var file = await App.PutContentAsync(client, user, "/deep/a.txt", [1, 2, 3]);
        var thrown = await App.PutContentAsync(client, user, "/t.txt", [1]);
        await client.SendRawAsync(HttpMethod.Delete, "file", JsonContent.Create(new { uris = new[] { "cloudreve://my/t.txt" } }));
        var kept = await App.PutContentAsync(client, user, "/kept.txt", [1]);
        var quota = App.Services.GetRequiredService<QuotaLedger>();
        Assert.Equal(7, await quota.GetUsedAsync(user.Id));
        var admin = await App.SignInAsync();

        Assert.Equal((40081, "77: 40044"), await admin.DeleteManyAsync("admin/file", file.Id, thrown.Id, 77));

        Assert.Equal([kept.Id], (await admin.ListAsync("admin/file", "files", filters: AdminCalls.By("file_user", user.Id))).Ids);
        Assert.Equal(1, await quota.GetUsedAsync(user.Id));
        Assert.Equal(40044, (await admin.GetApiAsync($"admin/file/{file.Id}")).Code);
        var entities = await App.Services.GetRequiredService<EntityStore>().FindAsync(file.EntityIds);
        Assert.All(entities.Values, entity => Assert.Equal(0, entity.FileId));
    }

    [Theory]
    [InlineData("admin/file/77", 40044)]
    [InlineData("admin/file/x", 40001)]
    [InlineData("admin/file/url/77", 40044)]
    [InlineData("admin/file/url/0", 40001)]
    public async Task Given_an_id_without_file_when_it_is_requested_then_the_code_says_so(string path, int code) =>
        Assert.Equal(code, (await (await App.SignInAsync()).GetApiAsync(path)).Code);

    [Fact]
    public async Task Given_a_folder_when_it_is_requested_as_a_file_then_there_is_none()
    {
        var (client, user) = await App.NewUserAsync();
        var file = await App.PutContentAsync(client, user, "/deep/a.txt", [1]);

        Assert.Equal(40044, (await (await App.SignInAsync()).GetApiAsync($"admin/file/{file.ParentId}")).Code);
    }
}

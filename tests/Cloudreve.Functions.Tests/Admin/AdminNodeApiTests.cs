using Cloudreve.Core.Site.Editing;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Downloads;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Admin;

/// <summary>Nodes as administrators see and change them (contract, sections 22 and 24).</summary>
public sealed class AdminNodeApiTests(SharedApp shared) : IClassFixture<SharedApp>, IAsyncLifetime
{
    private HttpClient _admin = null!;

    private AppFixture App => shared.App;

    public async ValueTask InitializeAsync() => _admin = await App.SignInAsync();

    public ValueTask DisposeAsync()
    {
        _admin.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Given_a_site_when_nodes_are_listed_then_its_own_one_comes_for_one_transaction()
    {
        await _admin.ListAsync("admin/node", "nodes");
        AdminList list = null!;

        var transactions = await App.TransactionsOfAsync(async () => list = await _admin.ListAsync("admin/node", "nodes", filters: new() { ["node_status"] = "active" }));

        Assert.Equal(AdminCalls.SignInCheck + 1, transactions);
        var node = Assert.Single(list.Rows);
        Assert.Equal((1, "master", "active"), (node.GetProperty("id").GetInt32(), node.GetProperty("type").GetString(), node.GetProperty("status").GetString()));
        Assert.Empty((await _admin.ListAsync("admin/node", "nodes", filters: new() { ["node_status"] = "suspended" })).Rows);
    }

    [Fact]
    public async Task Given_the_sites_node_when_it_is_changed_then_it_is_what_was_sent()
    {
        var answer = await UpdateAsync(1, """{"id":1,"name":"Home","type":"master","status":"active","weight":5,"capabilities":"Ag==","settings":{"interval":5,"aria2":{"options":{},"token":""}},"edges":{}}""");

        Assert.Equal(0, answer.Code);
        var shown = (await _admin.GetApiAsync("admin/node/1")).Data;
        Assert.Equal(
            ("Home", 5, "Ag=="), (shown.GetProperty("name").GetString(), shown.GetProperty("weight").GetInt32(), shown.GetProperty("capabilities").GetString()));
    }

    [Fact]
    public async Task Given_a_node_as_it_is_shown_when_it_is_sent_back_whole_then_it_is_saved()
    {
        var shown = (await _admin.GetApiAsync("admin/node/1")).Data;

        var answer = await UpdateAsync(1, shown.GetRawText());

        Assert.Equal((0, shown.GetRawText()), (answer.Code, answer.Data.GetRawText()));
        // Without it the dashboard's form cannot be sent while the node may download.
        Assert.Equal(5, shown.GetProperty("settings").GetProperty("interval").GetInt32());
    }

    [Fact]
    public async Task Given_settings_of_a_downloader_when_they_are_saved_then_secrets_are_hidden_and_stay_when_they_come_back()
    {
        const string settings = """
            {"provider":"aria2","interval":7,"wait_for_seeding":true,"aria2":{"server":"http://127.0.0.1:6800/","token":"T0ken","options":{"seed-time":"1"},"temp_path":"/srv/down"},
            "qbittorrent":{"server":"http://127.0.0.1:8080/","user":"admin","password":"Passw0rd"}}
            """;
        Assert.Equal(0, (await UpdateAsync(1, $$"""{"name":"x","settings":{{settings}}}""")).Code);

        var shown = (await _admin.GetApiAsync("admin/node/1")).Data;
        Assert.Equal(0, (await UpdateAsync(1, shown.GetRawText())).Code);

        Assert.DoesNotContain("T0ken", shown.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("Passw0rd", shown.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(7, shown.GetProperty("settings").GetProperty("interval").GetInt32());
        var stored = (await App.Services.GetRequiredService<NodeEditor>().GetAsync(1)).Settings;
        Assert.Equal(("T0ken", "Passw0rd", "/srv/down", true), (stored.Aria2!.Token, stored.Qbittorrent!.Password, stored.Aria2.TempPath, stored.WaitForSeeding));
        // A secret goes to nobody else.
        Assert.Equal(40001, (await UpdateAsync(1, shown.GetRawText().Replace("6800", "6801", StringComparison.Ordinal))).Code);
        Assert.Equal(0, (await UpdateAsync(1, """{"name":"x","settings":{}}""")).Code);
    }

    [Fact]
    public async Task Given_aria2_when_it_is_tested_then_its_version_answers_and_problems_have_plain_words()
    {
        using var aria2 = new Aria2Process();

        var passed = await TestAsync(new { provider = "aria2", aria2 = new { server = aria2.Address, token = Aria2Process.Token } });
        var refused = await TestAsync(new { provider = "aria2", aria2 = new { server = aria2.Address, token = "wrong" } });
        var other = await TestAsync(new { provider = "qbittorrent", qbittorrent = new { server = aria2.Address, user = "a", password = "b" } });
        aria2.Kill();
        var dead = await TestAsync(new { provider = "aria2", aria2 = new { server = aria2.Address, token = Aria2Process.Token } });

        Assert.Equal(0, passed.Code);
        Assert.Matches(@"^\d+\.\d+", passed.Data.GetString());
        Assert.Equal((40001, "aria2 refuses the RPC secret."), (refused.Code, refused.Root.GetProperty("msg").GetString()));
        Assert.Equal(
            (40001, "The address of the downloader does not lead to qBittorrent. Check its address and whether it runs."),
            (other.Code, other.Root.GetProperty("msg").GetString()));
        Assert.Equal(
            (40001, "The downloader does not respond. Check its address and whether it runs."), (dead.Code, dead.Root.GetProperty("msg").GetString()));
    }

    [Theory]
    [InlineData(1, """{"name":""}""", 40001)]
    [InlineData(1, """{"name":"x","weight":-1}""", 40001)]
    [InlineData(1, """{"name":"x","capabilities":"?"}""", 40001)]
    [InlineData(1, """{"name":"x","type":"slave"}""", 40001)]
    [InlineData(1, """{"name":"x","status":"asleep"}""", 40001)]
    [InlineData(1, """{"name":"x","status":"suspended"}""", 40046)]
    [InlineData(1, """{"name":"x","settings":{"provider":"wget"}}""", 40001)]
    [InlineData(1, """{"name":"x","settings":{"interval":3601}}""", 40001)]
    [InlineData(1, """{"name":"x","settings":{"aria2":{"server":"ftp://127.0.0.1"}}}""", 40001)]
    [InlineData(1, """{"name":"x","settings":{"aria2":{"temp_path":"downloads"}}}""", 40001)]
    [InlineData(1, """{"name":"x","settings":{"aria2":{"options":{"header":{}}}}}""", 40001)]
    [InlineData(1, """{"name":"x","settings":{"qbittorrent":{"server":"http://127.0.0.1:1","user":"u","password":"********"}}}""", 40001)]
    [InlineData(1, """{"name":"x","settings":{"url_validation":{"disabled":true}}}""", 40019)]
    [InlineData(2, """{"name":"x"}""", 404)]
    public async Task Given_an_impossible_node_when_it_is_changed_then_the_documented_code_answers(int id, string node, int code)
    {
        var before = (await _admin.GetApiAsync("admin/node/1")).Data.GetRawText();

        Assert.Equal(code, (await UpdateAsync(id, node)).Code);

        Assert.Equal(before, (await _admin.GetApiAsync("admin/node/1")).Data.GetRawText());
    }

    [Theory]
    [InlineData("PUT", "admin/node", "slave", 40019)]
    [InlineData("PUT", "admin/node", "master", 40001)]
    [InlineData("PUT", "admin/node", "bogus", 40001)]
    [InlineData("POST", "admin/node/test", "bogus", 40001)]
    [InlineData("POST", "admin/node/test", "slave", 40019)]
    [InlineData("POST", "admin/node/test", "master", 0)]
    [InlineData("POST", "admin/node/test/downloader", "master", 40001)]
    [InlineData("POST", "admin/node/test/downloader", "slave", 40019)]
    public async Task Given_other_machines_when_they_are_added_or_tested_then_that_is_refused(string method, string path, string type, int code) =>
        Assert.Equal(code, (await _admin.SendApiAsync(new HttpMethod(method), path, new { node = new { name = "x", type } })).Code);

    [Fact]
    public async Task Given_nodes_when_they_are_deleted_then_the_sites_own_one_is_protected()
    {
        Assert.Equal(40046, (await _admin.SendApiAsync(HttpMethod.Delete, "admin/node/1")).Code);
        Assert.Equal(404, (await _admin.SendApiAsync(HttpMethod.Delete, "admin/node/2")).Code);
        Assert.Equal(404, (await _admin.GetApiAsync("admin/node/2")).Code);
    }

    private Task<ApiAnswer> TestAsync(object settings) =>
        _admin.PostApiAsync("admin/node/test/downloader", new { node = new { name = "x", type = "master", settings } });

    private Task<ApiAnswer> UpdateAsync(int id, string node) => _admin.SendTextAsync(HttpMethod.Put, $"admin/node/{id}", $$"""{"node":{{node}}}""");
}

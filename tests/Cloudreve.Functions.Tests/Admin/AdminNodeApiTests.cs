using Cloudreve.Functions.Tests.App;
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

    [Theory]
    [InlineData(1, """{"name":""}""", 40001)]
    [InlineData(1, """{"name":"x","weight":-1}""", 40001)]
    [InlineData(1, """{"name":"x","capabilities":"?"}""", 40001)]
    [InlineData(1, """{"name":"x","type":"slave"}""", 40001)]
    [InlineData(1, """{"name":"x","status":"asleep"}""", 40001)]
    [InlineData(1, """{"name":"x","status":"suspended"}""", 40046)]
    [InlineData(1, """{"name":"x","settings":{"provider":"aria2","aria2":{"server":"http://127.0.0.1:6800"}}}""", 40019)]
    [InlineData(1, """{"name":"x","settings":{"interval":30}}""", 40019)]
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
    [InlineData("POST", "admin/node/test/downloader", "master", 40019)]
    public async Task Given_other_machines_when_they_are_added_or_tested_then_that_is_refused(string method, string path, string type, int code) =>
        Assert.Equal(code, (await _admin.SendApiAsync(new HttpMethod(method), path, new { node = new { name = "x", type } })).Code);

    [Fact]
    public async Task Given_nodes_when_they_are_deleted_then_the_sites_own_one_is_protected()
    {
        Assert.Equal(40046, (await _admin.SendApiAsync(HttpMethod.Delete, "admin/node/1")).Code);
        Assert.Equal(404, (await _admin.SendApiAsync(HttpMethod.Delete, "admin/node/2")).Code);
        Assert.Equal(404, (await _admin.GetApiAsync("admin/node/2")).Code);
    }

    private Task<ApiAnswer> UpdateAsync(int id, string node) => _admin.SendTextAsync(HttpMethod.Put, $"admin/node/{id}", $$"""{"node":{{node}}}""");
}

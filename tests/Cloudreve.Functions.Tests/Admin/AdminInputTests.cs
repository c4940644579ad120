using System.Text.Json;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Contract;
using Cloudreve.Testing.Contract;
using Xunit;

namespace Cloudreve.Functions.Tests.Admin;

/// <summary>
/// Tests that no route of the administration accepts or breaks on invalid input, and that administrators who work at the same time do not
/// interfere.
/// </summary>
public sealed class AdminInputTests(SharedApp shared) : IClassFixture<SharedApp>, IAsyncLifetime
{
    private const int Administrators = 8;
    private const int InternalError = -1;

    // Each is invalid for every route that reads a body.
    private static readonly string[] s_bodies =
    [
        "", "null", "[]", "1", "\"x\"", "{", "{}", "\0",
        """{"page":"a","page_size":10}""", """{"page":-1,"page_size":10}""", """{"page":99999999999999999999,"page_size":10}""",
        """{"page":1.5,"page_size":10}""", """{"page":1,"page_size":1000000}""", """{"page":1,"page_size":10,"order_by":"bogus"}""",
        """{"page":1,"page_size":10,"order_direction":"up"}""", """{"page":1,"page_size":10,"conditions":[]}""",
        """{"page":1,"page_size":10,"conditions":{"bogus":"1"}}""", """{"page":1,"page_size":10,"searches":"x"}""",
        """{"page":1,"page_size":10,"conditions":{"user_group":"1 or 1 eq 1","file_user":"-1","task_user_id":"1e9","entity_policy":"'","share_user_id":"9x"}}""",
        """{"ids":null}""", """{"ids":[]}""", """{"ids":[null]}""", """{"ids":["a"]}""", """{"ids":[1.5]}""", """{"ids":[-1]}""", """{"ids":[0]}""",
        """{"keys":null}""", """{"keys":"x"}""", """{"keys":[1]}""", """{"settings":null}""", """{"settings":[]}""", """{"settings":{"bogus":"1"}}""",
        """{"user":null}""", """{"user":[]}""", """{"user":{"email":5}}""", """{"user":{"group_users":"x"}}""", """{"user":{"email":"a\ud800@example.com"}}""",
        """{"group":null}""", """{"group":{}}""", """{"group":{"name":null}}""", """{"group":{"name":"g","max_storage":"big"}}""",
        """{"group":{"name":"g","edges":{"storage_policies":{"id":"x"}}}}""", """{"policy":null}""", """{"policy":{}}""",
        """{"policy":{"name":"p","type":"bogus"}}""", """{"policy":{"name":"p","type":"local","settings":{"file_type":[null]}}}""",
        """{"node":null}""", """{"node":{}}""", """{"node":{"name":"n","type":"bogus"}}""", """{"file":null}""", """{"file":[]}""",
        """{"file":{"edges":{"metadata":[null]}}}""", """{"file":{"edges":{"direct_links":[null]}}}""", """{"client":null}""", """{"client":[]}""",
        """{"client":{"name":"c","redirect_uris":[null]}}""", """{"client":{"name":"c","redirect_uris":["https://a/b"],"scopes":[null]}}""",
        """{"to":null,"settings":null}""", """{"to":"a@example.com","settings":[]}""", """{"name":null,"executable":null}""",
        """{"not_after":null}""", """{"not_after":"x"}""", """{"not_after":"2030-01-01T00:00:00Z","types":[null]}""",
    ];

    private static readonly string[] s_ids = ["-1", "0", "abc", "1.5", "77777777", "9223372036854775807", "99999999999999999999999"];

    private HttpClient _admin = null!;

    /// <summary>Routes with a body that means something.</summary>
    public static TheoryData<string> RoutesWithBodies => Routes(endpoint =>
        endpoint.Method is "POST" or "PUT" or "PATCH" && !endpoint.Path.Text.EndsWith("/calibrate", StringComparison.Ordinal));

    /// <summary>Routes that name one thing.</summary>
    public static TheoryData<string> RoutesWithIds => Routes(endpoint => endpoint.Path.Text.Contains("{id}", StringComparison.Ordinal));

    public async ValueTask InitializeAsync() => _admin = await shared.App.SignInAsync();

    public ValueTask DisposeAsync()
    {
        _admin.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [MemberData(nameof(RoutesWithBodies))]
    public async Task Given_an_impossible_body_when_it_is_sent_then_a_documented_code_answers(string operationId)
    {
        var endpoint = ContractExamples.Endpoint(operationId);
        var path = PathOf(endpoint).Replace("{id}", "1", StringComparison.Ordinal);
        var before = await ReadAsync();
        var wrong = new List<string>();
        foreach (var body in s_bodies)
        {
            var code = (await _admin.SendTextAsync(new HttpMethod(endpoint.Method), path, body)).Code;
            if (code is 0 or InternalError)
                wrong.Add($"{body}: {code}");
        }

        Assert.Empty(wrong);
        Assert.Equal(before, await ReadAsync());
    }

    [Theory]
    [MemberData(nameof(RoutesWithIds))]
    public async Task Given_an_id_that_nothing_has_when_it_is_named_then_a_documented_code_answers(string operationId)
    {
        // The body that each route would accept for an existing object.
        const string Body = """
            {"group":{"name":"g"},"policy":{"name":"p","type":"local"},"node":{"name":"n","type":"master"},"user":{"nick":"n"},"file":{"name":"z"},"client":{"name":"z"}}
            """;
        var endpoint = ContractExamples.Endpoint(operationId);
        var before = await ReadAsync();
        var wrong = new List<string>();
        foreach (var id in s_ids)
        {
            var path = PathOf(endpoint).Replace("{id}", id, StringComparison.Ordinal);
            var code = endpoint.Method is "GET" or "DELETE"
                ? (await _admin.SendApiAsync(new HttpMethod(endpoint.Method), path)).Code
                : (await _admin.SendTextAsync(new HttpMethod(endpoint.Method), path, Body)).Code;
            if (code is 0 or InternalError)
                wrong.Add($"{id}: {code}");
        }

        Assert.Empty(wrong);
        Assert.Equal(before, await ReadAsync());
    }

    [Fact]
    public async Task Given_a_group_that_many_administrators_change_at_once_when_done_then_one_change_holds()
    {
        var group = (await _admin.SendApiAsync(HttpMethod.Put, "admin/group", new { group = new { name = "shared", max_storage = 1 } })).Data.GetProperty("id").GetInt32();

        var codes = await SendAtOnceAsync($"admin/group/{group}", i => new { group = new { name = $"name {i}", max_storage = 1_000 + i } });

        Assert.Empty(codes.Except([0, 409]));
        Assert.Contains(0, codes);
        var shown = (await _admin.GetApiAsync($"admin/group/{group}")).Data;
        Assert.Equal(shown.GetProperty("name").GetString(), $"name {shown.GetProperty("max_storage").GetInt64() - 1_000}");
    }

    [Fact]
    public async Task Given_a_policy_that_many_administrators_change_at_once_when_done_then_one_change_holds()
    {
        var policy = (await _admin.SendApiAsync(HttpMethod.Put, "admin/policy", new { policy = new { name = "shared", type = "local" } })).Data.GetProperty("id").GetInt32();

        var codes = await SendAtOnceAsync($"admin/policy/{policy}", i => new { policy = new { name = $"name {i}", type = "local", max_size = 1_000 + i } });

        Assert.Empty(codes.Except([0, 409]));
        Assert.Contains(0, codes);
        var shown = (await _admin.GetApiAsync($"admin/policy/{policy}")).Data;
        Assert.Equal(shown.GetProperty("name").GetString(), $"name {shown.GetProperty("max_size").GetInt64() - 1_000}");
    }

    [Fact]
    public async Task Given_an_account_that_many_administrators_change_at_once_when_done_then_one_change_holds()
    {
        var user = await shared.App.CreateUserAsync();

        var codes = await SendAtOnceAsync($"admin/user/{user.Id}", i => new { user = new { nick = $"nick {i}", status = i % 2 == 0 ? "active" : "manual_banned" } });

        Assert.All(codes, code => Assert.Equal(0, code));
        var shown = (await _admin.GetApiAsync($"admin/user/{user.Id}")).Data;
        var last = int.Parse(shown.GetProperty("nick").GetString()![5..], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(last % 2 == 0 ? "active" : "manual_banned", shown.GetProperty("status").GetString());
        // The list reads the accounts of its page and repairs the index that it was filtered by.
        await _admin.ListAsync("admin/user", "users", size: 1_000);
        var banned = await _admin.ListAsync("admin/user", "users", size: 1_000, filters: new() { ["user_status"] = "manual_banned" });
        Assert.Equal(last % 2 != 0, banned.Ids.Contains(user.Id));
    }

    private static TheoryData<string> Routes(Func<ContractEndpoint, bool> isMeant) =>
        [.. ContractExamples.AdministratorEndpoints.Select(row => row.Data).Where(id => IsAdmin(id) && isMeant(ContractExamples.Endpoint(id)))];

    private static bool IsAdmin(string operationId) => ContractExamples.Endpoint(operationId).Path.Text.StartsWith("/admin/", StringComparison.Ordinal);

    private static string PathOf(ContractEndpoint endpoint) => endpoint.Path.Text.TrimStart('/');

    private async Task<int[]> SendAtOnceAsync(string path, Func<int, object> body) =>
        await Task.WhenAll(Enumerable.Range(0, Administrators).Select(async i => (await _admin.SendApiAsync(HttpMethod.Put, path, body(i))).Code));

    /// <summary>Reads everything that the administration shows and can change.</summary>
    private async Task<string> ReadAsync()
    {
        var shown = new List<string>();
        foreach (var (path, name) in ((string, string)[])[("group", "groups"), ("policy", "policies"), ("node", "nodes"), ("user", "users"), ("oauthClient", "clients"), ("file", "files"), ("queue", "tasks")])
        {
            var rows = (await _admin.ListAsync("admin/" + path, name, size: 1_000)).Rows;
            shown.AddRange(rows.Select(row => JsonSerializer.Serialize(row)));
        }
        return string.Join('\n', shown);
    }
}

using System.Net.Http.Headers;
using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Files;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Admin.Applications;

/// <summary>Applications as administrators see them (contract, section 24).</summary>
public sealed class AdminOAuthClientTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private AppFixture App => shared.App;

    [Fact]
    public async Task Given_a_new_application_when_added_then_its_secret_is_shown_once_and_kept_as_a_hash()
    {
        var admin = await App.SignInAsync();

        var made = await AddAsync(admin, "Made");

        var secret = made.GetProperty("secret").GetString()!;
        Assert.True(secret.Length >= 40);
        var shown = (await admin.GetApiAsync($"admin/oauthClient/{made.GetProperty("id").GetInt32()}")).Data;
        Assert.False(shown.TryGetProperty("secret", out _));
        Assert.Equal(("Made", false, 0), (shown.GetProperty("name").GetString(), shown.GetProperty("is_system").GetBoolean(), shown.GetProperty("total_grants").GetInt64()));
        Assert.Equal(2_592_000, shown.GetProperty("props").GetProperty("refresh_token_ttl").GetInt64());
        var client = await App.Services.GetRequiredService<OAuthClients>().FindEnabledAsync(made.GetProperty("guid").GetGuid());
        Assert.True(client!.IsSecret(secret));
        Assert.False(client.IsSecret("another"));
    }

    [Fact]
    public async Task Given_the_front_ends_form_when_it_adds_an_application_with_an_icon_then_it_is_shown()
    {
        var admin = await App.SignInAsync();

        var made = await admin.SendApiAsync(HttpMethod.Put, "admin/oauthClient", new
        {
            client = new { id = 0, guid = "", name = "Diary", redirect_uris = new[] { "https://diary.example/cb" }, scopes = new[] { "openid" }, is_enabled = true, props = new { icon = "mdi:application", refresh_token_ttl = 7_776_000 } },
        });

        Assert.Equal((0, ""), (made.Code, made.Msg));
        Assert.Equal("mdi:application", made.Data.GetProperty("props").GetProperty("icon").GetString());
    }

    [Fact]
    public async Task Given_applications_when_they_are_listed_then_search_condition_and_order_hold()
    {
        var admin = await App.SignInAsync();
        await AddAsync(admin, "Zebra list");
        var apple = await AddAsync(admin, "Apple list");
        await PutAsync(admin, apple.GetProperty("id").GetInt32(), new { is_enabled = false });

        Assert.Equal(["Apple list", "Zebra list"], await NamesAsync(admin, "name", new { }, new { name = "LIST" }));
        Assert.Equal(["Zebra list"], await NamesAsync(admin, "id", new { is_enabled = "true" }, new { name = "list" }));
        Assert.Contains("Cloudreve Desktop", await NamesAsync(admin, "", new { }, new { }));
        Assert.Equal(40001, (await admin.PostApiAsync("admin/oauthClient", new { page = 1, page_size = 10, conditions = new { is_enabled = "perhaps" } })).Code);
    }

    [Fact]
    public async Task Given_an_application_when_everything_is_changed_then_it_holds()
    {
        var admin = await App.SignInAsync();
        var id = (await AddAsync(admin, "Before")).GetProperty("id").GetInt32();

        var answer = await PutAsync(admin, id, new
        {
            id,
            name = "After",
            secret = "a secret that is long enough",
            homepage_url = "https://app.example",
            redirect_uris = new[] { "https://app.example/back", "app.example:/back" },
            scopes = new[] { "openid", "Files.Read" },
            props = new { description = "Text", icon = "https://app.example/icon.png", refresh_token_ttl = 0 },
        });

        Assert.Equal((0, "a secret that is long enough"), (answer.Code, answer.Data.GetProperty("secret").GetString()));
        var shown = (await admin.GetApiAsync($"admin/oauthClient/{id}")).Data;
        Assert.Equal(("After", "https://app.example", 2), (shown.GetProperty("name").GetString(), shown.GetProperty("homepage_url").GetString(), shown.GetProperty("redirect_uris").GetArrayLength()));
        Assert.Equal("Text", shown.GetProperty("props").GetProperty("description").GetString());
        Assert.False(shown.GetProperty("props").TryGetProperty("refresh_token_ttl", out _));
    }

    [Theory]
    [InlineData("""{"client":{"name":" "}}""")]
    [InlineData("""{"client":{"secret":"short"}}""")]
    [InlineData("""{"client":{"redirect_uris":["javascript:alert(1)"]}}""")]
    [InlineData("""{"client":{"redirect_uris":["https://a.example/#x"]}}""")]
    [InlineData("""{"client":{"redirect_uris":["//a.example"]}}""")]
    [InlineData("""{"client":{"redirect_uris":[null]}}""")]
    [InlineData("""{"client":{"scopes":["Everything"]}}""")]
    [InlineData("""{"client":{"homepage_url":"javascript:alert(1)"}}""")]
    [InlineData("""{"client":{"props":{"icon":"data:x"}}}""")]
    [InlineData("""{"client":{"props":{"icon":"javascript:alert"}}}""")]
    [InlineData("""{"client":{"props":{"icon":"mdi:"}}}""")]
    [InlineData("""{"client":{"props":{"refresh_token_ttl":-1}}}""")]
    [InlineData("""{"client":null}""")]
    [InlineData("{}")]
    public async Task Given_a_change_that_cannot_be_when_it_is_sent_then_the_application_stays(string body)
    {
        var admin = await App.SignInAsync();
        var id = (await AddAsync(admin, "Stays")).GetProperty("id").GetInt32();
        var before = (await admin.GetApiAsync($"admin/oauthClient/{id}")).Data.GetRawText();

        Assert.Equal(40001, (await admin.SendTextAsync(HttpMethod.Put, $"admin/oauthClient/{id}", body)).Code);
        Assert.Equal(before, (await admin.GetApiAsync($"admin/oauthClient/{id}")).Data.GetRawText());
    }

    [Fact]
    public async Task Given_more_addresses_and_scopes_than_a_row_holds_when_sent_then_it_is_a_bad_parameter()
    {
        var admin = await App.SignInAsync();
        var id = (await AddAsync(admin, "Long")).GetProperty("id").GetInt32();
        var addresses = Enumerable.Range(0, 50).Select(i => $"https://a.example/{i}/{new string('x', 1900)}");

        Assert.Equal(40001, (await PutAsync(admin, id, new { redirect_uris = addresses })).Code);
        Assert.Equal(0, (await PutAsync(admin, id, new { scopes = Enumerable.Repeat("openid", 3000) })).Code);

        Assert.Equal("openid", Assert.Single((await admin.GetApiAsync($"admin/oauthClient/{id}")).Data.GetProperty("scopes").EnumerateArray()).GetString());
    }

    [Theory]
    [InlineData("""{"client":{"redirect_uris":["https://a.example"]}}""")]
    [InlineData("""{"client":{"name":"Without addresses"}}""")]
    public async Task Given_too_little_when_an_application_is_added_then_it_is_a_bad_parameter(string body) =>
        Assert.Equal(40001, (await (await App.SignInAsync()).SendTextAsync(HttpMethod.Put, "admin/oauthClient", body)).Code);

    [Fact]
    public async Task Given_a_built_in_application_when_changed_or_deleted_then_it_keeps_what_copies_know()
    {
        var admin = await App.SignInAsync();

        Assert.Equal(40040, (await admin.SendApiAsync(HttpMethod.Delete, "admin/oauthClient/1")).Code);
        Assert.Equal((40081, "1: 40040"), await admin.DeleteManyAsync("admin/oauthClient", 1));
        Assert.Equal(40040, (await PutAsync(admin, 1, new { redirect_uris = new[] { "https://a.example" } })).Code);
        Assert.Equal(40040, (await PutAsync(admin, 1, new { secret = "a secret that is long enough" })).Code);
        var shown = (await admin.GetApiAsync("admin/oauthClient/1")).Data;
        Assert.Equal(0, (await admin.SendApiAsync(HttpMethod.Put, "admin/oauthClient/1", new { client = shown })).Code);
        Assert.Equal(shown.GetRawText(), (await admin.GetApiAsync("admin/oauthClient/1")).Data.GetRawText());
    }

    [Fact]
    public async Task Given_an_application_that_users_let_in_when_it_is_deleted_then_its_tokens_and_grants_die()
    {
        var admin = await App.SignInAsync();
        var made = await AddAsync(admin, "Deleted");
        var (id, guid) = (made.GetProperty("id").GetInt32(), made.GetProperty("guid").GetGuid());
        var (_, user) = await App.NewUserAsync();
        var client = await LetInAsync(user, guid);
        Assert.Equal(0, (await client.GetApiAsync("user/me")).Code);
        Assert.Equal(1, (await admin.GetApiAsync($"admin/oauthClient/{id}")).Data.GetProperty("total_grants").GetInt64());

        Assert.Equal(0, (await admin.SendApiAsync(HttpMethod.Delete, $"admin/oauthClient/{id}")).Code);

        Assert.Equal(401, (await client.GetApiAsync("user/me")).Code);
        Assert.Null(await App.Services.GetRequiredService<OAuthGrants>().FindAsync(user.Id, guid));
        Assert.Equal(404, (await admin.GetApiAsync($"admin/oauthClient/{id}")).Code);
        Assert.Equal(404, (await admin.SendApiAsync(HttpMethod.Delete, $"admin/oauthClient/{id}")).Code);
    }

    [Fact]
    public async Task Given_an_application_in_use_when_disabled_then_its_tokens_wait_until_it_is_on_again()
    {
        var admin = await App.SignInAsync();
        var made = await AddAsync(admin, "Switched");
        var id = made.GetProperty("id").GetInt32();
        var (_, user) = await App.NewUserAsync();
        var client = await LetInAsync(user, made.GetProperty("guid").GetGuid());

        await PutAsync(admin, id, new { is_enabled = false });
        Assert.Equal(401, (await client.GetApiAsync("user/me")).Code);
        await PutAsync(admin, id, new { is_enabled = true });
        Assert.Equal(0, (await client.GetApiAsync("user/me")).Code);
    }

    private static async Task<JsonElement> AddAsync(HttpClient admin, string name)
    {
        var answer = await admin.SendApiAsync(HttpMethod.Put, "admin/oauthClient", new
        {
            client = new { id = 0, name, redirect_uris = new[] { "https://app.example/back" }, scopes = new[] { "openid", "UserInfo.Read" }, is_enabled = true, props = new { refresh_token_ttl = 2_592_000 } },
        });
        Assert.True(answer.Code == 0, answer.Msg);
        return answer.Data;
    }

    private static Task<ApiAnswer> PutAsync(HttpClient admin, int id, object client) => admin.SendApiAsync(HttpMethod.Put, $"admin/oauthClient/{id}", new { client });

    private static async Task<string[]> NamesAsync(HttpClient admin, string order, object conditions, object searches)
    {
        var answer = await admin.PostApiAsync("admin/oauthClient", new { page = 1, page_size = 100, order_by = order, order_direction = "asc", conditions, searches });
        return [.. answer.Data.GetProperty("clients").EnumerateArray().Select(client => client.GetProperty("name").GetString()!)];
    }

    private async Task<HttpClient> LetInAsync(User user, Guid clientId)
    {
        string[] scopes = ["openid", "UserInfo.Read"];
        await App.Services.GetRequiredService<OAuthGrants>().WidenAsync(user.Id, clientId, scopes);
        var token = (await App.Services.GetRequiredService<TokenIssuer>().IssueAsync(user, new ClientScopes(clientId, scopes.ToHashSet()))).AccessToken;
        var client = App.CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }
}

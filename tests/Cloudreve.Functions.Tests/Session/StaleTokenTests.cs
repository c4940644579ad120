using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Tests.Admin;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Session;

/// <summary>
/// An access token lives for an hour. After a change of the password, or after signing out, it must not help its holder to anything that
/// lasts longer.
/// </summary>
public sealed class StaleTokenTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private static readonly Guid Client = Guid.Parse("5e3a3a57-6c0a-4f63-9c7b-4f4c1ad10b7e");

    private AppFixture App => shared.App;

    public static TheoryData<string, string, string?> CredentialRoutes => new()
    {
        { "PUT", "user/authn", null },
        { "POST", "user/authn", """{"response":"{}","name":"key","ua":"x"}""" },
        { "DELETE", "user/authn?id=AAAA", null },
        { "GET", "user/setting/2fa", null },
        { "GET", "user/setting", null },
        { "PATCH", "user/setting", """{"two_fa_enabled":true,"two_fa_code":"123456"}""" },
        { "PATCH", "user/setting", """{"new_password":"another password","current_password":"correct horse battery"}""" },
        { "PUT", "session/openid", """{"provider":2,"linking":true}""" },
        { "DELETE", "session/openid/2", null },
        { "DELETE", $"session/oauth/grant/{Client}", null },
        {
            "POST", "session/oauth/consent",
            $$"""{"client_id":"{{Client}}","response_type":"code","redirect_uri":"https://app.example/back","scope":"openid","code_challenge":"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM","code_challenge_method":"S256"}"""
        },
    };

    /// <summary>Routes that create something that outlives the token.</summary>
    public static TheoryData<string, string, string?> LastingRoutes => new()
    {
        { "PUT", "share", """{"uri":"cloudreve://my/mine.txt"}""" },
        { "POST", "share/x", """{"uri":"cloudreve://my/mine.txt"}""" },
        { "PUT", "file/source", """{"uris":["cloudreve://my/mine.txt"]}""" },
        { "PUT", "file/viewerSession", """{"uri":"cloudreve://my/mine.txt","viewer_id":"monaco","preferred_action":"edit"}""" },
    };

    [Theory]
    [MemberData(nameof(LastingRoutes))]
    public async Task Given_a_sign_in_that_has_ended_when_its_token_makes_what_outlives_it_then_it_is_refused(string method, string path, string? body)
    {
        var user = await App.CreateUserAsync();
        var (client, refreshToken) = await SignInAsync(user);
        await App.PutContentAsync(client, user, "/mine.txt", [1]);
        Assert.NotEqual(40020, (await SendAsync(client, method, path, body)).Code);
        Assert.Equal(0, (await App.CreateClient().SendApiAsync(HttpMethod.Delete, "session/token", new { refresh_token = refreshToken })).Code);

        Assert.Equal(40020, (await SendAsync(client, method, path, body)).Code);
    }

    [Theory]
    [InlineData("PUT", "admin/user", """{"user":{"email":"thief@example.com","group_users":1},"password":"Thief-2026"}""")]
    [InlineData("PUT", "admin/user/1", """{"user":{"nick":"thief"}}""")]
    [InlineData("PUT", "admin/group/2", """{"group":{"name":"User","permissions":"AQ=="}}""")]
    [InlineData("PUT", "admin/oauthClient", """{"client":{"name":"Thief","redirect_uris":["https://thief.example/"],"scopes":["openid"]}}""")]
    [InlineData("PATCH", "admin/settings", """{"settings":{"siteScript":"alert(1)"}}""")]
    [InlineData("POST", "admin/user", """{"page":1,"page_size":10}""")]
    [InlineData("GET", "admin/file/url/1", null)]
    public async Task Given_an_administrators_ended_sign_in_when_its_token_administers_then_it_is_refused(string method, string path, string? body)
    {
        var admin = await App.CreateUserAsync(groupId: Group.AdminId);
        var thief = await App.SignInAsync(admin.Email);
        var owner = await App.SignInAsync(admin.Email);
        Assert.Equal(0, (await owner.SendApiAsync(HttpMethod.Patch, "user/setting", new { current_password = AppFixture.Password, new_password = "another horse battery" })).Code);

        Assert.Equal(40020, (await SendAsync(thief, method, path, body)).Code);
    }

    [Fact]
    public void Given_administration_and_device_routes_when_looked_up_then_each_needs_a_live_sign_in() =>
        Assert.Empty(new HttpFunctions(typeof(HttpFunction).Assembly).All
            .Where(function => function.Requirement.Class == AuthClass.Admin || function.Route.StartsWith("api/v4/devices", StringComparison.Ordinal))
            .Where(function => !function.Requirement.LiveSignIn)
            .Select(function => function.Name));

    [Theory]
    [MemberData(nameof(CredentialRoutes))]
    public async Task Given_a_changed_password_when_an_older_token_changes_credentials_then_it_is_refused(string method, string path, string? body)
    {
        await CreateClientAsync();
        var user = await App.CreateUserAsync();
        var thief = await App.SignInAsync(user.Email);
        var owner = await App.SignInAsync(user.Email);
        Assert.Equal(0, (await owner.SendApiAsync(HttpMethod.Patch, "user/setting", new { current_password = AppFixture.Password, new_password = "another horse battery" })).Code);

        Assert.Equal(40020, (await SendAsync(thief, method, path, body)).Code);
    }

    [Theory]
    [MemberData(nameof(CredentialRoutes))]
    public async Task Given_a_sign_out_when_its_access_token_comes_to_a_route_of_credentials_then_it_is_refused(string method, string path, string? body)
    {
        await CreateClientAsync();
        var user = await App.CreateUserAsync();
        var (client, refreshToken) = await SignInAsync(user);
        Assert.Equal(0, (await App.CreateClient().SendApiAsync(HttpMethod.Delete, "session/token", new { refresh_token = refreshToken })).Code);

        Assert.Equal(40020, (await SendAsync(client, method, path, body)).Code);
    }

    [Theory]
    [MemberData(nameof(CredentialRoutes))]
    public async Task Given_a_sign_in_that_holds_when_its_token_comes_then_it_is_let_in(string method, string path, string? body)
    {
        await CreateClientAsync();
        var user = await App.CreateUserAsync();
        var (client, _) = await SignInAsync(user);

        Assert.NotEqual(40020, (await SendAsync(client, method, path, body)).Code);
    }

    [Fact]
    public async Task Given_a_begun_passkey_registration_when_the_password_changes_then_it_cannot_end()
    {
        var user = await App.CreateUserAsync();
        var thief = await App.SignInAsync(user.Email);
        Assert.Equal(0, (await thief.SendApiAsync(HttpMethod.Put, "user/authn")).Code);
        var owner = await App.SignInAsync(user.Email);
        await owner.SendApiAsync(HttpMethod.Patch, "user/setting", new { current_password = AppFixture.Password, new_password = "another horse battery" });

        var answer = await thief.PostApiAsync("user/authn", new { response = "{}", name = "key", ua = "x" });

        Assert.Equal(40020, answer.Code);
    }

    private static Task<ApiAnswer> SendAsync(HttpClient client, string method, string path, string? body) => body is null
        ? client.SendApiAsync(HttpMethod.Parse(method), path)
        : client.SendTextAsync(HttpMethod.Parse(method), path, body);

    private async Task<(HttpClient Client, string RefreshToken)> SignInAsync(User user)
    {
        var tokens = (await App.CreateClient().PostApiAsync("session/token", new { email = user.Email, password = AppFixture.Password })).Data.GetProperty("token");
        var client = App.CreateClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", tokens.GetProperty("access_token").GetString());
        return (client, tokens.GetProperty("refresh_token").GetString()!);
    }

    private Task CreateClientAsync() => App.Services.GetRequiredService<OAuthClients>().SaveAsync(new OAuthClient
    {
        Id = 77,
        ClientId = Client,
        Name = "An application",
        SecretHash = OAuthClient.Hash("secret"),
        RedirectUris = ["https://app.example/back"],
        Scopes = ["openid"],
    });
}

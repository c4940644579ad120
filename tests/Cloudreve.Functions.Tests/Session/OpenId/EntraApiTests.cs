using System.Net.Http.Headers;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Microsoft.Identity.Web;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Cloudreve.Functions.Tests.Session.OpenId;

/// <summary>
/// One app with a registration in Microsoft Entra ID, and the provider that stands in for it, for all tests of a class: the library keeps
/// what it reads of a tenant for the whole process, so that a second provider would never be called.
/// </summary>
public sealed class EntraApp(AzuriteServer azurite) : IAsyncLifetime
{
    /// <summary>The app's registration.</summary>
    public const string ClientId = "99999999-8888-7777-6666-555555555555";

    private TestIdentityProvider? _provider;

    /// <summary>The clock of both. It begins at noon: the tests must not pass the time of the daily functions, which read settings again.</summary>
    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(TimeProvider.System.GetUtcNow().Date.AddHours(12), TimeSpan.Zero));

    /// <summary>The app.</summary>
    public AppFixture App { get; private set; } = null!;

    /// <summary>The provider.</summary>
    internal TestIdentityProvider Provider => _provider!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _provider = await TestIdentityProvider.StartAsync(Clock);
        App = await AppFixture.StartAsync(
            azurite,
            services =>
            {
                services.AddSingleton<TimeProvider>(Clock);
                // Microsoft.Identity.Web reads metadata and keys over these two, and over HTTPS only: they end at the test's provider.
                services.Configure<JwtBearerOptions>(EntraSettings.Scheme, bearer => bearer.BackchannelHttpHandler = new Detour(Provider.Address));
                services.AddHttpClient(nameof(Detour)).ConfigurePrimaryHttpMessageHandler(() => new Detour(Provider.Address));
                services.Configure<AadIssuerValidatorOptions>(options => options.HttpClientName = nameof(Detour));
            },
            settings: new Dictionary<string, string?>
            {
                ["CLOUDREVE_ENTRA_TENANT_ID"] = TestIdentityProvider.Tenant,
                ["CLOUDREVE_ENTRA_CLIENT_ID"] = ClientId,
            });
        await App.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string>
        {
            [OpenIdSetting.OidcEnabled.Key] = "1",
            [OpenIdSetting.OidcIssuer.Key] = Provider.EntraIssuer,
            [OpenIdSetting.OidcClientId.Key] = TestIdentityProvider.ClientId,
            [OpenIdSetting.OidcSecret.Key] = TestIdentityProvider.Secret,
        });
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Provider.DisposeAsync();
    }

    /// <summary>Redirects requests to another address.</summary>
    private sealed class Detour(string address) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Host = request.RequestUri!.Host;
            request.RequestUri = new Uri(address + request.RequestUri.PathAndQuery);
            return base.SendAsync(request, cancellationToken);
        }
    }
}

/// <summary>Microsoft Entra ID: signing in, and its access tokens as bearer tokens of the API, through Microsoft.Identity.Web.</summary>
public sealed class EntraApiTests(EntraApp entra) : IClassFixture<EntraApp>
{
    private const int Oidc = 2;

    // A person of each test's own, since the app is shared.
    private readonly string _objectId = Guid.NewGuid().ToString();

    private TestIdentityProvider Provider => entra.Provider;

    private AppFixture App => entra.App;

    [Fact]
    public async Task Given_a_person_of_the_tenant_who_is_linked_when_an_access_token_comes_then_it_is_that_user()
    {
        var user = await LinkAsync();

        var answer = await With(AccessToken()).GetApiAsync("user/me");

        Assert.Equal(0, answer.Code);
        Assert.Equal(user.Email, answer.Data.GetProperty("email").GetString());
    }

    [Fact]
    public async Task Given_a_person_who_called_recently_when_another_request_comes_then_it_costs_nothing()
    {
        await LinkAsync();
        var client = With(AccessToken());
        await client.GetApiAsync("user/me");

        var transactions = await App.TransactionsOfAsync(async () => Assert.Equal(0, (await client.GetApiAsync("user/me")).Code));

        Assert.Equal(0, transactions);
    }

    [Fact]
    public async Task Given_a_person_whose_account_is_stale_when_a_request_comes_then_it_costs_one_call()
    {
        await LinkAsync();
        var client = With(AccessToken());
        await client.GetApiAsync("user/me");

        Assert.Equal(1, await TransactionsAfterAsync(UserStore.MaxAge, client));
        Assert.Equal(1, await TransactionsAfterAsync(TimeSpan.FromMinutes(30), client));
    }

    [Fact]
    public async Task Given_a_person_who_never_called_when_a_request_comes_then_it_costs_one_call_more()
    {
        await LinkAsync();

        Assert.Equal(2, await TransactionsAfterAsync(UserStore.MaxAge, With(AccessToken())));
    }

    [Fact]
    public async Task Given_a_person_who_called_before_when_the_link_is_removed_then_the_token_ends_in_time()
    {
        var user = await LinkAsync();
        var client = With(AccessToken());
        Assert.Equal(0, (await client.GetApiAsync("user/me")).Code);
        await new OpenIdLinks(App.Layout, App.Services.GetRequiredService<UserStore>(), entra.Clock).UnlinkAsync(user.Id, OpenIdProvider.Oidc);

        entra.Clock.Advance(UserStore.MaxAge);

        Assert.Equal(401, (await client.GetApiAsync("user/me")).Code);
    }

    [Fact]
    public async Task Given_a_person_who_called_before_when_the_identity_moves_then_the_token_moves_too()
    {
        var first = await LinkAsync();
        var client = With(AccessToken());
        Assert.Equal(0, (await client.GetApiAsync("user/me")).Code);
        var links = App.Services.GetRequiredService<OpenIdLinks>();
        await links.UnlinkAsync(first.Id, OpenIdProvider.Oidc);
        var second = await LinkAsync();

        entra.Clock.Advance(UserStore.MaxAge);

        Assert.Equal(second.Email, (await client.GetApiAsync("user/me")).Data.GetProperty("email").GetString());
    }

    [Fact]
    public async Task Given_a_person_who_called_before_when_banned_elsewhere_then_the_reason_comes_in_time()
    {
        var user = await LinkAsync();
        var client = With(AccessToken());
        Assert.Equal(0, (await client.GetApiAsync("user/me")).Code);
        await BanElsewhereAsync(user.Id);

        entra.Clock.Advance(UserStore.MaxAge);

        Assert.Equal(40017, (await client.GetApiAsync("user/me")).Code);
    }

    [Fact]
    public async Task Given_a_token_with_some_scopes_when_a_route_needs_another_then_the_scope_is_missing()
    {
        await LinkAsync();
        var client = With(AccessToken(("scp", "UserInfo.Read Unknown")));

        Assert.Equal(0, (await client.GetApiAsync("user/me")).Code);
        Assert.Equal(40089, (await client.GetApiAsync("workflow?page_size=10&category=general")).Code);
    }

    [Theory]
    [InlineData("iss", "https://evil.example/11111111-2222-3333-4444-555555555555/v2.0")]
    [InlineData("aud", "another api")]
    [InlineData("exp", 1_000_000_000L)]
    [InlineData("scp", null)]
    [InlineData("oid", "00000000-0000-0000-0000-000000000000")]
    [InlineData("oid", null)]
    [InlineData("tid", "22222222-2222-2222-2222-222222222222")]
    public async Task Given_an_access_token_with_one_claim_wrong_when_it_comes_then_the_code_is_401(string claim, object? value)
    {
        await LinkAsync();

        Assert.Equal(401, (await With(AccessToken((claim, value))).GetApiAsync("user/me")).Code);
    }

    [Fact]
    public async Task Given_an_access_token_that_entra_did_not_sign_when_it_comes_then_the_code_is_401()
    {
        await LinkAsync();
        var key = new RsaSecurityKey(System.Security.Cryptography.RSA.Create(2048)) { KeyId = "key-1" };

        var forged = TestIdentityProvider.Issue(Claims(), new SigningCredentials(key, SecurityAlgorithms.RsaSha256));

        Assert.Equal(401, (await With(forged).GetApiAsync("user/me")).Code);
    }

    [Fact]
    public async Task Given_a_banned_user_when_an_access_token_comes_then_the_reason_is_reported()
    {
        var user = await LinkAsync();
        await App.Services.GetRequiredService<UserStore>().UpdateAsync(user.Id, current => current with { Status = UserStatus.ManualBanned });

        Assert.Equal(40017, (await With(AccessToken()).GetApiAsync("user/me")).Code);
    }

    [Fact]
    public async Task Given_the_sites_own_tokens_when_entra_is_set_up_then_they_work_as_before() =>
        Assert.Equal(0, (await (await App.SignInAsync()).GetApiAsync("user/me")).Code);

    /// <summary>Bans as another process would: no cache of this process is notified.</summary>
    private async Task BanElsewhereAsync(long userId)
    {
        var partition = $"u{userId:x}";
        var row = (await App.Layout.Users.FindAsync(partition, "!user"))!;
        await App.Layout.Users.MergeAsync(new Row(partition, "!user") { ["status"] = (int)UserStatus.ManualBanned }, row.ETag);
    }

    /// <summary>Number of transactions of a request after a time, beside those that read the site itself.</summary>
    private async Task<int> TransactionsAfterAsync(TimeSpan time, HttpClient client)
    {
        var other = await App.SignInAsync();
        entra.Clock.Advance(time);
        Assert.Equal(0, (await other.GetApiAsync("user/me")).Code);
        return await App.TransactionsOfAsync(async () => Assert.Equal(0, (await client.GetApiAsync("user/me")).Code));
    }

    private HttpClient With(string token)
    {
        var client = App.CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    private Dictionary<string, object> Claims() => new()
    {
        ["iss"] = $"{TestIdentityProvider.EntraInstance}/{TestIdentityProvider.Tenant}/v2.0",
        ["aud"] = EntraApp.ClientId,
        ["sub"] = "pairwise",
        ["oid"] = _objectId,
        ["tid"] = TestIdentityProvider.Tenant,
        ["ver"] = "2.0",
        ["scp"] = "access_as_user",
        // The library uses the machine's clock, which the tests do not move.
        ["nbf"] = TimeProvider.System.GetUtcNow().AddMinutes(-1).ToUnixTimeSeconds(),
        ["exp"] = TimeProvider.System.GetUtcNow().AddMinutes(60).ToUnixTimeSeconds(),
    };

    private string AccessToken(params (string Claim, object? Value)[] changes)
    {
        var claims = Claims();
        foreach (var (claim, value) in changes)
        {
            if (value is null)
                claims.Remove(claim);
            else
                claims[claim] = value;
        }
        return Provider.Issue(claims);
    }

    /// <summary>Links the person with a new user, as the front end does: with an id token, whose subject differs from that of access tokens.</summary>
    private async Task<User> LinkAsync()
    {
        var user = await App.CreateUserAsync();
        var client = await App.SignInAsync(user.Email);
        (Provider.Claims["iss"], Provider.Claims["tid"], Provider.Claims["oid"]) = (Provider.EntraIssuer, TestIdentityProvider.Tenant, _objectId);
        var address = (await client.SendApiAsync(HttpMethod.Put, "session/openid", new { provider = Oidc, linking = true })).Data.GetString()!;
        var (code, state) = Provider.Visit(address);
        Assert.Equal(0, (await App.CreateClient().PostApiAsync("session/openid", new { code, session_id = state, provider_id = Oidc })).Code);
        return user;
    }
}

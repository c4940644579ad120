using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Session.OpenId;

/// <summary>Sign-ins that one browser begins and another one ends (RFC 6749, 10.12).</summary>
public sealed class BrowserBindingTests(ClockedApp clocked) : IClassFixture<ClockedApp>, IAsyncLifetime
{
    private const int Oidc = 2;

    private TestIdentityProvider? _provider;

    private AppFixture App => clocked.App;

    public async ValueTask InitializeAsync()
    {
        _provider = await TestIdentityProvider.StartAsync(clocked.Clock);
        var settings = App.Services.GetRequiredService<SettingStore>();
        await settings.SetAsync(new Dictionary<string, string>
        {
            [OpenIdSetting.OidcEnabled.Key] = "1",
            [OpenIdSetting.OidcIssuer.Key] = _provider.Address,
            [OpenIdSetting.OidcClientId.Key] = TestIdentityProvider.ClientId,
            [OpenIdSetting.OidcSecret.Key] = TestIdentityProvider.Secret,
        });
    }

    public ValueTask DisposeAsync() => _provider!.DisposeAsync();

    [Fact]
    public async Task Given_another_browsers_sign_in_when_a_browser_is_led_to_its_end_then_nobody_signs_in()
    {
        await LinkAsync();
        var visit = await VisitAsync(Browser());

        Assert.Equal(404, (await FinishAsync(Browser(), visit)).Code);
    }

    [Fact]
    public async Task Given_another_users_link_when_a_browser_is_led_to_its_end_then_nobody_gets_the_identity()
    {
        var attacker = await App.CreateUserAsync();
        var visit = await VisitAsync(await App.SignInAsync(attacker.Email), linking: true);

        Assert.Equal(404, (await FinishAsync(Browser(), visit)).Code);
        Assert.Empty(await App.Services.GetRequiredService<OpenIdLinks>().ListAsync(attacker.Id));
    }

    [Fact]
    public async Task Given_a_browser_that_began_two_sign_ins_when_it_ends_both_then_each_works_once()
    {
        await LinkAsync();
        var browser = Browser();
        var (first, second) = (await VisitAsync(browser), await VisitAsync(browser));

        Assert.Equal(0, (await FinishAsync(browser, first)).Code);
        Assert.Equal(0, (await FinishAsync(browser, second)).Code);
        Assert.Equal(404, (await FinishAsync(browser, first)).Code);
    }

    [Fact]
    public async Task Given_a_sign_in_when_it_begins_then_no_page_can_read_its_cookie()
    {
        using var answer = await App.CreateClient().PutAsync(
            new Uri("api/v4/session/openid", UriKind.Relative), new StringContent("{\"provider\":2}", System.Text.Encoding.UTF8, "application/json"));

        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        foreach (var attribute in new[] { "httponly", "samesite=lax", "path=/api/v4/session/openid", "max-age=600" })
            Assert.Contains(attribute, cookie, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>A client that says of itself what browsers say on the site's own pages.</summary>
    private HttpClient Browser()
    {
        var client = App.CreateClient();
        client.DefaultRequestHeaders.Add("Sec-Fetch-Site", "same-origin");
        return client;
    }

    private async Task<(string Code, string State)> VisitAsync(HttpClient client, bool linking = false)
    {
        var answer = await client.SendApiAsync(HttpMethod.Put, "session/openid", new { provider = Oidc, linking });
        Assert.Equal(0, answer.Code);
        return _provider!.Visit(answer.Data.GetString()!);
    }

    private static Task<ApiAnswer> FinishAsync(HttpClient client, (string Code, string State) visit) =>
        client.PostApiAsync("session/openid", new { code = visit.Code, session_id = visit.State, provider_id = Oidc });

    private async Task LinkAsync()
    {
        var user = await App.CreateUserAsync();
        var visit = await VisitAsync(await App.SignInAsync(user.Email), linking: true);
        Assert.Equal(0, (await FinishAsync(App.CreateClient(), visit)).Code);
    }
}

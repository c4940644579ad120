using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.OpenId.Providers;

/// <summary>QQ's own protocol: OAuth 2.0 with responses requested as JSON, without OpenID Connect and without PKCE.</summary>
/// <param name="provider">Calls QQ.</param>
internal sealed class QqConnect(ProviderClient provider)
{
    private const string Issuer = "qq";

    /// <summary>The address that begins a sign-in at the provider.</summary>
    /// <param name="redirectUri">The address that the user is redirected to.</param>
    /// <param name="state">Comes back with the user.</param>
    public static string Authorize(SiteSettings site, string redirectUri, string state) => ProviderClient.Address(
        Endpoint(site, "authorize"),
        ("response_type", "code"),
        ("client_id", site.Get(OpenIdSetting.QqClientId)),
        ("redirect_uri", redirectUri),
        ("state", state),
        ("scope", "get_user_info"));

    /// <summary>Exchanges a code for the identity behind it. QQ reveals no mail address.</summary>
    /// <param name="redirectUri">The address that the user was redirected to.</param>
    /// <param name="code">The code that the user came back with.</param>
    /// <exception cref="CloudreveException">40080: QQ does not vouch for anybody.</exception>
    public async Task<OpenIdIdentity> RedeemAsync(SiteSettings site, string redirectUri, string code, CancellationToken cancellationToken)
    {
        var clientId = site.Get(OpenIdSetting.QqClientId);
        using var exchange = new HttpRequestMessage(HttpMethod.Get, ProviderClient.Address(
            Endpoint(site, "token"),
            ("grant_type", "authorization_code"),
            ("client_id", clientId),
            ("client_secret", site.Get(OpenIdSetting.QqSecret)),
            ("code", code),
            ("redirect_uri", redirectUri),
            ("fmt", "json")));
        var tokens = await provider.SendAsync(exchange, cancellationToken);
        var accessToken = ProviderClient.Text(tokens, "access_token") ?? throw ProviderClient.Refused();
        using var question = new HttpRequestMessage(
            HttpMethod.Get, ProviderClient.Address(Endpoint(site, "me"), ("access_token", accessToken), ("fmt", "json")));
        var person = await provider.SendAsync(question, cancellationToken);
        // A token that was made for another site must not sign anybody in here.
        return string.Equals(ProviderClient.Text(person, "client_id"), clientId, StringComparison.Ordinal)
            && ProviderClient.Text(person, "openid") is { Length: > 0 } subject
                ? new OpenIdIdentity(OpenIdProvider.Qq, Issuer, subject)
                : throw ProviderClient.Refused();
    }

    private static string Endpoint(SiteSettings site, string name) => $"{site.Get(OpenIdSetting.QqEndpoint).TrimEnd('/')}/oauth2.0/{name}";
}

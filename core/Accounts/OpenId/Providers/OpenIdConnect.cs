using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Errors;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Cloudreve.Core.Accounts.OpenId.Providers;

/// <summary>The site as a client of an OpenID Connect provider.</summary>
/// <param name="Provider">The provider's number.</param>
/// <param name="Issuer">Its issuer, without a trailing slash.</param>
/// <param name="ClientId">The site's id there.</param>
/// <param name="Secret">The site's secret there; empty for none.</param>
/// <param name="Scope">The scopes that the site requests.</param>
/// <param name="TrustsEmail">True if mail addresses count as verified although the provider does not say so.</param>
internal sealed record OpenIdConnectClient(OpenIdProvider Provider, string Issuer, string ClientId, string Secret, string Scope, bool TrustsEmail);

/// <summary>
/// The code flow of OpenID Connect Core 1.0 with PKCE.
/// </summary>
/// <param name="provider">Calls providers.</param>
/// <param name="clock">Determines which tokens have expired.</param>
internal sealed class OpenIdConnect(ProviderClient provider, TimeProvider clock)
{
    private const string TenantPlaceholder = "{tenantid}";
    private const string TenantId = "tid";
    private const string ObjectId = "oid";

    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(2);

    // Keys of the provider are public: an algorithm with a shared secret would use them as that secret.
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512, SecurityAlgorithms.RsaSsaPssSha256,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    private readonly JsonWebTokenHandler _jwt = new() { MapInboundClaims = false };
    private readonly ConcurrentDictionary<string, ProviderMetadata> _metadata = new(StringComparer.Ordinal);

    /// <summary>The address that begins a sign-in at the provider.</summary>
    /// <param name="client">The site at the provider.</param>
    /// <param name="state">Comes back with the user.</param>
    /// <param name="hint">The mail address that the user named; null for none.</param>
    /// <exception cref="CloudreveException">40080: the provider cannot be reached.</exception>
    public async Task<string> AuthorizeAsync(OpenIdConnectClient client, OpenIdRequest request, string state, string? hint, CancellationToken cancellationToken)
    {
        var metadata = await DiscoverAsync(client, cancellationToken);
        return ProviderClient.Address(
            metadata.AuthorizationEndpoint,
            ("client_id", client.ClientId),
            ("response_type", "code"),
            ("redirect_uri", request.RedirectUri),
            ("scope", client.Scope),
            ("state", state),
            ("nonce", request.Nonce),
            ("code_challenge", Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(request.CodeVerifier)))),
            ("code_challenge_method", "S256"),
            ("login_hint", hint));
    }

    /// <summary>Exchanges a code for the identity behind it.</summary>
    /// <param name="client">The site at the provider.</param>
    /// <param name="code">The code that the user came back with.</param>
    /// <exception cref="CloudreveException">40080: the provider does not vouch for anybody.</exception>
    public async Task<OpenIdIdentity> RedeemAsync(OpenIdConnectClient client, OpenIdRequest request, string code, CancellationToken cancellationToken)
    {
        var metadata = await DiscoverAsync(client, cancellationToken);
        var answer = await ExchangeAsync(client, metadata, request, code, cancellationToken);
        var token = ProviderClient.Text(answer, "id_token") ?? throw ProviderClient.Refused();
        var claims = await ValidateAsync(client, metadata, token, request.Nonce, cancellationToken);
        if (claims.TryGetPayloadValue<string>(TenantId, out var tenant) && claims.TryGetPayloadValue<string>(ObjectId, out var oid) && IsEntra(claims, tenant))
            return OpenIdIdentity.OfEntra(tenant, oid) with { VerifiedEmail = EmailOf(claims, client), Methods = MethodsOf(claims) };
        var email = EmailOf(claims, client)
            ?? await AskForEmailAsync(client, metadata, ProviderClient.Text(answer, "access_token"), claims.Subject, cancellationToken);
        return new OpenIdIdentity(client.Provider, claims.Issuer, claims.Subject) { VerifiedEmail = email, Methods = MethodsOf(claims) };
    }

    /// <summary>The address that ends the session at the provider (OpenID Connect RP-Initiated Logout 1.0, section 2).</summary>
    /// <param name="client">The site at the provider.</param>
    /// <param name="returnAddress">The address that the user is redirected to.</param>
    /// <returns>Null when the provider does not offer it or cannot be reached.</returns>
    public async Task<string?> EndSessionAsync(OpenIdConnectClient client, string returnAddress, CancellationToken cancellationToken)
    {
        try
        {
            return (await DiscoverAsync(client, cancellationToken)).EndSessionEndpoint is { Length: > 0 } endpoint
                ? ProviderClient.Address(endpoint, ("client_id", client.ClientId), ("post_logout_redirect_uri", returnAddress))
                : null;
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.LoginFailed)
        {
            return null;
        }
    }

    private static bool IsEntra(JsonWebToken claims, string tenant) =>
        claims.Issuer.EndsWith($"/{tenant}/v2.0", StringComparison.Ordinal) || claims.Issuer.EndsWith($"/{tenant}/", StringComparison.Ordinal);

    private static List<string> MethodsOf(JsonWebToken claims) =>
        [.. claims.Claims.Where(claim => claim.Type is "amr" or "acr").Select(claim => claim.Value)];

    private static string? EmailOf(JsonWebToken claims, OpenIdConnectClient client) =>
        claims.TryGetPayloadValue<string>("email", out var email)
        && (client.TrustsEmail || (claims.TryGetPayloadValue<object>("email_verified", out var verified) && IsTrue(verified)))
            ? email
            : null;

    // Some providers write a text.
    private static bool IsTrue(object value) => value is true || (value is string text && string.Equals(text, "true", StringComparison.OrdinalIgnoreCase));

    private async Task<string?> AskForEmailAsync(
        OpenIdConnectClient client, OpenIdConnectConfiguration metadata, string? accessToken, string subject, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(metadata.UserInfoEndpoint) || accessToken is null)
            return null;
        using var message = new HttpRequestMessage(HttpMethod.Get, metadata.UserInfoEndpoint);
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        var answer = await provider.SendAsync(message, cancellationToken);
        var isVerified = answer.TryGetProperty("email_verified", out var verified)
            && (verified.ValueKind == JsonValueKind.True || string.Equals(ProviderClient.Text(answer, "email_verified"), "true", StringComparison.Ordinal));
        // OpenID Connect Core, 5.3.2: the response for another user must not be used.
        return string.Equals(ProviderClient.Text(answer, "sub"), subject, StringComparison.Ordinal) && (isVerified || client.TrustsEmail)
            ? ProviderClient.Text(answer, "email")
            : null;
    }

    private async Task<JsonElement> ExchangeAsync(
        OpenIdConnectClient client, OpenIdConnectConfiguration metadata, OpenIdRequest request, string code, CancellationToken cancellationToken)
    {
        var form = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["redirect_uri"] = request.RedirectUri,
            ["code_verifier"] = request.CodeVerifier,
            ["client_id"] = client.ClientId,
        };
        using var message = new HttpRequestMessage(HttpMethod.Post, metadata.TokenEndpoint);
        var methods = metadata.TokenEndpointAuthMethodsSupported;
        if (client.Secret.Length > 0 && (methods.Count == 0 || methods.Contains("client_secret_basic")))
        {
            // RFC 6749, 2.3.1: both parts are form-encoded first.
            var pair = $"{Uri.EscapeDataString(client.ClientId)}:{Uri.EscapeDataString(client.Secret)}";
            message.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
        }
        else if (client.Secret.Length > 0)
        {
            form["client_secret"] = client.Secret;
        }
        message.Content = new FormUrlEncodedContent(form);
        return await provider.SendAsync(message, cancellationToken);
    }

    private ProviderMetadata MetadataOf(OpenIdConnectClient client) => _metadata.GetOrAdd(client.Issuer, issuer => new ProviderMetadata(provider, issuer, clock));

    private async Task<OpenIdConnectConfiguration> DiscoverAsync(OpenIdConnectClient client, CancellationToken cancellationToken)
    {
        try
        {
            var metadata = await MetadataOf(client).GetAsync(cancellationToken);
            var isIssuer = metadata.Issuer.Contains(TenantPlaceholder, StringComparison.Ordinal)
                || string.Equals(metadata.Issuer.TrimEnd('/'), client.Issuer, StringComparison.Ordinal);
            return isIssuer ? metadata : throw ProviderClient.Refused();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or IOException or ArgumentException or HttpRequestException
            or StorageUnavailableException)
        {
            throw ProviderClient.Refused(e);
        }
    }

    private async Task<JsonWebToken> ValidateAsync(
        OpenIdConnectClient client, OpenIdConnectConfiguration metadata, string token, string nonce, CancellationToken cancellationToken)
    {
        var result = await _jwt.ValidateTokenAsync(token, ParametersOf(client, metadata));
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException && MetadataOf(client).TryRenew())
        {
            result = await _jwt.ValidateTokenAsync(token, ParametersOf(client, await DiscoverAsync(client, cancellationToken)));
        }
        if (!result.IsValid)
            throw ProviderClient.Refused(result.Exception);
        var claims = (JsonWebToken)result.SecurityToken;
        var isOurs = claims.TryGetPayloadValue<string>("nonce", out var given)
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(nonce))
            && !string.IsNullOrEmpty(claims.Subject)
            && (claims.Audiences.Count() == 1 || string.Equals(claims.Azp, client.ClientId, StringComparison.Ordinal));
        return isOurs ? claims : throw ProviderClient.Refused();
    }

    private TokenValidationParameters ParametersOf(OpenIdConnectClient client, OpenIdConnectConfiguration metadata) => new()
    {
        ValidAlgorithms = Algorithms,
        IssuerSigningKeys = metadata.SigningKeys,
        TryAllIssuerSigningKeys = false,
        ValidAudience = client.ClientId,
        RequireSignedTokens = true,
        IssuerValidator = (issuer, token, _) => string.Equals(issuer, IssuerOf(metadata, (JsonWebToken)token), StringComparison.Ordinal)
            ? issuer
            : throw new SecurityTokenInvalidIssuerException("The token was issued by a different issuer."),
        LifetimeValidator = (notBefore, expires, _, _) =>
            clock.GetUtcNow().UtcDateTime is var now && expires is { } end && now < end + ClockSkew && now + ClockSkew >= (notBefore ?? DateTime.MinValue),
    };

    // Directories of many tenants announce a template; the tenant is in the token.
    private static string IssuerOf(OpenIdConnectConfiguration metadata, JsonWebToken token) =>
        token.TryGetPayloadValue<string>(TenantId, out var tenant)
            ? metadata.Issuer.Replace(TenantPlaceholder, tenant, StringComparison.Ordinal)
            : metadata.Issuer;
}

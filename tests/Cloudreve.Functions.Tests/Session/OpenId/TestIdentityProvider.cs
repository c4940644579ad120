using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Cloudreve.Functions.Tests.Session.OpenId;

/// <summary>
/// An identity provider on a port of its own: OpenID Connect with discovery, keys, PKCE and user info; QQ's protocol; and the shape of
/// Microsoft Entra ID below a tenant. Its claims, true or false, are up to the test.
/// </summary>
internal sealed class TestIdentityProvider : IAsyncDisposable
{
    public const string ClientId = "cloudreve at the provider";
    public const string Secret = "s&cret +/:";
    public const string EntraInstance = "https://login.microsoftonline.com";
    public const string Tenant = "11111111-2222-3333-4444-555555555555";

    private readonly WebApplication _app;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<string, Dictionary<string, string>> _codes = new();
    private RSA _key = RSA.Create(2048);

    private TestIdentityProvider(WebApplication app, TimeProvider clock) => (_app, _clock) = (app, clock);

    /// <summary>The key's id; another one for each provider, since an app keeps the keys of an address and another one may listen there later.</summary>
    public string KeyId { get; private set; } = Guid.NewGuid().ToString();

    /// <summary>The address that it listens at.</summary>
    public string Address => _app.Urls.First().TrimEnd('/');

    /// <summary>The issuer of the tenant.</summary>
    public string EntraIssuer => $"{Address}/{Tenant}/v2.0";

    /// <summary>The person who has signed in at the provider.</summary>
    public string Subject { get; set; } = Guid.NewGuid().ToString();

    /// <summary>Claims of the next id token beside or in place of the usual ones; a null leaves a claim out.</summary>
    public Dictionary<string, object?> Claims { get; } = [];

    /// <summary>The user info besides the subject.</summary>
    public JsonObject UserInfo { get; set; } = [];

    /// <summary>Signs the next id token in another way.</summary>
    public Func<Dictionary<string, object>, string>? Sign { get; set; }

    /// <summary>The token endpoint's response in place of tokens; null for tokens.</summary>
    public string? TokenAnswer { get; set; }

    /// <summary>Starts a provider.</summary>
    /// <param name="clock">Stamps tokens.</param>
    public static async Task<TestIdentityProvider> StartAsync(TimeProvider clock)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var provider = new TestIdentityProvider(app, clock);
        app.MapFallback(async http => await (await provider.AnswerAsync(http)).ExecuteAsync(http));
        await app.StartAsync();
        return provider;
    }

    /// <summary>Does what a browser and a person do: goes to the address, consents and comes back with a code and the state.</summary>
    /// <param name="address">The address to which the site sent the user.</param>
    public (string Code, string State) Visit(string address)
    {
        var query = HttpUtility.ParseQueryString(new Uri(address).Query);
        var code = Guid.NewGuid().ToString("N");
        _codes[code] = query.AllKeys.ToDictionary(name => name!, name => query[name]!);
        return (code, query["state"]!);
    }

    /// <summary>Switches to another key, as providers do now and then.</summary>
    public void ChangeKey() => (_key, KeyId) = (RSA.Create(2048), "key-2");

    /// <summary>A token that is signed with the provider's key.</summary>
    public string Issue(Dictionary<string, object> claims) =>
        Issue(claims, new SigningCredentials(new RsaSecurityKey(_key) { KeyId = KeyId }, SecurityAlgorithms.RsaSha256));

    /// <summary>A token that is signed in any way.</summary>
    /// <param name="credentials">The credentials that sign it.</param>
    public static string Issue(Dictionary<string, object> claims, SigningCredentials credentials) =>
        new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }
            .CreateToken(new SecurityTokenDescriptor { Claims = claims, SigningCredentials = credentials });

    /// <summary>The public key as text.</summary>
    public string PublicKey => _key.ExportSubjectPublicKeyInfoPem();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task<IResult> AnswerAsync(HttpContext http) => http.Request.Path.Value switch
    {
        "/.well-known/openid-configuration" => Json(Metadata(Address, Address)),
        "/oidc/.well-known/openid-configuration" => Json(Metadata(Address + "/oidc", Address)),
        var path when path!.EndsWith("/v2.0/.well-known/openid-configuration", StringComparison.Ordinal) =>
            Json(Metadata(BaseOf(http) + path.Replace("/.well-known/openid-configuration", "", StringComparison.Ordinal), BaseOf(http))),
        "/keys" => Json(Keys()),
        "/token" => TokenAnswer is { } answer ? Results.Content(answer, "application/json") : await ExchangeAsync(http),
        "/userinfo" => http.Request.Headers.Authorization == "Bearer at" ? Json(With(UserInfo)) : Results.Unauthorized(),
        "/oauth2.0/token" => http.Request.Query["client_secret"] == Secret && _codes.ContainsKey(http.Request.Query["code"]!)
            ? Json(new JsonObject { ["access_token"] = "at" })
            : Results.BadRequest(),
        "/oauth2.0/me" => Json(new JsonObject { ["client_id"] = Claims.GetValueOrDefault("client_id") as string ?? ClientId, ["openid"] = Subject }),
        _ => Results.NotFound(),
    };

    // A user who was redirected here from Entra's own address is told so.
    private string BaseOf(HttpContext http) => new Uri(EntraInstance).Host == http.Request.Host.Value ? EntraInstance : Address;

    /// <summary>True if the provider has an address for signing out.</summary>
    public bool OffersSignOut { get; set; } = true;

    private static IResult Json(JsonObject body) => Results.Content(body.ToJsonString(), "application/json");

    private JsonObject With(JsonObject info)
    {
        var copy = (JsonObject)info.DeepClone();
        if (!copy.ContainsKey("sub"))
            copy["sub"] = Subject;
        return copy;
    }

    private JsonObject Metadata(string issuer, string address) => new()
    {
        ["issuer"] = issuer,
        ["end_session_endpoint"] = OffersSignOut ? issuer + "/sign-out" : null,
        ["authorization_endpoint"] = issuer + "/authorize",
        ["token_endpoint"] = address + "/token",
        ["userinfo_endpoint"] = address + "/userinfo",
        ["jwks_uri"] = address + "/keys",
    };

    private JsonObject Keys()
    {
        var key = _key.ExportParameters(includePrivateParameters: false);
        var issuer = $"{EntraInstance}/{{tenantid}}/v2.0";
        return new JsonObject
        {
            ["keys"] = new JsonArray(new JsonObject
            {
                ["kty"] = "RSA",
                ["use"] = "sig",
                ["kid"] = KeyId,
                ["n"] = Base64Url.EncodeToString(key.Modulus),
                ["e"] = Base64Url.EncodeToString(key.Exponent),
                ["issuer"] = issuer,
            }),
        };
    }

    private async Task<IResult> ExchangeAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        var expected = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Uri.EscapeDataString(ClientId)}:{Uri.EscapeDataString(Secret)}"));
        if (http.Request.Headers.Authorization != expected || form["grant_type"] != "authorization_code" || !_codes.TryRemove(form["code"]!, out var request))
            return Results.BadRequest();
        Assert.Equal("S256", request["code_challenge_method"]);
        if (request["redirect_uri"] != form["redirect_uri"]
            || request["code_challenge"] != Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString()))))
            return Results.BadRequest();
        var claims = new Dictionary<string, object>
        {
            ["iss"] = Address,
            ["aud"] = ClientId,
            ["sub"] = Subject,
            ["nonce"] = request["nonce"],
            ["iat"] = _clock.GetUtcNow().ToUnixTimeSeconds(),
            ["exp"] = _clock.GetUtcNow().AddMinutes(5).ToUnixTimeSeconds(),
        };
        foreach (var (name, value) in Claims)
        {
            if (value is null)
                claims.Remove(name);
            else
                claims[name] = value;
        }
        return Json(new JsonObject { ["access_token"] = "at", ["token_type"] = "Bearer", ["id_token"] = (Sign ?? Issue)(claims) });
    }
}

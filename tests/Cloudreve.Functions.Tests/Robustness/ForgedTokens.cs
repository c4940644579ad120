using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Cloudreve.Functions.Tests.Robustness;

/// <summary>Creates access tokens that must be rejected.</summary>
/// <param name="genuine">A valid access token.</param>
/// <param name="secret">The secret that signs tokens.</param>
internal sealed class ForgedTokens(string genuine, string secret)
{
    private readonly string[] _parts = genuine.Split('.');

    /// <summary>Header values by what is wrong with them.</summary>
    public IReadOnlyDictionary<string, string> All => new Dictionary<string, string>
    {
        ["no token"] = "Bearer",
        ["an empty token"] = "Bearer ",
        ["no JWT"] = "Bearer x",
        ["three empty parts"] = "Bearer ..",
        ["another scheme"] = $"Basic {genuine}",
        ["a signature of another key"] = Bearer(Sign(_parts[0], _parts[1], "another secret that is long enough for the algorithm")),
        ["no signature"] = $"Bearer {_parts[0]}.{_parts[1]}.",
        ["a changed payload"] = $"Bearer {_parts[0]}.{Change(_parts[1], "exp", 9_999_999_999)}.{_parts[2]}",
        ["alg none"] = $"Bearer {Change(_parts[0], "alg", "none")}.{_parts[1]}.",
        ["alg None with a signature"] = $"Bearer {Change(_parts[0], "alg", "None")}.{_parts[1]}.{_parts[2]}",
        ["alg HS512 with the right key"] = Bearer(Sign512(Change(_parts[0], "alg", "HS512"), _parts[1])),
        ["alg RS256 with the key as text"] = Bearer(Sign(Change(_parts[0], "alg", "RS256"), _parts[1], secret)),
        ["expired long ago"] = Bearer(Sign(_parts[0], Change(_parts[1], "exp", 1_000_000_000), secret)),
        ["no expiry"] = Bearer(Sign(_parts[0], Change(_parts[1], "exp", null), secret)),
        ["not valid yet"] = Bearer(Sign(_parts[0], Change(_parts[1], "nbf", 9_999_999_999), secret)),
        ["no subject"] = Bearer(Sign(_parts[0], Change(_parts[1], "sub", null), secret)),
        ["an unknown subject"] = Bearer(Sign(_parts[0], Change(_parts[1], "sub", "zzzzzz"), secret)),
        ["a payload that is no object"] = Bearer(Sign(_parts[0], Base64Url.EncodeToString("7"u8), secret)),
        ["a very long token"] = $"Bearer {_parts[0]}.{new string('a', 12_000)}.{_parts[2]}",
    };

    /// <summary>Header values of well signed tokens that are no access tokens.</summary>
    /// <param name="refreshToken">A valid refresh token.</param>
    public IReadOnlyDictionary<string, string> OfAnotherType(string refreshToken) => new Dictionary<string, string>
    {
        ["a refresh token"] = Bearer(refreshToken),
        ["no type"] = Bearer(Sign(_parts[0], Change(_parts[1], "token_type", null), secret)),
        ["an unknown type"] = Bearer(Sign(_parts[0], Change(_parts[1], "token_type", "admin"), secret)),
    };

    private static string Bearer(string token) => $"Bearer {token}";

    private static string Change(string part, string claim, JsonNode? value)
    {
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(part))!.AsObject();
        claims.Remove(claim);
        if (value is not null)
            claims[claim] = value;
        return Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()));
    }

    private static string Sign(string header, string payload, string key) =>
        $"{header}.{payload}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.ASCII.GetBytes($"{header}.{payload}")))}";

    private string Sign512(string header, string payload) =>
        $"{header}.{payload}.{Base64Url.EncodeToString(HMACSHA512.HashData(Encoding.UTF8.GetBytes(secret), Encoding.ASCII.GetBytes($"{header}.{payload}")))}";
}

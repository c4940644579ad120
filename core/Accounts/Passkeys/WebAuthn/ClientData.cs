using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace Cloudreve.Core.Accounts.Passkeys.WebAuthn;

/// <summary>Client data of a ceremony, which the browser collects (WebAuthn Level 3, 5.8.1).</summary>
internal static class ClientData
{
    public const string Create = "webauthn.create";
    public const string Get = "webauthn.get";

    /// <summary>Throws unless client data belong to a ceremony (7.1 steps 7 to 11, 7.2 steps 10 to 14).</summary>
    /// <param name="json">The client data, as signed.</param>
    /// <param name="type"><see cref="Create"/> or <see cref="Get"/>.</param>
    /// <param name="challenge">The ceremony's challenge.</param>
    /// <param name="origin">The site's origin.</param>
    /// <exception cref="WebAuthnException">They do not.</exception>
    public static void Check(ReadOnlyMemory<byte> json, string type, ReadOnlySpan<byte> challenge, string origin)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (!root.TryGetProperty("type", out var actualType) || !actualType.ValueEquals(type))
                throw new WebAuthnException("The client data belongs to a different ceremony.");
            if (!root.TryGetProperty("challenge", out var given) || given.GetString() is not { } text || !IsChallenge(text, challenge))
                throw new WebAuthnException("The challenge does not match.");
            if (!root.TryGetProperty("origin", out var actualOrigin) || !actualOrigin.ValueEquals(origin))
                throw new WebAuthnException("The origin does not match this site.");
            // Ceremonies never run in a frame of another site.
            if ((root.TryGetProperty("crossOrigin", out var cross) && cross.ValueKind != JsonValueKind.False) || root.TryGetProperty("topOrigin", out _))
                throw new WebAuthnException("The page is embedded by another origin.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new WebAuthnException("The client data is malformed.");
        }
    }

    private static bool IsChallenge(string text, ReadOnlySpan<byte> challenge)
    {
        var expected = Base64Url.EncodeToString(challenge);
        return text.Length == expected.Length
            && CryptographicOperations.FixedTimeEquals(System.Text.Encoding.UTF8.GetBytes(text), System.Text.Encoding.UTF8.GetBytes(expected));
    }
}

using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Accounts.Passkeys.WebAuthn;

/// <summary>A credential as a browser sends it (WebAuthn Level 3, 5.1.8), with bytes in base64url.</summary>
/// <param name="Id">The credential's id.</param>
/// <param name="Type">public-key.</param>
/// <param name="Response">The response of the authenticator.</param>
internal sealed record CredentialResponse(string Id, string Type, AuthenticatorResponse Response)
{
    private const string PublicKey = "public-key";

    /// <summary>Parses a credential.</summary>
    /// <exception cref="CloudreveException">40001: it is malformed.</exception>
    public static CredentialResponse Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, WebAuthnJson.Default.CredentialResponse) is { Id: not null, Type: PublicKey, Response: not null } response
                ? response
                : throw Malformed();
        }
        catch (JsonException)
        {
            throw Malformed();
        }
    }

    /// <summary>Decodes bytes.</summary>
    /// <param name="text">base64url; null for a field that is missing.</param>
    /// <exception cref="CloudreveException">40001: they are missing or malformed.</exception>
    public static byte[] Decode(string? text) =>
        text is not null && Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : throw Malformed();

    private static CloudreveException Malformed() => new(ErrorCode.BadParameter, "The credential is malformed.");
}

/// <summary>The response of an authenticator: an attestation at a registration, an assertion at a sign-in.</summary>
internal sealed record AuthenticatorResponse
{
    /// <summary>The client data, as signed.</summary>
    [JsonPropertyName("clientDataJSON")]
    public string? ClientData { get; init; }

    /// <summary>The attestation object.</summary>
    public string? AttestationObject { get; init; }

    /// <summary>The authenticator data, as signed.</summary>
    public string? AuthenticatorData { get; init; }

    /// <summary>The signature.</summary>
    public string? Signature { get; init; }

    /// <summary>The handle of the user that the credential belongs to.</summary>
    public string? UserHandle { get; init; }
}

/// <summary>JSON of credentials.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CredentialResponse))]
internal sealed partial class WebAuthnJson : JsonSerializerContext;

using System.Buffers.Text;
using System.Text.Json.Serialization;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Identity.Passkeys;
using Cloudreve.Core.Settings;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Session.Passkeys;

/// <summary>The body that ends a registration.</summary>
/// <param name="Response">The credential, as JSON text.</param>
/// <param name="Name">What to call it.</param>
/// <param name="Ua">What the browser says about itself.</param>
internal sealed record FinishRegistrationRequest(string Response, string Name, string Ua);

/// <summary>The body that ends a sign-in.</summary>
/// <param name="SessionId">What the beginning answered.</param>
/// <param name="Response">The assertion, as JSON text.</param>
internal sealed record FinishPasskeySignInRequest(string SessionId, string Response);

/// <summary>A passkey as its owner sees it.</summary>
/// <param name="Id">The credential's id in base64.</param>
/// <param name="Name">What the owner calls it.</param>
/// <param name="CreatedAt">When it was registered.</param>
/// <param name="UsedAt">When it was last used.</param>
internal sealed record PasskeyResponse(string Id, string Name, DateTimeOffset CreatedAt, DateTimeOffset? UsedAt)
{
    /// <summary>Describes a passkey.</summary>
    /// <param name="passkey">The passkey.</param>
    public static PasskeyResponse Of(Passkey passkey) =>
        new(Convert.ToBase64String(passkey.CredentialId), passkey.Name, passkey.CreatedAt, passkey.UsedAt);
}

/// <summary>Options for the browser, under the name that its interface takes.</summary>
/// <param name="PublicKey">The options.</param>
/// <typeparam name="T">Their type.</typeparam>
internal sealed record PublicKeyOptions<T>([property: JsonPropertyName("publicKey")] T PublicKey)
    where T : class;

/// <summary>What begins a sign-in.</summary>
/// <param name="SessionId">Its id.</param>
/// <param name="Options">Options for the browser.</param>
internal sealed record PreparePasskeySignInResponse(string SessionId, PublicKeyOptions<RequestOptions> Options);

/// <summary>Options of a sign-in (WebAuthn Level 3, 5.5); without a list of credentials any of the site will do.</summary>
/// <param name="Challenge">base64url.</param>
/// <param name="Timeout">Milliseconds.</param>
/// <param name="RpId">The site's domain.</param>
/// <param name="UserVerification">Whether the authenticator shall verify who uses it.</param>
internal sealed record RequestOptions(
    string Challenge, int Timeout, [property: JsonPropertyName("rpId")] string RpId,
    [property: JsonPropertyName("userVerification")] string UserVerification);

/// <summary>The site.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Id">Its domain.</param>
internal sealed record RelyingPartyEntity(string Name, string Id);

/// <summary>The user.</summary>
/// <param name="Id">The user handle in base64url.</param>
/// <param name="Name">The mail address.</param>
/// <param name="DisplayName">What others see.</param>
internal sealed record UserEntity(string Id, string Name, [property: JsonPropertyName("displayName")] string DisplayName);

/// <summary>An algorithm that is taken.</summary>
/// <param name="Type">public-key.</param>
/// <param name="Alg">Its COSE number.</param>
internal sealed record CredentialParameter(string Type, int Alg);

/// <summary>A credential that exists.</summary>
/// <param name="Type">public-key.</param>
/// <param name="Id">base64url.</param>
internal sealed record CredentialDescriptor(string Type, string Id);

/// <summary>What authenticators are wanted.</summary>
/// <param name="ResidentKey">Whether the credential must be found without its id.</param>
/// <param name="RequireResidentKey">The same, for browsers of Level 1.</param>
/// <param name="UserVerification">Whether the authenticator shall verify who uses it.</param>
internal sealed record AuthenticatorSelection(
    [property: JsonPropertyName("residentKey")] string ResidentKey,
    [property: JsonPropertyName("requireResidentKey")] bool RequireResidentKey,
    [property: JsonPropertyName("userVerification")] string UserVerification);

/// <summary>Options of a registration (WebAuthn Level 3, 5.4).</summary>
internal sealed record CreationOptions
{
    private const string PublicKey = "public-key";
    private const string Preferred = "preferred";
    private const string Required = "required";

    /// <summary>The site.</summary>
    public required RelyingPartyEntity Rp { get; init; }

    /// <summary>The user.</summary>
    public required UserEntity User { get; init; }

    /// <summary>base64url.</summary>
    public required string Challenge { get; init; }

    /// <summary>The algorithms that are taken, the best one first.</summary>
    [JsonPropertyName("pubKeyCredParams")]
    public required IReadOnlyList<CredentialParameter> Parameters { get; init; }

    /// <summary>Milliseconds.</summary>
    public required int Timeout { get; init; }

    /// <summary>The user's credentials, so that no authenticator gets two.</summary>
    [JsonPropertyName("excludeCredentials")]
    public required IReadOnlyList<CredentialDescriptor> Excluded { get; init; }

    /// <summary>What authenticators are wanted.</summary>
    [JsonPropertyName("authenticatorSelection")]
    public AuthenticatorSelection Selection { get; } = new(Required, RequireResidentKey: true, Preferred);

    /// <summary>Whether the site wants to know the model.</summary>
    public string Attestation { get; } = "none";

    /// <summary>The options of a registration.</summary>
    /// <param name="user">Who registers.</param>
    /// <param name="challenge">The challenge.</param>
    /// <param name="origin">The site's origin.</param>
    /// <param name="known">The user's passkeys.</param>
    /// <param name="site">The site.</param>
    public static CreationOptions Of(User user, byte[] challenge, string origin, IReadOnlyList<Passkey> known, SiteSettings site) => new()
    {
        Rp = new RelyingPartyEntity(site.Get(SiteSetting.SiteName), new Uri(origin).Host),
        User = new UserEntity(
            Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(site.HashIds.Encode(user.Id, HashIdKind.User))), user.Email, user.Nick),
        Challenge = Base64Url.EncodeToString(challenge),
        Parameters = [.. PasskeyCeremonies.Algorithms.Select(algorithm => new CredentialParameter(PublicKey, algorithm))],
        Timeout = (int)PasskeyCeremonies.Lifetime.TotalMilliseconds,
        Excluded = [.. known.Select(passkey => new CredentialDescriptor(PublicKey, Base64Url.EncodeToString(passkey.CredentialId)))],
    };
}

/// <summary>JSON of the group.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(FinishRegistrationRequest))]
[JsonSerializable(typeof(FinishPasskeySignInRequest))]
[JsonSerializable(typeof(ApiResponse<PublicKeyOptions<CreationOptions>>))]
[JsonSerializable(typeof(ApiResponse<PreparePasskeySignInResponse>))]
[JsonSerializable(typeof(ApiResponse<PasskeyResponse>))]
internal sealed partial class PasskeyJsonContext : JsonSerializerContext;

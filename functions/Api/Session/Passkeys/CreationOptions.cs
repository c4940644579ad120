using System.Buffers.Text;
using System.Text.Json.Serialization;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Passkeys;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Functions.Api.Session.Passkeys;

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

    /// <summary>The accepted algorithms, the best one first.</summary>
    [JsonPropertyName("pubKeyCredParams")]
    public required IReadOnlyList<CredentialParameter> Parameters { get; init; }

    /// <summary>Milliseconds.</summary>
    public required int Timeout { get; init; }

    /// <summary>The user's credentials, so that no authenticator gets two.</summary>
    [JsonPropertyName("excludeCredentials")]
    public required IReadOnlyList<CredentialDescriptor> Excluded { get; init; }

    /// <summary>The site's requirements for authenticators.</summary>
    [JsonPropertyName("authenticatorSelection")]
    public AuthenticatorSelection Selection { get; } = new(Required, RequireResidentKey: true, Preferred);

    /// <summary>The attestation conveyance that the site asks for.</summary>
    public string Attestation { get; } = "none";

    /// <summary>The options of a registration.</summary>
    /// <param name="user">The user who registers it.</param>
    /// <param name="origin">The site's origin.</param>
    /// <param name="known">The user's passkeys.</param>
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

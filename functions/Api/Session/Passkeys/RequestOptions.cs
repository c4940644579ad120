using System.Text.Json.Serialization;

namespace Cloudreve.Functions.Api.Session.Passkeys;

/// <summary>Options of a sign-in (WebAuthn Level 3, 5.5); without a list of credentials any of the site's is accepted.</summary>
/// <param name="Challenge">base64url.</param>
/// <param name="Timeout">Milliseconds.</param>
/// <param name="RpId">The site's domain.</param>
/// <param name="UserVerification">The requirement that the authenticator verifies the user.</param>
internal sealed record RequestOptions(
    string Challenge, int Timeout, [property: JsonPropertyName("rpId")] string RpId,
    [property: JsonPropertyName("userVerification")] string UserVerification);

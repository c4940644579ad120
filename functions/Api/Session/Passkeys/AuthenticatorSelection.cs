using System.Text.Json.Serialization;

namespace Cloudreve.Functions.Api.Session.Passkeys;

/// <summary>The site's requirements for authenticators.</summary>
/// <param name="ResidentKey">Whether the credential must be found without its id.</param>
/// <param name="RequireResidentKey">The same, for browsers of Level 1.</param>
/// <param name="UserVerification">Whether the authenticator shall verify who uses it.</param>
internal sealed record AuthenticatorSelection(
    [property: JsonPropertyName("residentKey")] string ResidentKey,
    [property: JsonPropertyName("requireResidentKey")] bool RequireResidentKey,
    [property: JsonPropertyName("userVerification")] string UserVerification);

using System.Text.Json.Serialization;

namespace Cloudreve.Functions.Api.Session.Passkeys;

/// <summary>The site's requirements for authenticators.</summary>
/// <param name="ResidentKey">The requirement that the credential can be found without its id.</param>
/// <param name="RequireResidentKey">The same, for browsers of Level 1.</param>
/// <param name="UserVerification">The requirement that the authenticator verifies the user.</param>
internal sealed record AuthenticatorSelection(
    [property: JsonPropertyName("residentKey")] string ResidentKey,
    [property: JsonPropertyName("requireResidentKey")] bool RequireResidentKey,
    [property: JsonPropertyName("userVerification")] string UserVerification);

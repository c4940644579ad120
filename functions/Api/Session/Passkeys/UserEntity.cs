using System.Text.Json.Serialization;

namespace Cloudreve.Functions.Api.Session.Passkeys;

/// <summary>The user.</summary>
/// <param name="Id">The user handle in base64url.</param>
/// <param name="Name">The mail address.</param>
internal sealed record UserEntity(string Id, string Name, [property: JsonPropertyName("displayName")] string DisplayName);

namespace Cloudreve.Functions.Api.Session.Passkeys;

/// <summary>A credential that exists.</summary>
/// <param name="Type">public-key.</param>
/// <param name="Id">base64url.</param>
internal sealed record CredentialDescriptor(string Type, string Id);

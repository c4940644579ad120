namespace Cloudreve.Functions.Api.Session.Passkeys;

/// <summary>An algorithm that is taken.</summary>
/// <param name="Type">public-key.</param>
/// <param name="Alg">Its COSE number.</param>
internal sealed record CredentialParameter(string Type, int Alg);

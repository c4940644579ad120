namespace Cloudreve.Functions.Api.Session.Passkeys;

/// <summary>The data that begins a sign-in.</summary>
/// <param name="Options">Options for the browser.</param>
internal sealed record PreparePasskeySignInResponse(string SessionId, PublicKeyOptions<RequestOptions> Options);

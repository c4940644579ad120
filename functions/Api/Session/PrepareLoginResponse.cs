namespace Cloudreve.Functions.Api.Session;

/// <summary>The ways in which an account may sign in.</summary>
/// <param name="WebauthnEnabled">By passkey.</param>
/// <param name="PasswordEnabled">By password.</param>
/// <param name="SsoEnabled">With Logto.</param>
/// <param name="QqEnabled">With QQ.</param>
internal sealed record PrepareLoginResponse(bool WebauthnEnabled, bool PasswordEnabled, bool SsoEnabled, bool QqEnabled);

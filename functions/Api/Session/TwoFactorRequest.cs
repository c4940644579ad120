namespace Cloudreve.Functions.Api.Session;

/// <summary>The body of a sign-in's second step.</summary>
/// <param name="Otp">The code of the authenticator app.</param>
/// <param name="SessionId">The session id from the first step.</param>
internal sealed record TwoFactorRequest(string Otp, string SessionId);

namespace Cloudreve.Functions.Api.Session;

/// <summary>The body of a refresh and of a sign-out.</summary>
/// <param name="RefreshToken">The refresh token.</param>
internal sealed record RefreshTokenRequest(string RefreshToken);

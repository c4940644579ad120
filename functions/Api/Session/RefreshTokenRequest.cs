namespace Cloudreve.Functions.Api.Session;

/// <summary>The body of a refresh and of a sign-out.</summary>
internal sealed record RefreshTokenRequest(string RefreshToken);

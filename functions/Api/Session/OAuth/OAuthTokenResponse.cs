namespace Cloudreve.Functions.Api.Session.OAuth;

/// <summary>Tokens of an application (RFC 6749, 5.1).</summary>
/// <param name="TokenType">Bearer.</param>
/// <param name="ExpiresIn">Seconds until its end.</param>
/// <param name="Scope">The scopes that it allows, separated by spaces.</param>
internal sealed record OAuthTokenResponse(string AccessToken, string TokenType, long ExpiresIn, string Scope)
{
    /// <summary>Refresh token; only with offline access.</summary>
    public string? RefreshToken { get; init; }

    /// <summary>Seconds until it expires; only with offline access.</summary>
    public long? RefreshTokenExpiresIn { get; init; }
}

using Cloudreve.Core.Accounts;

namespace Cloudreve.Functions.Api.Session;

/// <summary>A pair of tokens.</summary>
/// <param name="AccessExpires">End of the access token.</param>
/// <param name="RefreshExpires">End of the refresh token.</param>
internal sealed record TokenResponse(string AccessToken, string RefreshToken, DateTimeOffset AccessExpires, DateTimeOffset RefreshExpires)
{
    /// <summary>Describes a pair.</summary>
    public static TokenResponse Of(TokenPair pair) => new(pair.AccessToken, pair.RefreshToken, pair.AccessExpires, pair.RefreshExpires);
}

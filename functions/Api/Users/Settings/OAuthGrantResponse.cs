using Cloudreve.Core.Accounts.OAuth;

namespace Cloudreve.Functions.Api.Users.Settings;

/// <summary>A grant to an application.</summary>
/// <param name="ClientId">The application.</param>
/// <param name="ClientLogo">The address of its picture; empty without one.</param>
/// <param name="Scopes">The scopes that it may use.</param>
/// <param name="LastUsedAt">The time it last got tokens.</param>
internal sealed record OAuthGrantResponse(string ClientId, string ClientName, string ClientLogo, IReadOnlyList<string> Scopes, DateTimeOffset? LastUsedAt)
{
    /// <summary>Describes a grant.</summary>
    /// <param name="client">The application; null when it no longer exists.</param>
    public static OAuthGrantResponse Of(OAuthGrant grant, OAuthClient? client) =>
        new(grant.ClientId.ToString("D"), client?.Name ?? "", client?.Icon ?? "", grant.Scopes, grant.LastUsedAt);
}

namespace Cloudreve.Core.Accounts.OAuth;

/// <summary>The scopes of an OAuth client that acts on behalf of a user.</summary>
/// <param name="Scopes">The granted scopes.</param>
public sealed record ClientScopes(Guid ClientId, IReadOnlySet<string> Scopes)
{
    /// <summary>Lifetime of its refresh tokens; null for that of the site's own clients.</summary>
    public TimeSpan? RefreshLifetime { get; init; }
}

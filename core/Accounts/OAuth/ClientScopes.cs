namespace Cloudreve.Core.Accounts.OAuth;

/// <summary>What an OAuth client may do in the name of a user.</summary>
/// <param name="ClientId">The client.</param>
/// <param name="Scopes">What it was granted.</param>
public sealed record ClientScopes(Guid ClientId, IReadOnlySet<string> Scopes)
{
    /// <summary>How long its refresh tokens live; null for as long as those of the site's own clients.</summary>
    public TimeSpan? RefreshLifetime { get; init; }
}

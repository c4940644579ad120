namespace Cloudreve.Core.Infrastructure.Caching;

/// <summary>Age limits of a cached value.</summary>
/// <param name="MaxAge">Its age while it can be read: a change is visible after that time at most.</param>
/// <param name="MaxStale">Its age while it cannot be read. Short for values that decide on permissions.</param>
internal sealed record AgeLimits(TimeSpan MaxAge, TimeSpan MaxStale)
{
    /// <summary>The time that a read may take: requests wait for the first one.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(5);
}

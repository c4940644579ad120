namespace Cloudreve.Core.Infrastructure.Caching;

/// <summary>Age limits of a cached value.</summary>
/// <param name="MaxAge">While it can be read again: a change shows after that time at most.</param>
/// <param name="MaxStale">While it cannot. Short where it decides who may do what.</param>
internal sealed record AgeLimits(TimeSpan MaxAge, TimeSpan MaxStale)
{
    /// <summary>The time that a read may take: requests wait for the first one.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(5);
}

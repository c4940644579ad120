namespace Cloudreve.Core.Infrastructure.Caching;

/// <summary>How old a value may be that is kept.</summary>
/// <param name="MaxAge">While it can be read anew: a change shows after that time at most.</param>
/// <param name="MaxStale">While it cannot. Short where it decides who may do what.</param>
internal sealed record AgeLimits(TimeSpan MaxAge, TimeSpan MaxStale)
{
    /// <summary>How long a read may take: requests wait for the first one.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(5);
}

namespace Cloudreve.Functions.Triggers.Timers;

/// <summary>
/// Lets a daily sweep remove all accumulated rows, however many, and ends it before the host would end the worker with all its other work.
/// The limit is time, since a limit of rows would fall behind permanently on a site, or under an attack, that leaves more of them.
/// </summary>
/// <param name="clock">Measures the time.</param>
/// <param name="logger">Hears of what is left.</param>
internal sealed class TimedSweep(TimeProvider clock, ILogger<TimedSweep> logger)
{
    /// <summary>The time that a sweep may take: well below the host's <c>functionTimeout</c>, with several in one function.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(8);

    /// <summary>Runs a sweep.</summary>
    /// <param name="sweep">Removes rows, at most the given number, and returns how many.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <returns>The number removed; null when the time was up before all were.</returns>
    public async Task<int?> RunAsync(Func<int, CancellationToken, Task<int>> sweep, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Longest, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await sweep(int.MaxValue, linked.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            logger.LogWarning("A sweep took {Minutes} minutes and is not done; the next run goes on", Longest.TotalMinutes);
            return null;
        }
    }
}

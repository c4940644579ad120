using System.Diagnostics;

namespace Cloudreve.EndToEnd.Processes;

/// <summary>Waits for events that come soon, but are not announced.</summary>
internal static class Eventually
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Waits until a condition holds.</summary>
    /// <param name="limit">The time to wait.</param>
    /// <param name="describe">Describes what was awaited and what happened instead.</param>
    /// <exception cref="TimeoutException">It did not hold in time.</exception>
    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan limit, Func<string> describe)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > limit)
                throw new TimeoutException($"Not within {limit.TotalSeconds} s: {describe()}");
            await Task.Delay(s_pause);
        }
    }
}

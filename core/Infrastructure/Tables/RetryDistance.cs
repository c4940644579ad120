namespace Cloudreve.Core.Infrastructure.Tables;

/// <summary>The delay before an item that failed in the background is retried: longer each time, so that it costs the others little.</summary>
internal static class RetryDistance
{
    /// <summary>The property of a row that counts failed tries.</summary>
    public const string Tries = "tries";

    private const int MaxDoublings = 7;

    private static readonly TimeSpan s_first = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    /// <summary>The delay after a number of failed tries, at least one.</summary>
    public static TimeSpan After(long tries)
    {
        var distance = s_first * (1 << (int)Math.Clamp(tries - 1, 0, MaxDoublings));
        return distance < s_longest ? distance : s_longest;
    }
}

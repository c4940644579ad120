namespace Cloudreve.Load.Faults;

/// <summary>A time in which storage is disturbed.</summary>
/// <param name="Calm">The quiet time before.</param>
/// <param name="Kind">The kind of fault.</param>
/// <param name="Share">The fraction of the requests that it happens to.</param>
/// <param name="Length">Its duration.</param>
public sealed record FaultWindow(TimeSpan Calm, FaultKind Kind, double Share, TimeSpan Length);

/// <summary>The times and kinds of disturbances of storage.</summary>
public static class FaultPlan
{
    private const double ShortestOutage = 5;

    private static readonly (FaultKind Kind, double Share)[] s_kinds =
    [
        (FaultKind.Outage, 1), (FaultKind.LostAnswer, 0.15), (FaultKind.Reset, 0.3), (FaultKind.Unavailable, 0.3),
        (FaultKind.Delay, 0.3), (FaultKind.BlackHole, 0.02), (FaultKind.Trickle, 0.2),
    ];

    /// <summary>Windows that fill a time, each kind once in turn, in an order drawn again for each round.</summary>
    /// <param name="random">Repeats the plan.</param>
    public static IReadOnlyList<FaultWindow> Draw(Random random, TimeSpan time)
    {
        var windows = new List<FaultWindow>();
        var left = time.TotalSeconds;
        while (left > 0)
        {
            foreach (var (kind, share) in Shuffled(random))
            {
                var calm = 3 + (random.NextDouble() * 4);
                var length = kind == FaultKind.Outage ? OutageLength(random, time) : 2 + (random.NextDouble() * 4);
                left -= calm + length;
                if (left <= 0)
                    break;
                windows.Add(new FaultWindow(TimeSpan.FromSeconds(calm), kind, share, TimeSpan.FromSeconds(length)));
            }
        }
        return windows;
    }

    /// <summary>5 to 30 seconds, but no more than a fifth of a short run.</summary>
    private static double OutageLength(Random random, TimeSpan time) =>
        ShortestOutage + (random.NextDouble() * Math.Clamp((time.TotalSeconds / 5) - ShortestOutage, 0, 25));

    private static (FaultKind Kind, double Share)[] Shuffled(Random random)
    {
        var kinds = s_kinds.ToArray();
        random.Shuffle(kinds);
        return kinds;
    }
}

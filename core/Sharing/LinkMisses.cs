using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Caching;

namespace Cloudreve.Core.Sharing;

/// <summary>
/// Limits the number of nonexistent link addresses that a client may try. Nobody can compute an address, so this is a second line of defence: it
/// keeps such attempts cheap. It counts in each process: a shared count would cost the site more than the
/// tries do.
/// </summary>
/// <param name="clock">Determines when a window ends.</param>
public sealed class LinkMisses(TimeProvider clock)
{
    /// <summary>Maximum number of misses of a client within a window.</summary>
    public const int Most = 100;

    /// <summary>The time that misses count, from the first one.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private const int MaxClients = 50_000;

    private readonly BoundedCache<string, Misses> _clients = new(MaxClients, clock);

    /// <summary>Checks whether a client has used up its misses: until the window ends, no link exists for it.</summary>
    public bool IsSpent(ClientAddress client) => _clients.Find(client.Key)?.Count >= Most;

    /// <summary>Counts a miss.</summary>
    public void Count(ClientAddress client)
    {
        // Two misses at once may count as one; the limit is approximate.
        var now = clock.GetUtcNow();
        var misses = _clients.Find(client.Key) ?? new Misses(0, now + Window);
        _clients.Keep(client.Key, misses with { Count = misses.Count + 1 }, misses.Until);
    }

    private sealed record Misses(int Count, DateTimeOffset Until);
}

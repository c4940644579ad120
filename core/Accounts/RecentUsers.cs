using System.Collections.Concurrent;
using Cloudreve.Core.Infrastructure.Caching;

namespace Cloudreve.Core.Accounts;

/// <summary>
/// Accounts as they were a moment ago: every request identifies its caller, so all who ask for one at the same time share a read, and while
/// storage is slow or down an older state serves a little longer.
/// </summary>
internal sealed class RecentUsers(TimeProvider clock)
{
    /// <summary>The maximum age of an account while storage is slow or down; a ban must take effect soon.</summary>
    private static readonly TimeSpan MaxStale = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Maximum number of cached accounts; those that were read longest ago are dropped first.</summary>
    private const int MaxKept = 10_000;

    private readonly BoundedCache<long, Kept> _kept = new(MaxKept, clock);
    private readonly ConcurrentDictionary<long, SharedAttempt<Kept>> _reading = [];

    /// <summary>Finds an account that was read at most <see cref="UserStore.MaxAge"/> ago.</summary>
    /// <param name="user">The account; null when there was none.</param>
    /// <returns>False when it has to be read.</returns>
    public bool TryFind(long id, out User? user)
    {
        var kept = _kept.Find(id);
        user = kept?.User;
        return kept is not null && clock.GetElapsedTime(kept.ReadAt) < UserStore.MaxAge;
    }

    /// <summary>Keeps an account that was just read or written.</summary>
    /// <param name="readAt">The clock's timestamp before the call to storage.</param>
    public User Keep(User user, long readAt)
    {
        _kept.Keep(user.Id, new Kept(user, readAt), clock.GetUtcNow() + MaxStale);
        return user;
    }

    /// <summary>Forgets an account that was removed.</summary>
    public void Forget(long id) => _kept.Forget(id);

    /// <summary>Reads an account, once for all who ask for it at the same time.</summary>
    /// <param name="read">Reads the account; null when there is none.</param>
    public async Task<User?> ReadAsync(long id, Func<long, CancellationToken, Task<User?>> read, CancellationToken cancellationToken)
    {
        var attempt = _reading.GetOrAdd(id, key => new SharedAttempt<Kept>(token => ReadNowAsync(key, read, token), ReadTimeout, clock)).Join();
        var found = await attempt.OrKnownAsync(
            () => _kept.Find(id) is { } kept && clock.GetElapsedTime(kept.ReadAt) < MaxStale ? kept : null, cancellationToken);
        return found.User;
    }

    private async Task<Kept> ReadNowAsync(long id, Func<long, CancellationToken, Task<User?>> read, CancellationToken cancellationToken)
    {
        var readAt = clock.GetTimestamp();
        try
        {
            return new Kept(await read(id, cancellationToken), readAt);
        }
        finally
        {
            _reading.TryRemove(id, out _);
        }
    }

    /// <summary>An account as it was read; null when there was none.</summary>
    private sealed record Kept(User? User, long ReadAt);
}

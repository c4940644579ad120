using System.Runtime.CompilerServices;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Activities.Streams;

/// <summary>Options of event streams.</summary>
/// <param name="Debounce">The time that an event is held back for further events of the same file.</param>
/// <param name="MaxAge">The time that events are kept for clients that are offline.</param>
public sealed record EventStreamOptions(TimeSpan Debounce, TimeSpan MaxAge)
{
    /// <summary>The silence after which a client gets a sign of life (contract, section 26).</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Lifetime of one stream; front ends of the platform cut an answer off after 230 s, in the middle of it.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromSeconds(220);
}

/// <summary>
/// The event streams of folders (contract, section 26). They are fed by the rows that <see cref="ActivityLog"/> writes, so that
/// no process needs to know of another: a process reads the new rows of a drive every few seconds while streams of it are open, one
/// transaction each time, however many they are.
/// </summary>
/// <param name="log">The events.</param>
/// <param name="clock">Waits and stamps.</param>
public sealed class EventStreams(StorageLayout layout, ActivityLog log, TimeProvider clock)
{
    private const int RowsPerRun = 100_000;
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(5);

    private readonly EventFeeds _feeds = new(log, clock);
    private readonly HeldPlaces<long> _open = new();

    /// <summary>Takes one of the streams that a user may have open in a process.</summary>
    /// <param name="most">Maximum number.</param>
    /// <returns>The stream's slot, until it is disposed of.</returns>
    /// <exception cref="CloudreveException">429: the user has all of them open.</exception>
    public IDisposable Open(long userId, long most) =>
        _open.TryTake(userId, most) ?? throw new CloudreveException(ErrorCode.TooManyRequests, "Too many event streams are open. Close one first.");

    /// <summary>Finds the subscription of a client to a folder, one transaction, or begins one, two more.</summary>
    /// <param name="clientId">The client, a uuid.</param>
    /// <param name="folder">The folder that it is in.</param>
    /// <param name="options">The time that events are kept.</param>
    /// <returns>The subscription, and whether it was known.</returns>
    public async Task<(EventSubscription Subscription, bool IsKnown)> SubscribeAsync(
        long ownerId, string clientId, long folderId, FilePath folder, EventStreamOptions options, CancellationToken cancellationToken = default)
    {
        var now = clock.GetUtcNow();
        var row = await layout.Events.FindAsync(ActivityLog.Partition(ownerId), EventSubscription.Key(clientId, folderId), cancellationToken);
        if (row is not null && EventSubscription.FromRow(row, ownerId, clientId, folderId) is var known && known.At > now - options.MaxAge)
            return (known, true);
        var position = EventSubscription.PositionAt(now - EventFeeds.Lag);
        var past = new List<string>();
        await foreach (var entry in log.ReadFromAsync(ownerId, position, cancellationToken))
            past.Add(entry.Key);
        var fresh = new EventSubscription(ownerId, clientId, folderId, folder, position, past, now);
        await layout.Events.UpsertAsync(fresh.ToRow(), cancellationToken);
        return (fresh, false);
    }

    /// <summary>
    /// Streams the events below the folder from the subscription on, in bundles; an empty bundle is a sign of life. Ends after the lifetime of a
    /// stream. The position of the client is stored after each bundle, so that a broken connection repeats one at most.
    /// </summary>
    /// <param name="options">Options for delivering events.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    public async IAsyncEnumerable<IReadOnlyList<FolderEvent>> ReadAsync(
        EventSubscription subscription, EventStreamOptions options, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var feed = _feeds.Listen(subscription.OwnerId);
        var reader = new Reader(subscription, clock);
        var pause = options.Debounce < s_longestPause ? Max(options.Debounce, TimeSpan.FromMilliseconds(100)) : s_longestPause;
        var begun = clock.GetUtcNow();
        var spoken = begun;
        while (clock.GetUtcNow() - begun < options.Lifetime)
        {
            reader.Read(await feed.ReadAsync(reader.Position, pause, cancellationToken));
            var now = clock.GetUtcNow();
            if (reader.HeldSince is { } held && now - held >= options.Debounce)
            {
                var events = reader.Flush();
                if (events.Count > 0)
                {
                    spoken = now;
                    yield return events;
                }
                // Only now the client has them.
                await layout.Events.UpsertAsync(reader.Progress().ToRow(), cancellationToken);
            }
            else if (now - spoken >= options.KeepAlive)
            {
                spoken = now;
                yield return [];
            }
            await Task.Delay(pause, clock, cancellationToken);
        }
        // A client that listens is online, even when nothing happens.
        if (reader.HeldSince is null)
            await layout.Events.UpsertAsync(reader.Progress().ToRow(), cancellationToken);
    }

    /// <summary>
    /// Removes events, activities of files and subscriptions of a drive that are too old to be asked for, a hundred thousand each at most.
    /// Three transactions when there are none.
    /// </summary>
    /// <param name="maxAge">The time that events are kept for clients that are offline.</param>
    /// <param name="activityAge">The time that the activities of a file are kept.</param>
    public async Task TrimAsync(long ownerId, TimeSpan maxAge, TimeSpan activityAge, CancellationToken cancellationToken = default)
    {
        var limit = clock.GetUtcNow() - maxAge;
        var partition = ActivityLog.Partition(ownerId);
        var events = new RowRange(partition, ActivityLog.TimePrefix, ActivityLog.TimePrefix + EventSubscription.PositionAt(limit));
        await RowSweep.DeleteAsync(layout.Events, layout.Events.QueryAsync(events, cancellationToken), RowsPerRun, cancellationToken);
        // Rows are grouped by file, not by time; they are never changed, so the service's timestamp is theirs.
        var activities = RowRange.Prefix(partition, ActivityLog.FilePrefix) with
        {
            Condition = $"Timestamp lt {StoredTime.InCondition(clock.GetUtcNow() - activityAge)}",
        };
        await RowSweep.DeleteAsync(layout.Events, layout.Events.QueryAsync(activities, cancellationToken), RowsPerRun, cancellationToken);
        var subscriptions = layout.Events.QueryAsync(RowRange.Prefix(partition, EventSubscription.Prefix), cancellationToken);
        await RowSweep.DeleteAsync(
            layout.Events, subscriptions.Where(row => (row.Number(EventSubscription.Columns.At) ?? 0) < limit.UtcTicks), RowsPerRun, cancellationToken);
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <summary>Reads on from a subscription.</summary>
    private sealed class Reader(EventSubscription subscription, TimeProvider clock)
    {
        private readonly SubtreeView _view = new(subscription.Folder);
        private readonly EventFolding _folding = new();
        private readonly HashSet<string> _heard = [.. subscription.Heard];
        private readonly DateTimeOffset _begun = clock.GetUtcNow();

        /// <summary>The key that it reads on from.</summary>
        public string Position { get; private set; } = subscription.Position;

        /// <summary>The time since which events are held: that of the oldest, or the start of the stream.</summary>
        public DateTimeOffset? HeldSince { get; private set; }

        public void Read(EventWindow window)
        {
            foreach (var entry in window.Events)
            {
                // Earlier events were delivered long ago, and are not remembered.
                if (string.CompareOrdinal(entry.Key, Position) < 0 || !_heard.Add(entry.Key))
                    continue;
                var seen = _view.See(entry);
                if (seen is null || entry.ClientId == subscription.ClientId)
                    continue;
                _folding.Add(seen);
                HeldSince ??= entry.At > _begun ? entry.At : _begun;
            }
            Advance(window.SafeTo);
        }

        public List<FolderEvent> Flush()
        {
            HeldSince = null;
            return _folding.Flush();
        }

        public EventSubscription Progress() =>
            subscription with { Folder = _view.Folder, Position = Position, Heard = _heard, At = clock.GetUtcNow() };

        private void Advance(string safe)
        {
            if (string.CompareOrdinal(safe, Position) <= 0)
                return;
            Position = safe;
            _heard.RemoveWhere(key => string.CompareOrdinal(key, safe) < 0);
        }
    }
}

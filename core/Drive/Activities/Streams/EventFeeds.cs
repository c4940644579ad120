using Cloudreve.Core.Infrastructure.Caching;

namespace Cloudreve.Core.Drive.Activities.Streams;

/// <summary>The latest events of a drive.</summary>
/// <param name="ReadAt">The time they were read, by the process's own clock.</param>
/// <param name="SafeTo">The key before which no further row can appear.</param>
/// <param name="From">The key that they were read from.</param>
/// <param name="Events">The events, in order.</param>
internal sealed record EventWindow(long ReadAt, string SafeTo, string From, IReadOnlyList<LoggedEvent> Events);

/// <summary>
/// Reads the latest events of drives once for all of a process's streams: many streams of one drive cost as much as one.
/// </summary>
/// <param name="log">The events.</param>
/// <param name="clock">Measures and stamps.</param>
internal sealed class EventFeeds(ActivityLog log, TimeProvider clock)
{
    /// <summary>The maximum delay between an event's timestamp and the creation of its row: retries of a write end before that.</summary>
    public static readonly TimeSpan Lag = TimeSpan.FromMinutes(2);

    // Streams that read a short time ago share a read with those that read just now.
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(30);

    // Each request to storage has a limit of its own; a window of a busy drive takes several.
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _clock = clock;
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Feed> _feeds = [];

    /// <summary>Joins the listeners to a drive.</summary>
    /// <returns>Its events, until it is disposed of.</returns>
    public Listening Listen(long ownerId)
    {
        lock (_lock)
        {
            if (!_feeds.TryGetValue(ownerId, out var feed))
                _feeds.Add(ownerId, feed = new Feed(this, ownerId));
            feed.Listeners++;
            return new Listening(this, feed);
        }
    }

    private void Leave(Feed feed)
    {
        lock (_lock)
        {
            if (--feed.Listeners == 0)
                _feeds.Remove(feed.OwnerId);
        }
    }

    private async Task<EventWindow> ReadAsync(long ownerId, string from, CancellationToken cancellationToken)
    {
        var (readAt, safeTo) = (_clock.GetTimestamp(), EventSubscription.PositionAt(_clock.GetUtcNow() - Lag));
        var events = new List<LoggedEvent>();
        await foreach (var entry in log.ReadFromAsync(ownerId, from, cancellationToken))
            events.Add(entry);
        return new EventWindow(readAt, safeTo, from, events);
    }

    /// <summary>The part of one who listens.</summary>
    internal sealed class Listening(EventFeeds feeds, Feed feed) : IDisposable
    {
        private bool _hasLeft;

        /// <summary>The events from a position on.</summary>
        /// <param name="position">The key of an event, or the beginning of one.</param>
        /// <param name="maxAge">The maximum age of what may be returned.</param>
        public Task<EventWindow> ReadAsync(string position, TimeSpan maxAge, CancellationToken cancellationToken) =>
            feed.ReadAsync(position, maxAge, cancellationToken);

        /// <inheritdoc/>
        public void Dispose()
        {
            if (_hasLeft)
                return;
            _hasLeft = true;
            feeds.Leave(feed);
        }
    }

    /// <summary>The state that all listeners to a drive share.</summary>
    internal sealed class Feed
    {
        private readonly EventFeeds _owner;
        private readonly SharedAttempt<EventWindow> _reading;
        private volatile EventWindow? _last;

        public Feed(EventFeeds owner, long ownerId)
        {
            (_owner, OwnerId) = (owner, ownerId);
            _reading = new SharedAttempt<EventWindow>(ReadLatestAsync, ReadTimeout, owner._clock);
        }

        public long OwnerId { get; }

        public int Listeners { get; set; }

        public async Task<EventWindow> ReadAsync(string position, TimeSpan maxAge, CancellationToken cancellationToken)
        {
            if (_last is { } last && _owner._clock.GetElapsedTime(last.ReadAt) < maxAge && Covers(last.From, position))
                return last;
            // A client that was away has to catch up by itself.
            if (!Covers(LatestFrom(), position))
                return await _owner.ReadAsync(OwnerId, position, cancellationToken);
            var window = await _reading.Join().WaitAsync(cancellationToken);
            return Covers(window.From, position) ? window : await _owner.ReadAsync(OwnerId, position, cancellationToken);
        }

        private static bool Covers(string from, string position) => string.CompareOrdinal(from, position) <= 0;

        private string LatestFrom() => EventSubscription.PositionAt(_owner._clock.GetUtcNow() - Lag - Overlap);

        private async Task<EventWindow> ReadLatestAsync(CancellationToken cancellationToken) =>
            _last = await _owner.ReadAsync(OwnerId, LatestFrom(), cancellationToken);
    }
}

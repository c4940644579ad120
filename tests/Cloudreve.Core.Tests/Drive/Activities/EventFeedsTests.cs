using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Activities.Streams;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Drive.Activities;

/// <summary>Streams of one drive share what they read.</summary>
public sealed class EventFeedsTests(AzuriteServer azurite)
{
    private const long Owner = 7;

    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task Given_many_streams_of_a_drive_when_they_read_then_they_cost_as_much_as_one()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        var feeds = new EventFeeds(new ActivityLog(layout, _clock), _clock);
        var streams = Enumerable.Range(0, 8).Select(_ => feeds.Listen(Owner)).ToList();

        await Task.WhenAll(streams.Select(stream => stream.ReadAsync(Position(), MaxAge, CancellationToken.None)));
        await streams[0].ReadAsync(Position(), MaxAge, CancellationToken.None);
        Assert.Equal(1, layout.Account.Transactions.Total);
        _clock.Advance(MaxAge);
        await Task.WhenAll(streams.Select(stream => stream.ReadAsync(Position(), MaxAge, CancellationToken.None)));

        Assert.Equal(2, layout.Account.Transactions.Total);
    }

    [Fact]
    public async Task Given_a_stream_that_was_away_when_it_reads_then_it_reads_from_where_it_was()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        var feeds = new EventFeeds(new ActivityLog(layout, _clock), _clock);
        using var present = feeds.Listen(Owner);
        using var away = feeds.Listen(Owner);
        await present.ReadAsync(Position(), MaxAge, CancellationToken.None);
        var position = EventSubscription.PositionAt(_clock.GetUtcNow() - TimeSpan.FromHours(1));

        var window = await away.ReadAsync(position, MaxAge, CancellationToken.None);

        Assert.Equal(position, window.From);
        Assert.Equal(2, layout.Account.Transactions.Total);
    }

    [Fact]
    public async Task Given_storage_that_is_down_when_streams_read_then_all_hear_of_one_failure()
    {
        var isDown = false;
        var layout = (await Installation.CreateAsync(azurite)).Connect(_ => isDown ? StorageFault.Unavailable : StorageFault.None);
        var feeds = new EventFeeds(new ActivityLog(layout, _clock), _clock);
        var streams = Enumerable.Range(0, 8).Select(_ => feeds.Listen(Owner)).ToList();
        isDown = true;

        var reads = streams.Select(stream => stream.ReadAsync(Position(), MaxAge, CancellationToken.None)).ToList();

        foreach (var read in reads)
            await Assert.ThrowsAsync<StorageUnavailableException>(() => read);
        // One read with its retries.
        Assert.Equal(6, layout.Account.Transactions.Total);
    }

    private string Position() => EventSubscription.PositionAt(_clock.GetUtcNow() - EventFeeds.Lag);
}

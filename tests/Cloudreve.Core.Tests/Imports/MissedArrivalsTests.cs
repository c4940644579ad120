using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Site;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Imports;

public sealed class MissedArrivalsTests(AzuriteServer azurite)
{
    private const string Blob = "imports/1/in/a.txt";

    // The emulator's clock is the machine's, and it may be slow.
    private static readonly TimeSpan s_later = TimeSpan.FromMinutes(5);

    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task Given_a_blob_that_the_host_missed_when_half_a_minute_has_passed_then_it_is_found()
    {
        var site = await ImportSite.CreateAsync(azurite);
        var missed = Create(site);
        await site.PutAsync((Blob, 4), ("elsewhere/b.txt", 4));

        Assert.Empty(await missed.FindAsync());
        _clock.Advance(s_later);
        using var measured = site.Account.Transactions.Measure();
        Assert.Equal([Blob], await missed.FindAsync());

        Assert.Equal(1, measured.Total);
    }

    [Fact]
    public async Task Given_a_blob_that_the_host_reported_when_time_has_passed_then_only_a_later_one_is_found()
    {
        var site = await ImportSite.CreateAsync(azurite);
        var missed = Create(site);
        await site.PutAsync((Blob, 4));
        missed.Note((await site.Container.FindAsync(Blob))!);

        _clock.Advance(s_later);
        Assert.Empty(await missed.FindAsync());
        await site.PutAsync((Blob, 5));
        Assert.Equal([Blob], await missed.FindAsync());
    }

    [Fact]
    public async Task Given_a_blob_from_before_the_start_when_it_is_requested_then_it_is_left_to_the_host()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync((Blob, 4));
        _clock.Advance(s_later);
        var missed = Create(site);

        _clock.Advance(s_later);

        Assert.Empty(await missed.FindAsync());
    }

    private MissedArrivals Create(ImportSite site) => new(site.Get<SiteCatalog>(), site.Get<PolicyContainers>(), _clock);
}

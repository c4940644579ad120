using Cloudreve.EndToEnd.Sites;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.EndToEnd.Triggers;

public sealed class TimerTests(AzuriteServer azurite)
{
    // Ticks in the small hours alone.
    private const string Timer = "SweepSessions";

    [Fact]
    public async Task A_tick_missed_while_the_site_was_down_is_made_up_for_once()
    {
        await using var site = await new Site(azurite).StartAsync();
        await site.EventuallyAsync(async () => await Schedules.FindNextAsync(site, Timer) > TimeProvider.System.GetUtcNow());
        Assert.Equal(0, site.Host.Count($"Executing 'Functions.{Timer}'"));
        await site.KillAsync();
        await Schedules.RewindAsync(site, Timer);

        await site.StartAsync();
        await site.Host.AwaitLineAsync($"Executed 'Functions.{Timer}' (Succeeded", TimeSpan.FromSeconds(30));
        await site.EventuallyAsync(async () => await Schedules.FindNextAsync(site, Timer) > TimeProvider.System.GetUtcNow());
        Assert.Equal(1, site.Host.Count($"Executing 'Functions.{Timer}'"));

        await site.RestartAsync();
        await site.Host.AwaitLineAsync("Host started", TimeSpan.FromSeconds(30));
        Assert.Equal(0, site.Host.Count($"Executing 'Functions.{Timer}'"));
    }
}

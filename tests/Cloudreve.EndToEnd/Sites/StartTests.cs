using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.EndToEnd.Sites;

public sealed class StartTests(AzuriteServer azurite)
{
    [Fact]
    public async Task A_setting_that_keeps_the_worker_from_starting_ends_the_host_with_the_workers_message()
    {
        await using var site = new Site(azurite, ("CLOUDREVE_PREFIX", "Upper"));

        site.Launch();

        Assert.Equal(1, await site.Host.AwaitExitAsync(TimeSpan.FromSeconds(60)));
        Assert.Contains("CLOUDREVE_PREFIX must be up to 32 lower-case letters and digits, a letter first.", site.Host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_does_not_advertise_what_extensions_could_do()
    {
        await using var site = await new Site(azurite).StartAsync();

        await site.Host.AwaitLineAsync("Host started", TimeSpan.FromSeconds(30));

        Assert.DoesNotContain("Distributed Tracing", site.Host.Output, StringComparison.Ordinal);
    }
}

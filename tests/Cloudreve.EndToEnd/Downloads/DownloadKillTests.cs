using System.Security.Cryptography;
using Cloudreve.Core.Tasks;
using Cloudreve.EndToEnd.Sites;
using Cloudreve.Load.Checks;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Downloads;
using Xunit;

namespace Cloudreve.EndToEnd.Downloads;

/// <summary>Kills the worker while it downloads from another site.</summary>
[Collection(nameof(DownloadKillTests))]
public sealed class DownloadKillTests(AzuriteServer azurite, ITestOutputHelper output)
{
    private const int Mebibyte = 1 << 20;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task A_download_outlives_kills_of_the_worker_and_its_end_is_exact()
    {
        var content = RandomNumberGenerator.GetBytes(20 * Mebibyte);
        await using var server = new RangeServer(content);
        await using var site = await new Site(azurite).StartAsync();
        await site.Client.SignInAsync();
        var used = await UsedAsync(site);
        var kills = 0;
        // The first answers stop until their worker is gone; the last one goes through.
        foreach (var at in (int[])[Mebibyte, 9 * Mebibyte, 19 * Mebibyte])
        {
            server.Stops.Enqueue((at, async () =>
            {
                await site.KillWorkerAsync();
                kills++;
            }
            ));
        }

        await site.Client.PostAsync("workflow/download", new { src = new[] { server.Address + "file.bin" }, dst = "cloudreve://my" });
        await site.EventuallyAsync(async () => await ReadStatusAsync(site) is not (WorkflowTaskStatus.Queued or WorkflowTaskStatus.Processing or WorkflowTaskStatus.Suspending), s_limit);
        await site.AwaitAnswerAsync();

        Assert.Equal((3, WorkflowTaskStatus.Completed), (kills, await ReadStatusAsync(site)));
        Assert.Equal(["file.bin"], await site.Client.ListNamesAsync("cloudreve://my"));
        Assert.Equal(SHA256.HashData(content), SHA256.HashData(await site.Client.DownloadAsync("cloudreve://my/file.bin")));
        Assert.Equal(used + content.Length, await UsedAsync(site));
        await site.KillAsync();
        await using var rest = new SiteRest(site.Storage, site.Prefix, output.WriteLine);
        await rest.CleanUpAsync();
        Assert.Empty(await rest.CheckAsync());
    }

    /// <summary>Reads the state of the only download, also while no worker runs.</summary>
    private static async Task<WorkflowTaskStatus> ReadStatusAsync(Site site) => (WorkflowTaskStatus)(
        await site.Layout.Tasks.ScanAsync("PartitionKey ge 'u' and type eq 'remote_download'").SingleAsync()).RequiredNumber("status");

    private static async Task<long> UsedAsync(Site site) => (await site.Client.GetAsync("user/capacity")).GetProperty("used").GetInt64();
}

using Cloudreve.EndToEnd.Sites;
using Cloudreve.Load;
using Cloudreve.Load.Faults;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.EndToEnd.Load;

/// <summary>The short form of <c>./dev bench load</c>: one outage, some lost answers and one kill while several users' clients work.</summary>
[Collection(nameof(LoadTests))]
public sealed class LoadTests(AzuriteServer azurite, ITestOutputHelper output)
{
    private const int Seed = 20_261_129;
    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(22);
    private static readonly TimeSpan s_untilKill = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Drives_are_as_their_clients_know_them_after_an_outage_lost_answers_and_a_kill()
    {
        await using var proxy = new TcpProxy(azurite.ConnectionString, Seed);
        await using var site = new Site(azurite, ("AzureWebJobsStorage", proxy.ConnectionString));
        var options = new LoadOptions(Clients: 6, Users: 3, s_time, Seed)
        {
            HasOutages = true,
            HasKills = true,
            Windows =
            [
                new FaultWindow(TimeSpan.FromSeconds(3), FaultKind.Outage, 1, TimeSpan.FromSeconds(4)),
                new FaultWindow(TimeSpan.FromSeconds(3), FaultKind.LostAnswer, 0.15, TimeSpan.FromSeconds(2)),
            ],
            // Once within the time.
            KillInterval = (s_untilKill, s_untilKill),
        };
        await using var run = new LoadRun(options, new SiteUnderLoad(site), proxy, site.Storage, site.Prefix, output.WriteLine);

        await run.PrepareAsync();
        await run.WorkAsync();
        await run.CheckAsync();

        foreach (var line in run.Report())
            output.WriteLine(line);
        Assert.Empty(run.Differences.All);
        Assert.InRange(run.Recorder.CountOf("0"), 200, int.MaxValue);
    }
}

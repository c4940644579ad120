using Cloudreve.Benchmarks.Apps;
using Cloudreve.Load;
using Cloudreve.Load.Faults;
using Cloudreve.Load.Measures;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Benchmarks.Load;

/// <summary>Mixed work of many clients, with storage that fails and processes that are killed; at the end everything is compared.</summary>
internal static class LoadBenchmark
{
    public static readonly string[] Values = ["--clients", "--users", "--seconds", "--seed", "--publish"];
    public static readonly string[] Switches = ["--outages", "--kills"];

    private static readonly TimeSpan s_sampleInterval = TimeSpan.FromSeconds(1);

    /// <summary>Runs it.</summary>
    /// <exception cref="BenchmarkException">The site differs from what clients know.</exception>
    public static async Task RunAsync(Options options)
    {
        var clients = options.Number("--clients") ?? 32;
        var load = new LoadOptions(
            clients, options.Number("--users") ?? Math.Min(20, clients), TimeSpan.FromSeconds(options.Number("--seconds") ?? 60), options.Number("--seed") ?? 1)
        {
            HasOutages = options.Has("--outages"),
            HasKills = options.Has("--kills"),
        };
        Console.WriteLine($"== {load.Clients} clients of {load.Users} users for {load.Time.TotalSeconds:F0} s, seed {load.Seed}");
        using var azurite = new AzuriteServer();
        await using var proxy = new TcpProxy(azurite.ConnectionString, load.Seed);
        using var site = new MeasuredSite(WorkerApp.ProductFolder(options), AppSettings.OfProduct(proxy.ConnectionString), AzuriteServer.FreePort());
        await using var run = new LoadRun(load, site, proxy, azurite.Connect(), AppSettings.Prefix, Console.WriteLine);
        await run.PrepareAsync();
        var (worker, host) = (new List<ProcessSample>(), new List<ProcessSample>());
        await run.WorkAsync(end => SampleAsync(site, worker, host, end));
        await run.CheckAsync();
        foreach (var line in run.Report())
            Console.WriteLine(line);
        ReportUse("worker", worker);
        ReportUse("host", host);
        if (run.Differences.All.Count > 0)
            throw new BenchmarkException("The site differs from what its clients know.");
    }

    private static async Task SampleAsync(MeasuredSite site, List<ProcessSample> worker, List<ProcessSample> host, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            await Task.Delay(s_sampleInterval, CancellationToken.None);
            if (ProcessSample.Of(site.WorkerId) is { } ofWorker)
                worker.Add(ofWorker);
            if (ProcessSample.Of(site.HostId) is { } ofHost)
                host.Add(ofHost);
        }
    }

    private static void ReportUse(string name, List<ProcessSample> samples)
    {
        if (samples.Count > 0)
            Console.WriteLine($"  {name}: {samples[^1]} at the end, at most {samples.Max(s => s.ResidentMegabytes):F0} MB");
    }
}

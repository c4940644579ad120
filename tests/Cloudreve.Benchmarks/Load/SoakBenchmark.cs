using System.Globalization;
using Cloudreve.AzureStorage;
using Cloudreve.Benchmarks.Apps;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Load;
using Cloudreve.Load.Faults;
using Cloudreve.Load.Measures;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Benchmarks.Load;

/// <summary>
/// A light, steady mix for a long time: what processes hold, and the rows of each table. Resources of processes have to be flat; of rows it is
/// reported which tables grow, and docs/operations.md explains what limits that.
/// </summary>
internal static class SoakBenchmark
{
    public static readonly string[] Values = ["--minutes", "--seed", "--publish"];

    private const int Clients = 6;
    private const int Samples = 30;

    // Between the second and the last third of the run.
    private const double TolerableGrowth = 1.10;

    /// <summary>Runs it.</summary>
    /// <exception cref="BenchmarkException">A resource grows, or the site differs from what clients know.</exception>
    public static async Task RunAsync(Options options)
    {
        var time = TimeSpan.FromMinutes(options.Number("--minutes") ?? 30);
        var load = new LoadOptions(Clients, Clients, time, options.Number("--seed") ?? 1) { Pause = TimeSpan.FromMilliseconds(150) };
        using var azurite = new AzuriteServer();
        await using var proxy = new TcpProxy(azurite.ConnectionString, load.Seed);
        using var site = new MeasuredSite(WorkerApp.ProductFolder(options), AppSettings.OfProduct(proxy.ConnectionString), AzuriteServer.FreePort());
        await using var run = new LoadRun(load, site, proxy, azurite.Connect(), AppSettings.Prefix, Console.WriteLine);
        await run.PrepareAsync();
        var samples = new List<SoakSample>();
        await run.WorkAsync(end => SampleAsync(site, azurite.Connect(), run.Recorder, time / Samples, samples, end));
        await run.CheckAsync();
        foreach (var line in run.Report())
            Console.WriteLine(line);
        if (!Judge(samples) | run.Differences.All.Count > 0)
            throw new BenchmarkException("The site does not stay as it is.");
    }

    private static async Task SampleAsync(
        MeasuredSite site, StorageAccount account, LoadRecorder recorder, TimeSpan interval, List<SoakSample> samples, CancellationToken end)
    {
        var layout = new StorageLayout(account, AppSettings.Prefix);
        while (!end.IsCancellationRequested)
        {
            await Task.Delay(interval, end).ContinueWith(static _ => { }, TaskScheduler.Default);
            if (await TryCountAsync(layout) is not { } rows)
                continue;
            if (ProcessSample.Of(site.WorkerId) is not { } worker || ProcessSample.Of(site.HostId) is not { } host)
                continue;
            samples.Add(new SoakSample(worker, host, rows));
            Console.WriteLine($"  {recorder.Requests:N0} requests; worker {worker}; host {host}");
            Console.WriteLine("    rows: " + string.Join(", ", rows.Where(r => r.Value > 0).Select(r => $"{r.Key} {r.Value}")));
        }
    }

    /// <summary>The rows of each table; null where the emulator is too busy to answer now, which is no finding.</summary>
    private static async Task<Dictionary<string, int>?> TryCountAsync(StorageLayout layout)
    {
        var rows = new Dictionary<string, int>();
        try
        {
            foreach (var table in layout.AllTables)
                rows[table.Name[AppSettings.Prefix.Length..]] = await CountAsync(table);
            return rows;
        }
        catch (StorageUnavailableException e)
        {
            Console.WriteLine($"  no sample: {e.Message}");
            return null;
        }
    }

    private static async Task<int> CountAsync(AzureStorage.Tables.Table table)
    {
        var count = 0;
        await foreach (var _ in table.ScanAsync())
            count++;
        return count;
    }

    private static bool Judge(List<SoakSample> samples)
    {
        var third = samples.Count / 3;
        if (third == 0)
            return true;
        var (middle, last) = (samples.Skip(third).Take(third).ToList(), samples.TakeLast(third).ToList());
        var isFlat = true;
        foreach (var (name, value) in SoakSample.Measures)
        {
            var (before, after) = (middle.Average(value), last.Average(value));
            var holds = after <= before * TolerableGrowth;
            isFlat &= holds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-20} {before,7:F0} -> {after,7:F0}  {(holds ? "flat" : "GROWS")}"));
        }
        foreach (var table in last[^1].Rows.Keys)
        {
            var (before, after) = (middle.Average(s => s.Rows[table]), last.Average(s => s.Rows[table]));
            if (after > before * TolerableGrowth)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  rows of {table,-12} {before,7:F0} -> {after,7:F0}  grow until their timer (docs/operations.md)"));
        }
        return isFlat;
    }

    /// <summary>A snapshot of the processes at one moment.</summary>
    private sealed record SoakSample(ProcessSample Worker, ProcessSample Host, IReadOnlyDictionary<string, int> Rows)
    {
        public static (string Name, Func<SoakSample, double> Value)[] Measures { get; } =
        [
            ("worker MB", s => s.Worker.ResidentMegabytes), ("worker threads", s => s.Worker.Threads), ("worker descriptors", s => s.Worker.Descriptors),
            ("host MB", s => s.Host.ResidentMegabytes), ("host threads", s => s.Host.Threads), ("host descriptors", s => s.Host.Descriptors),
        ];
    }
}

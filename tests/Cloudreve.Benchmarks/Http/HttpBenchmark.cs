using Cloudreve.Benchmarks.Apps;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Benchmarks.Http;

/// <summary>
/// Requests per second and latencies of a ping, a listing and a file's info, beside functions of an empty worker app under the same
/// local host: one that does nothing, and one that reads a row.
/// </summary>
internal static class HttpBenchmark
{
    private const int DefaultSeconds = 4;
    private const int DefaultRounds = 3;
    private const double RatioGoal = 0.8;
    private static readonly int[] s_concurrencies = [1, 8, 32];

    /// <summary>The allowed options.</summary>
    public static string[] Values { get; } = ["--seconds", "--rounds", "--publish"];

    /// <summary>Runs it.</summary>
    /// <exception cref="BenchmarkException">A request failed.</exception>
    public static async Task RunAsync(Options options)
    {
        using var azurite = new AzuriteServer();
        await BareRow.WriteAsync(azurite.ConnectionString);
        using var bare = AppProcess.Start(WorkerApp.Bare.BuildFolder, AppSettings.OfBareApp(azurite.ConnectionString));
        await bare.AwaitAnswerAsync(BareRow.Path);
        var folder = WorkerApp.ProductFolder(options);
        var settings = AppSettings.OfProduct(azurite.ConnectionString);
        settings.DisableTriggers(folder);
        using var product = AppProcess.Start(folder, settings);
        await product.AwaitAnswerAsync("/api/v4/site/config/basic");
        using var api = new ApiClient(product);
        await api.SignInAsync();
        await ListedFolder.CreateAsync(api);
        using var client = new HttpClient { BaseAddress = bare.Address };
        var targets = new Targets(
            Empty: new LoadTarget("empty function", client, "/empty"),
            Ping: new LoadTarget("ping", api.Http, "/api/v4/site/ping"),
            Row: new LoadTarget("function that reads a row", client, BareRow.Path),
            Info: new LoadTarget("info of a file", api.Http, "/api/v4/file/info?uri=" + Uri.EscapeDataString(ListedFolder.File)),
            List: new LoadTarget("list of 100 files", api.Http, "/api/v4/file?page_size=100&uri=" + Uri.EscapeDataString(ListedFolder.Uri)));
        var duration = TimeSpan.FromSeconds(options.Number("--seconds") ?? DefaultSeconds);
        // Everything is compiled in full before it counts.
        await MeasureAsync(targets, s_concurrencies[^1], duration, rounds: 1);
        foreach (var concurrency in s_concurrencies)
            Report(concurrency, targets, await MeasureAsync(targets, concurrency, duration, options.Number("--rounds") ?? DefaultRounds));
        Console.WriteLine($"resident memory: worker {product.Worker.ResidentMegabytes:F0} MB, host {product.Host.ResidentMegabytes:F0} MB; empty worker {bare.Worker.ResidentMegabytes:F0} MB, host {bare.Host.ResidentMegabytes:F0} MB");
    }

    private static async Task<Dictionary<LoadTarget, LoadResult>> MeasureAsync(Targets targets, int concurrency, TimeSpan duration, int rounds)
    {
        var results = targets.All.ToDictionary(target => target, _ => new LoadResult());
        // In turns, so that other load of the machine affects all.
        for (var round = 0; round < rounds; round++)
        {
            foreach (var target in targets.All)
                await target.RunAsync(concurrency, duration, results[target]);
        }
        return results;
    }

    private static void Report(int concurrency, Targets targets, Dictionary<LoadTarget, LoadResult> results)
    {
        Console.WriteLine($"concurrency {concurrency}");
        var (empty, ping) = (results[targets.Empty], results[targets.Ping]);
        foreach (var target in targets.All)
        {
            var result = results[target];
            var added = target == targets.Info || target == targets.List ? $"   beyond ping {result.Median - ping.Median,6:F2} ms" : "";
            Console.WriteLine($"  {target.Name,-26} {result.RequestsPerSecond,6:F0}/s   median {result.Median,6:F2} ms   p99 {result.Percentile99,7:F2} ms{added}");
        }
        var ratio = ping.RequestsPerSecond / empty.RequestsPerSecond;
        Console.WriteLine($"  ping / empty function: {ratio:F2} (goal {RatioGoal}: {(ratio >= RatioGoal ? "met" : "MISSED")})");
    }

    private sealed record Targets(LoadTarget Empty, LoadTarget Ping, LoadTarget Row, LoadTarget Info, LoadTarget List)
    {
        public IReadOnlyList<LoadTarget> All { get; } = [Empty, Ping, Row, Info, List];
    }
}

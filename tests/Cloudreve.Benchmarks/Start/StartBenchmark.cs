using Cloudreve.Benchmarks.Apps;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Benchmarks.Start;

/// <summary>
/// Measures from the start of a worker's process to its first answer that needed storage: this app, and an empty one of the same
/// packages, under the same local host.
/// </summary>
internal static class StartBenchmark
{
    private const int DefaultRuns = 10;
    private const double RatioGoal = 1.5;

    /// <summary>The allowed options.</summary>
    public static string[] Values { get; } = ["--runs", "--publish"];

    /// <summary>Runs it.</summary>
    /// <exception cref="BenchmarkException">An app cannot be published or started.</exception>
    public static async Task RunAsync(Options options)
    {
        var productFolder = options.Value("--publish") is null ? await WorkerApp.Product.PublishAsync() : WorkerApp.ProductFolder(options);
        var bareFolder = await WorkerApp.Bare.PublishAsync();
        using var azurite = new AzuriteServer();
        await BareRow.WriteAsync(azurite.ConnectionString);
        var settings = AppSettings.OfProduct(azurite.ConnectionString);
        settings.DisableTriggers(productFolder);
        var product = new Contestant(productFolder, settings, "/api/v4/site/config/basic");
        var bare = new Contestant(bareFolder, AppSettings.OfBareApp(azurite.ConnectionString), BareRow.Path);
        var runs = options.Number("--runs") ?? DefaultRuns;
        // The first round makes the site and fills the disk cache. Rounds take turns, so that noise meets both.
        for (var i = 0; i <= runs; i++)
        {
            await product.RunAsync(isCounted: i > 0);
            await bare.RunAsync(isCounted: i > 0);
        }
        Console.WriteLine($"from the start of the worker's process to its first answer, median of {runs}");
        Report("worker alone, in the place of a killed one", "ms", product.Replaced, bare.Replaced);
        Report("host and worker started together", "ms", product.Fresh, bare.Fresh);
        Report("resident memory of the worker", "MB", product.Megabytes, bare.Megabytes);
        Report("resident memory of the host", "MB", product.HostMegabytes, bare.HostMegabytes);
        var ratio = product.Replaced.Median / bare.Replaced.Median;
        Console.WriteLine($"worker alone: {ratio:F2} times the empty worker (goal {RatioGoal}: {(ratio <= RatioGoal ? "met" : "MISSED")})");
    }

    private static void Report(string name, string unit, Samples product, Samples bare) => Console.WriteLine(
        $"{name,-44} {product.Median,6:F0} {unit}, best {product.Best:F0}; empty worker {bare.Median:F0} {unit}, best {bare.Best:F0}; ratio {product.Median / bare.Median:F2}");
}

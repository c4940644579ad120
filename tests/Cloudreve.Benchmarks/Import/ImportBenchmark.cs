using System.Diagnostics;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Cloudreve.Benchmarks.Apps;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Benchmarks.Import;

/// <summary>Measures the import of blobs beside a bare loop, and compares both with the goals.</summary>
internal static class ImportBenchmark
{
    private const double RatioGoal = 0.6;
    private const double ActivitiesPerFileGoal = 0.02;
    private const double PeakGoal = 300;

    /// <summary>Runs the sizes that the options ask for.</summary>
    /// <exception cref="BenchmarkException">An option makes no sense, or an import failed.</exception>
    public static async Task RunAsync(Options options)
    {
        var repetitions = options.Number("--repeat") ?? 1;
        foreach (var tree in Sizes(options))
        {
            Console.WriteLine($"== {tree}");
            var rounds = new List<(double Product, double Bare)>();
            for (var i = 0; i < repetitions; i++)
            {
                var contenders = options.Has("--no-bare") ? Contenders.Product : i % 2 == 0 ? Contenders.ProductThenBare : Contenders.BareThenProduct;
                rounds.Add(await MeasureAsync(tree, options, contenders, count: i == 0 && !options.Has("--no-count")));
            }
            if (repetitions > 1 && !options.Has("--no-bare"))
                ReportRates($"best of {repetitions}", rounds.Max(r => r.Product), rounds.Max(r => r.Bare));
            Console.WriteLine();
        }
    }

    private static SourceTree[] Sizes(Options options)
    {
        if (options.Number("--files") is { } files)
            return [new SourceTree(files, options.Has("--flat") ? 0 : options.Number("--folders") ?? Math.Max(1, files / 100))];
        SourceTree[] both = options.Has("--quick") ? [new(2_000, 20), new(2_000, 0)]
            : options.Has("--full") ? [new(100_000, 1_000), new(50_000, 0)]
            : [new(20_000, 200), new(10_000, 0)];
        return options.Has("--flat") ? [both[1]] : both;
    }

    /// <summary>One round on an emulator of its own: its tables get slower as they grow.</summary>
    private static async Task<(double Product, double Bare)> MeasureAsync(SourceTree tree, Options options, Contenders contenders, bool count)
    {
        using var azurite = new AzuriteServer();
        var rates = await MeasureRatesAsync(azurite, tree, options, contenders);
        if (count)
            ReportCounts(tree, await new CountingRun(azurite).RunAsync(WorkerApp.ProductFolder(options), "/source", "/counted", tree.Files));
        return rates;
    }

    private static async Task<(double Product, double Bare)> MeasureRatesAsync(AzuriteServer azurite, SourceTree tree, Options options, Contenders contenders)
    {
        using var app = await AppProcess.StartProductAsync(options, azurite.ConnectionString);
        var container = new BlobContainerClient(azurite.ConnectionString, AppSettings.Prefix + "-files");
        await tree.WriteAsync(container);
        await WarmUpAsync(azurite, container);
        var bare = contenders == Contenders.BareThenProduct ? await MeasureBareAsync(azurite, container, tree) : 0;
        var product = await MeasureProductAsync(azurite, app, tree);
        if (contenders == Contenders.ProductThenBare)
            bare = await MeasureBareAsync(azurite, container, tree);
        if (contenders == Contenders.Product)
            Console.WriteLine($"  import {product:N0} files/s");
        else
            ReportRates(contenders == Contenders.ProductThenBare ? "import before bare loop" : "bare loop before import", product, bare);
        var peak = app.Worker.PeakResidentMegabytes;
        Console.WriteLine($"  peak resident memory: worker {peak:F0} MB (goal {PeakGoal:F0}: {Judge(peak <= PeakGoal)}), host {app.Host.PeakResidentMegabytes:F0} MB");
        return (product, bare);
    }

    /// <summary>The emulator compiles just in time as well: neither of the two may pay for the other.</summary>
    private static async Task WarmUpAsync(AzuriteServer azurite, BlobContainerClient container)
    {
        await SourceTree.WarmUp.WriteAsync(container, SourceTree.WarmUpPrefix);
        var loop = new BareLoop(container, new TableServiceClient(azurite.ConnectionString), "warm");
        await loop.PrepareAsync();
        await loop.RunAsync(SourceTree.WarmUpPrefix);
    }

    private static async Task<double> MeasureProductAsync(AzuriteServer azurite, AppProcess app, SourceTree tree)
    {
        using var import = new ProductImport(app, new TaskObserver(azurite.Connect(), AppSettings.Prefix));
        await import.PrepareAsync();
        var (worker, host, emulator) = (app.Worker.ProcessorTime, app.Host.ProcessorTime, azurite.ProcessorTime);
        var elapsed = await import.RunAsync("/source", "/copy", tree.Files);
        ReportTime("import", elapsed, app.Worker.ProcessorTime - worker, azurite.ProcessorTime - emulator);
        Console.WriteLine($"    of the host {(app.Host.ProcessorTime - host).TotalSeconds:F1} s");
        return tree.Files / elapsed.TotalSeconds;
    }

    private static async Task<double> MeasureBareAsync(AzuriteServer azurite, BlobContainerClient container, SourceTree tree)
    {
        var loop = new BareLoop(container, new TableServiceClient(azurite.ConnectionString), "scratch");
        await loop.PrepareAsync();
        var (before, emulatorBefore) = (Environment.CpuUsage.TotalTime, azurite.ProcessorTime);
        var clock = Stopwatch.StartNew();
        var files = await loop.RunAsync(SourceTree.Prefix);
        var elapsed = clock.Elapsed;
        ReportTime("bare loop", elapsed, Environment.CpuUsage.TotalTime - before, azurite.ProcessorTime - emulatorBefore);
        return files == tree.Files
            ? files / elapsed.TotalSeconds
            : throw new BenchmarkException($"The bare loop saw {files} of {tree.Files} files.");
    }

    private static void ReportTime(string name, TimeSpan elapsed, TimeSpan processor, TimeSpan emulator) =>
        Console.WriteLine($"  {name}: {elapsed.TotalSeconds:F1} s; processor time {processor.TotalSeconds:F1} s, of the emulator {emulator.TotalSeconds:F1} s");

    private static void ReportRates(string name, double product, double bare) =>
        Console.WriteLine($"  {name}: import {product:N0} files/s, bare loop {bare:N0} files/s, ratio {product / bare:F2} (goal {RatioGoal}: {Judge(product / bare >= RatioGoal)})");

    private static void ReportCounts(SourceTree tree, ImportCounts counts)
    {
        var transactions = counts.App.Values.Sum();
        var perFile = (double)counts.Activities / tree.Files;
        Console.WriteLine($"  storage transactions of the app: {PerFile(transactions, tree)} (budget {tree.TransactionBudget:N0}: {Judge(transactions <= tree.TransactionBudget)})");
        ReportOperations(counts.App);
        Console.WriteLine($"  storage transactions of the orchestration, not in the budget: {PerFile(counts.Orchestration.Values.Sum(), tree)}");
        ReportOperations(counts.Orchestration);
        Console.WriteLine($"  activities: {counts.Activities:N0}, {perFile:F4} per file (goal {ActivitiesPerFileGoal}: {Judge(perFile <= ActivitiesPerFileGoal)})");
    }

    private static string PerFile(int transactions, SourceTree tree) => $"{transactions:N0}, {(double)transactions / tree.Files:F4} per file";

    private static void ReportOperations(IReadOnlyDictionary<string, int> operations)
    {
        foreach (var (operation, number) in operations.OrderByDescending(c => c.Value).ThenBy(c => c.Key))
            Console.WriteLine($"    {number,7:N0} {operation}");
    }

    /// <summary>The contenders of a run, in order.</summary>
    private enum Contenders
    {
        ProductThenBare,
        BareThenProduct,
        Product,
    }

    private static string Judge(bool isMet) => isMet ? "met" : "MISSED";
}

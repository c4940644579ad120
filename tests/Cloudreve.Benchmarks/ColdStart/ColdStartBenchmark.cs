using System.Diagnostics;
using System.Runtime.InteropServices;
using Azure.Data.Tables;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Benchmarks.ColdStart;

/// <summary>
/// Measures from the start of a process to its first answer that needed storage: the handler compiled ahead of time, the same
/// compiled just in time, and a bare app that reads one table row.
/// </summary>
internal static class ColdStartBenchmark
{
    private const string Prefix = "bench";
    private const string BareTable = "bare";
    private const string SettingsPath = "/api/v4/site/config/basic";
    private const double RatioGoal = 4;

    /// <summary>Runs the benchmark.</summary>
    /// <exception cref="BenchmarkException">An app cannot be published or started.</exception>
    public static async Task RunAsync(Options options)
    {
        var handler = options.Value("--publish") is { } folder
            ? Path.GetFullPath(folder, AzuriteServer.RepositoryRoot)
            : await PublishAsync("functions", "handler", "Cloudreve.Functions");
        var bare = Path.Combine(await PublishAsync("tests/Cloudreve.Benchmarks.BareApp", "bareapp", "Cloudreve.Benchmarks.BareApp"), "Cloudreve.Benchmarks.BareApp");
        using var azurite = new AzuriteServer();
        await SeedAsync(azurite);
        var contestants = new List<Contestant>
        {
            new("handler, ahead of time", () => AppProcess.StartProduct(handler, azurite.ConnectionString, Prefix, asHandler: true), SettingsPath),
            new("handler, just in time", () => AppProcess.StartProduct(null, azurite.ConnectionString, Prefix, asHandler: true), SettingsPath),
            new("bare app, ahead of time", () => AppProcess.StartOther(bare, azurite.ConnectionString, BareTable), "/"),
        };
        var runs = options.Number("--runs") ?? 10;
        // The first round fills the disk cache and is not counted. Rounds take turns, so that noise meets all of them.
        for (var i = 0; i <= runs; i++)
        {
            foreach (var contestant in contestants)
                await contestant.RunAsync(isCounted: i > 0);
        }
        Report(contestants);
    }

    private static async Task SeedAsync(AzuriteServer azurite)
    {
        using var app = AppProcess.StartProduct(null, azurite.ConnectionString, Prefix, asHandler: true);
        await app.AwaitAnswerAsync(SettingsPath);
        var table = new TableClient(azurite.ConnectionString, BareTable);
        await table.CreateIfNotExistsAsync();
        await table.UpsertEntityAsync(new TableEntity("p", "r") { ["value"] = "one row" });
    }

    /// <summary>Compiles a project ahead of time, unless an earlier run did: that takes minutes.</summary>
    private static async Task<string> PublishAsync(string project, string name, string executable)
    {
        var output = Path.Combine(AzuriteServer.RepositoryRoot, "artifacts", "bench", name);
        if (File.Exists(Path.Combine(output, executable)))
        {
            Console.WriteLine($"Using {output}; delete it to compile again.");
            return output;
        }
        Console.WriteLine($"Compiling {project} ahead of time ...");
        using var publish = Process.Start(
            "dotnet",
            ["publish", Path.Combine(AzuriteServer.RepositoryRoot, project), "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "-o", output, "-v", "q", "--nologo"]);
        await publish.WaitForExitAsync();
        return publish.ExitCode == 0 ? output : throw new BenchmarkException($"{project} could not be published.");
    }

    private static void Report(List<Contestant> contestants)
    {
        foreach (var contestant in contestants)
        {
            Console.WriteLine(
                $"{contestant.Name,-26} median {contestant.MedianMilliseconds,6:F0} ms   best {contestant.BestMilliseconds,6:F0} ms   resident {contestant.MedianResidentMegabytes,4:F0} MB");
        }
        var ratio = contestants[1].MedianMilliseconds / contestants[0].MedianMilliseconds;
        Console.WriteLine($"just in time / ahead of time: {ratio:F1} (goal {RatioGoal}: {(ratio >= RatioGoal ? "met" : "MISSED")})");
        Console.WriteLine($"handler / bare app: {contestants[0].MedianMilliseconds / contestants[2].MedianMilliseconds:F1}");
    }

    private sealed class Contestant(string name, Func<AppProcess> start, string path)
    {
        private readonly List<double> _milliseconds = [];
        private readonly List<double> _megabytes = [];

        public string Name => name;

        public double MedianMilliseconds => Median(_milliseconds);

        public double BestMilliseconds => _milliseconds.Min();

        public double MedianResidentMegabytes => Median(_megabytes);

        public async Task RunAsync(bool isCounted)
        {
            using var app = start();
            var elapsed = await app.AwaitAnswerAsync(path);
            if (!isCounted)
                return;
            _milliseconds.Add(elapsed.TotalMilliseconds);
            _megabytes.Add(app.ResidentBytes / 1e6);
        }

        private static double Median(List<double> values)
        {
            var ordered = values.Order().ToList();
            return (ordered[(ordered.Count - 1) / 2] + ordered[ordered.Count / 2]) / 2;
        }
    }
}

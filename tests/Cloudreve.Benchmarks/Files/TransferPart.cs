using System.Diagnostics;
using Cloudreve.Benchmarks.Apps;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Benchmarks.Files;

/// <summary>
/// Uploads and downloads a large file, directly and through the app, each beside the bare SDK that does the same to the same
/// emulator in the same run, and watches the app's memory.
/// </summary>
internal static class TransferPart
{
    private const double RatioGoal = 0.8;

    // The amount that a second transfer may add to the peak of the first one.
    private const double FlatGoal = 1.15;

    /// <summary>Runs both ways.</summary>
    /// <exception cref="BenchmarkException">A request failed.</exception>
    public static async Task RunAsync(AzuriteServer azurite, Options options)
    {
        var content = new byte[(options.Number("--size") ?? 256) * 1_000_000L];
        new Random(1).NextBytes(content);
        var rounds = options.Number("--repeat") ?? 3;
        foreach (var relay in new[] { false, true })
        {
            await SetRelayAsync(azurite, options, relay);
            // A process of its own: policies are kept for a minute.
            using var app = await AppProcess.StartProductAsync(options, azurite.ConnectionString);
            await MeasureAsync(azurite, app, relay ? "through the app" : "directly", content, rounds);
        }
    }

    private static async Task SetRelayAsync(AzuriteServer azurite, Options options, bool relay)
    {
        // The first start makes the site.
        (await AppProcess.StartProductAsync(options, azurite.ConnectionString)).Dispose();
        var layout = new StorageLayout(azurite.Connect(), AppSettings.Prefix);
        var catalog = new SiteCatalog(layout, TimeProvider.System);
        var policy = await catalog.GetPolicyAsync(StoragePolicy.DefaultId);
        await catalog.SavePolicyAsync(policy with { Settings = policy.Settings with { Relay = relay } });
    }

    private static async Task MeasureAsync(AzuriteServer azurite, AppProcess app, string way, byte[] content, int rounds)
    {
        using var product = new ProductTransfer(app);
        await product.SignInAsync();
        var bare = new BareTransfer(azurite.ConnectionString, AppSettings.Prefix + "-bare", (int)ProductTransfer.ChunkSize);
        await bare.PrepareAsync();
        // All code is compiled just in time, and files of the emulator are created once before they count.
        await product.UploadAsync("warm.bin", content[..1_000_000]);
        await product.DownloadAsync("warm.bin");
        await bare.UploadAsync("warm.bin", content[..1_000_000]);
        await bare.DownloadAsync("warm.bin");

        var (up, bareUp, down, bareDown) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        var (peaks, hostPeaks) = (new List<double>(), new List<double>());
        for (var i = 0; i < rounds; i++)
        {
            var name = $"{i}.bin";
            bareUp.Add(await RateAsync(content.Length, () => bare.UploadAsync(name, content)));
            up.Add(await RateAsync(content.Length, () => product.UploadAsync(name, content)));
            bareDown.Add(await RateAsync(content.Length, () => bare.DownloadAsync(name)));
            down.Add(await RateAsync(content.Length, () => product.DownloadAsync(name)));
            peaks.Add(app.Worker.PeakResidentMegabytes);
            hostPeaks.Add(app.Host.PeakResidentMegabytes);
        }
        Report($"upload {way}", up.Max(), bareUp.Max());
        Report($"download {way}", down.Max(), bareDown.Max());
        ReportPeaks("worker", peaks);
        ReportPeaks("host", hostPeaks);
    }

    private static async Task<double> RateAsync(long bytes, Func<Task> transfer)
    {
        var clock = Stopwatch.StartNew();
        await transfer();
        return bytes / 1e6 / clock.Elapsed.TotalSeconds;
    }

    private static void Report(string name, double product, double bare) =>
        Console.WriteLine($"  {name}: {product:F0} MB/s, bare SDK {bare:F0} MB/s, ratio {product / bare:F2} (goal {RatioGoal}: {Judge(product / bare >= RatioGoal)})");

    private static void ReportPeaks(string name, List<double> peaks) => Console.WriteLine(
        $"  peak resident memory of the {name} after each round: {string.Join(", ", peaks.Select(p => $"{p:F0} MB"))} (flat: {Judge(peaks[^1] <= peaks[0] * FlatGoal)})");

    private static string Judge(bool isMet) => isMet ? "met" : "MISSED";
}

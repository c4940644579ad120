using Azure.Storage.Blobs;
using Cloudreve.Benchmarks.Apps;
using Cloudreve.Benchmarks.Import;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Proxies;

namespace Cloudreve.Benchmarks.Workflows;

/// <summary>
/// Creating and extracting archives of many small files and of few large ones, beside <c>zip</c> and <c>unzip</c> on the local disk and the transfers
/// of the zip and the files by the bare SDK in the same run; then the same with fewer files, to count activities and storage transactions.
/// </summary>
internal static class WorkflowsBenchmark
{
    private const int SmallFiles = 10_000;
    private const int SmallBytes = 4_000;
    private const int LargeMegabytes = 2_000;
    private const int LargeFiles = 8;
    private const int MostCounted = 1_000;

    // All of them take a quarter of an hour.
    private const int FormatsOfSmall = 2;
    private const int FormatsOfLarge = 1;
    private const double Goal = 0.5;
    private const double FlatMegabytes = 192;

    private const string HostContainer = "azure-webjobs-hosts";
    private const string HubName = "CountHub";
    private const string ScheduledActivity = "queue POST counthub-workitems";

    private static readonly string[] s_formats = ["zip", "tar.gz", "zip.stored", "tar.zst"];

    /// <summary>What may be chosen.</summary>
    public static string[] Values { get; } = ["--files", "--size", "--formats", "--publish"];

    /// <summary>Runs it.</summary>
    /// <exception cref="BenchmarkException">A task failed.</exception>
    public static async Task RunAsync(Options options)
    {
        var formats = options.Number("--formats") ?? 0;
        if (formats > s_formats.Length)
            throw new BenchmarkException($"There are {s_formats.Length} formats.");
        using var azurite = new AzuriteServer();
        using var small = new PackedTree("small", options.Number("--files") ?? SmallFiles, SmallBytes);
        using var large = new PackedTree("large", LargeFiles, (options.Number("--size") ?? LargeMegabytes) * 1_000_000 / LargeFiles);
        using (var warm = new PackedTree("warm", 100, SmallBytes))
        using (var app = await AppProcess.StartProductAsync(options, azurite.ConnectionString))
        {
            var containers = await ContainersAsync(azurite);
            using var run = new WorkflowRun(app, new TaskObserver(azurite.Connect(), AppSettings.Prefix));
            await run.SignInAsync();
            // Everything compiles once before it counts.
            await MeasureAsync(warm, run, containers, s_formats, isPrinted: false);
            await MeasureAsync(small, run, containers, s_formats[..(formats > 0 ? formats : FormatsOfSmall)]);
            await MeasureAsync(large, run, containers, s_formats[..(formats > 0 ? formats : FormatsOfLarge)]);
        }
        using var counted = new PackedTree("counted", Math.Min(small.Files, MostCounted), SmallBytes);
        await CountAsync(options, azurite, counted);
    }

    private static async Task MeasureAsync(PackedTree tree, WorkflowRun run, Containers containers, string[] formats, bool isPrinted = true)
    {
        var upload = await tree.UploadAsync(containers.Files);
        await run.ImportAsync(tree.Name);
        var download = await tree.DownloadAsync(containers.Files);
        var (packing, unpacking) = (await tree.PackAsync(containers.Bare), await tree.UnpackAsync(containers.Bare));
        var (pack, unpack) = (download + packing.Zip + packing.Upload, unpacking.Download + unpacking.Unzip + upload);
        if (isPrinted)
        {
            Console.WriteLine($"{tree.Files:N0} files, {tree.Bytes / 1e6:N0} MB");
            Console.WriteLine($"  bare: files downloaded {download:F1} s, zip {packing.Zip:F1} s, zip uploaded {packing.Upload:F1} s: {pack:F1} s");
            Console.WriteLine($"  bare: zip downloaded {unpacking.Download:F1} s, unzip {unpacking.Unzip:F1} s, files uploaded {upload:F1} s: {unpack:F1} s");
        }
        foreach (var format in formats)
        {
            var archive = await run.ArchiveAsync(tree.Name, format);
            var extract = await run.ExtractAsync(tree.Name, format);
            if (!isPrinted)
                continue;
            Print(tree, "archive " + format, archive, pack);
            Print(tree, "extract " + format, extract, unpack);
        }
    }

    private static void Print(PackedTree tree, string what, WorkflowRun.Measure measure, double bare)
    {
        var ratio = bare / measure.Seconds;
        Console.WriteLine(
            $"  {what,-20} {measure.Seconds,7:F1} s, {tree.Bytes / 1e6 / measure.Seconds,6:F1} MB/s, {tree.Files / measure.Seconds,7:F0} files/s, "
            + $"{ratio:F2} of the bare rate{(ratio >= Goal ? "" : $" (goal {Goal:F1}: MISSED)")}; worker {measure.Before:F0} MB, at most {measure.Most:F0} MB"
            + (measure.Most - measure.Before <= FlatMegabytes ? "" : " (not flat)"));
    }

    /// <summary>Counts on the way to the emulator. The durable engine has a connection string of its own.</summary>
    private static async Task CountAsync(Options options, AzuriteServer azurite, PackedTree tree)
    {
        await using var appProxy = await StorageProxy.StartAsync(azurite.ConnectionString);
        await using var hubProxy = await StorageProxy.StartAsync(azurite.ConnectionString);
        var folder = WorkerApp.ProductFolder(options);
        var settings = AppSettings.OfProduct(appProxy.ConnectionString);
        settings.SeparateHub(HubName, hubProxy.ConnectionString);
        settings.DisableTriggers(folder);
        using var app = AppProcess.Start(folder, settings);
        await app.AwaitAnswerAsync("/api/v4/site/config/basic");
        var containers = await ContainersAsync(azurite);
        using var run = new WorkflowRun(app, new TaskObserver(azurite.Connect(), AppSettings.Prefix));
        await run.SignInAsync();
        await tree.UploadAsync(containers.Files);
        await run.ImportAsync(tree.Name);
        foreach (var format in (string[])["zip", "tar.gz"])
        {
            foreach (var (what, workflow) in ((string, Func<Task>)[])[("archive", () => run.ArchiveAsync(tree.Name, format)), ("extract", () => run.ExtractAsync(tree.Name, format))])
            {
                appProxy.ResetCounts();
                hubProxy.ResetCounts();
                await workflow();
                var ofApp = appProxy.Counts.Where(count => !count.Key.EndsWith(HostContainer, StringComparison.Ordinal)).Sum(count => count.Value);
                var ofHub = hubProxy.Counts;
                Console.WriteLine(
                    $"{what} {format} of {tree.Files:N0} files: {(double)ofApp / tree.Files:F3} transactions for each file, "
                    + $"{ofHub.GetValueOrDefault(ScheduledActivity)} activities, {ofHub.Values.Sum()} transactions of the durable engine");
            }
        }
    }

    private static async Task<Containers> ContainersAsync(AzuriteServer azurite)
    {
        var account = new BlobServiceClient(azurite.ConnectionString);
        var bare = account.GetBlobContainerClient("bare-workflows");
        await bare.CreateIfNotExistsAsync();
        var layout = new StorageLayout(azurite.Connect(), AppSettings.Prefix);
        return new Containers(account.GetBlobContainerClient(layout.FilesContainerName), bare);
    }

    /// <summary>The containers of a run.</summary>
    /// <param name="Files">The product's.</param>
    /// <param name="Bare">That of the bare SDK.</param>
    private sealed record Containers(BlobContainerClient Files, BlobContainerClient Bare);
}

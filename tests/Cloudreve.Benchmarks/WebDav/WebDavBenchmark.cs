using System.Diagnostics;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Benchmarks.WebDav;

/// <summary>
/// The WebDAV server beside <c>rclone serve webdav</c> on the same emulator, and beside Apache's mod_dav on the local disk as the upper mark: lists,
/// small files of many clients, and a large one both ways. What is not installed is left out and said.
/// </summary>
internal static class WebDavBenchmark
{
    private const int Listed = 1_000;
    private const int SmallFiles = 2_000;
    private const int Writers = 8;
    private const int SmallSize = 1_000;
    private const double ListGoal = 4;
    private const double FlatMegabytes = 64;

    /// <summary>What may be chosen.</summary>
    public static string[] Values { get; } = ["--size", "--huge", "--rounds", "--publish"];

    /// <summary>Runs it.</summary>
    /// <exception cref="BenchmarkException">A request failed.</exception>
    public static async Task RunAsync(Options options)
    {
        using var azurite = new AzuriteServer();
        using var product = await ProductServer.StartAsync(options, azurite.ConnectionString);
        using var rclone = await InstalledServer.TryStartRcloneAsync(azurite.ConnectionString);
        using var apache = await InstalledServer.TryStartApacheAsync();
        List<IDavServer> servers = [product];
        servers.AddRange(new[] { rclone, apache }.OfType<IDavServer>());
        var results = servers.ToDictionary(server => server, _ => new DavResult());
        foreach (var server in servers)
            await PrepareAsync(server);
        var rounds = options.Number("--rounds") ?? 3;
        var content = new byte[(options.Number("--size") ?? 256) * 1_000_000];
        new Random(1).NextBytes(content);
        for (var round = 0; round < rounds; round++)
        {
            // In turns, so that what else the machine does concerns all.
            foreach (var server in servers)
                await MeasureAsync(server, results[server], content, round);
        }
        foreach (var server in servers)
            await MeasureColdAsync(server, results[server]);
        foreach (var server in servers)
            Console.WriteLine($"{server.Name,-15} {results[server]}");
        if (rclone is not null)
            Judge(results[product], results[rclone]);
        await MeasureMemoryAsync(product, (options.Number("--huge") ?? 4_000) * 1_000_000L);
    }

    /// <summary>A folder to be listed, which warms up everything.</summary>
    private static async Task PrepareAsync(IDavServer server)
    {
        await server.MakeFolderAsync("list");
        await WriteAsync(server, "list", Listed);
        await server.ListAsync("list");
        using var content = new PatternBody(new byte[100_000], 20_000_000);
        await server.PutAsync("warm.bin", content);
        await server.Client.ReadAsync("warm.bin");
    }

    private static async Task MeasureAsync(IDavServer server, DavResult result, byte[] content, int round)
    {
        for (var i = 0; i < 5; i++)
            result.List.Add(await MillisecondsAsync(() => ListAsync(server)));
        await server.MakeFolderAsync($"small{round}");
        result.SmallFiles.Add(await MillisecondsAsync(() => WriteAsync(server, $"small{round}", SmallFiles)));
        var name = $"large{round}.bin";
        result.Put.Add(await MillisecondsAsync(async () =>
        {
            using var body = new PatternBody(content, content.Length);
            await server.PutAsync(name, body);
        }) / content.Length);
        result.Get.Add(await ReadAsync(server, server.Client, name, content.Length));
        if (server is ProductServer product)
            result.GetThroughApp.Add(await ReadAsync(server, product.ProxyClient, name, content.Length));
    }

    /// <summary>Reads a large file.</summary>
    /// <returns>Milliseconds for each byte.</returns>
    private static async Task<double> ReadAsync(IDavServer server, HttpClient client, string name, long length) => await MillisecondsAsync(async () =>
    {
        if (await client.ReadAsync(name) != length)
            throw new BenchmarkException($"{server.Name} sent another file than it was given.");
    }) / length;

    private static async Task MeasureColdAsync(IDavServer server, DavResult result)
    {
        await server.RestartAsync();
        result.ColdList.Add(await MillisecondsAsync(() => ListAsync(server)));
    }

    private static async Task ListAsync(IDavServer server)
    {
        if (await server.ListAsync("list") is var count && count != Listed + 1)
            throw new BenchmarkException($"{server.Name} listed {count} entries.");
    }

    private static Task WriteAsync(IDavServer server, string folder, int files) => Parallel.ForAsync(
        0, files, new ParallelOptions { MaxDegreeOfParallelism = Writers },
        async (i, _) =>
        {
            using var content = new ByteArrayContent(new byte[SmallSize]);
            await server.PutAsync($"{folder}/{i}.txt", content);
        });

    private static async Task MeasureMemoryAsync(ProductServer product, long bytes)
    {
        using (var warm = new PatternBody(new byte[256 * 1024], 300_000_000))
            await product.PutAsync("warm.bin", warm);
        var (worker, host) = (product.App.Worker.PeakResidentMegabytes, product.App.Host.PeakResidentMegabytes);
        using var body = new PatternBody(new byte[256 * 1024], bytes);
        var time = await MillisecondsAsync(() => product.PutAsync("huge.bin", body));
        var (workerAfter, hostAfter) = (product.App.Worker.PeakResidentMegabytes, product.App.Host.PeakResidentMegabytes);
        Console.WriteLine(
            $"a chunked PUT of {bytes / 1e9:F1} GB: {bytes / 1e3 / time:F0} MB/s; peak of the worker {worker:F0} MB after 0.3 GB, {workerAfter:F0} MB after it; "
            + $"of the host {host:F0} MB, {hostAfter:F0} MB (flat: {Verdict(workerAfter - worker < FlatMegabytes && hostAfter - host < FlatMegabytes)})");
    }

    private static void Judge(DavResult product, DavResult rclone)
    {
        Console.WriteLine($"small files ahead of rclone: {Verdict(product.SmallFiles.Best < rclone.SmallFiles.Best)}");
        Console.WriteLine($"large PUT ahead of rclone: {Verdict(product.Put.Best < rclone.Put.Best)}");
        Console.WriteLine($"large GET ahead of rclone: {Verdict(product.Get.Best < rclone.Get.Best)}");
        Console.WriteLine($"PROPFIND within {ListGoal} times rclone's memory: {Verdict(product.List.Median < ListGoal * rclone.List.Median)}");
        Console.WriteLine($"cold PROPFIND ahead of rclone: {Verdict(product.ColdList.Best < rclone.ColdList.Best)}");
    }

    private static string Verdict(bool isMet) => isMet ? "met" : "MISSED";

    private static async Task<double> MillisecondsAsync(Func<Task> act)
    {
        var clock = Stopwatch.StartNew();
        await act();
        return clock.Elapsed.TotalMilliseconds;
    }

    /// <summary>What a server took: milliseconds for lists and small files, milliseconds for each byte of large ones.</summary>
    private sealed record DavResult
    {
        public Samples List { get; } = new();

        public Samples ColdList { get; } = new();

        public Samples SmallFiles { get; } = new();

        public Samples Put { get; } = new();

        public Samples Get { get; } = new();

        /// <summary>Empty for servers that have no other way.</summary>
        public Samples GetThroughApp { get; } = new();

        public override string ToString() =>
            $"PROPFIND of {Listed} {List.Median,6:F1} ms, cold {ColdList.Best,6:F0} ms; small PUTs {WebDavBenchmark.SmallFiles * 1e3 / SmallFiles.Best,6:F0}/s; "
            + $"large PUT {1e-3 / Put.Best,5:F0} MB/s, GET {1e-3 / Get.Best,5:F0} MB/s"
            + (GetThroughApp.IsEmpty ? "" : $", through the app {1e-3 / GetThroughApp.Best,5:F0} MB/s");
    }
}

using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Azure.Storage.Blobs;

namespace Cloudreve.Benchmarks.Workflows;

/// <summary>Files on the local disk, as <c>zip</c> and <c>unzip</c> work with them, and as blobs that the product imports.</summary>
internal sealed class PackedTree : IDisposable
{
    private const int Folders = 100;
    private const int Transfers = 16;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("bench-workflows");

    /// <param name="name">The tree's name.</param>
    /// <param name="files">Number of files.</param>
    /// <param name="fileBytes">Bytes of each.</param>
    public PackedTree(string name, int files, int fileBytes)
    {
        (Name, Files, Bytes) = (name, files, (long)files * fileBytes);
        var content = new byte[fileBytes];
        var random = new Random(1);
        for (var i = 0; i < files; i++)
        {
            // Half of it can be compressed, as much as documents can.
            random.NextBytes(content.AsSpan(0, fileBytes / 2));
            var path = Path.Combine(Source, PathOf(i));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
        }
    }

    public string Name { get; }

    public int Files { get; }

    public long Bytes { get; }

    private string Source => Path.Combine(_folder.FullName, Name);

    private string Zip => Path.Combine(_folder.FullName, "all.zip");

    /// <summary>Uploads the files by the bare SDK, so that the product can import them.</summary>
    /// <returns>Seconds.</returns>
    public Task<double> UploadAsync(BlobContainerClient container) => TimeAsync(() => ForEachAsync(
        async (i, token) => await container.GetBlobClient($"{Name}/{PathOf(i)}").UploadAsync(Path.Combine(Source, PathOf(i)), overwrite: true, token)));

    /// <summary>Downloads the files by the bare SDK.</summary>
    /// <returns>Seconds.</returns>
    public Task<double> DownloadAsync(BlobContainerClient container) => TimeAsync(() => ForEachAsync(
        async (i, token) => await container.GetBlobClient($"{Name}/{PathOf(i)}").DownloadToAsync(Path.Combine(Source, PathOf(i)), token)));

    /// <summary>Packs the tree by <c>zip</c>, and uploads the zip by the bare SDK.</summary>
    /// <returns>Seconds of both.</returns>
    public async Task<(double Zip, double Upload)> PackAsync(BlobContainerClient container)
    {
        File.Delete(Zip);
        return (
            await TimeAsync(() => RunAsync("zip", "-qr", Zip, Name)),
            await TimeAsync(() => container.GetBlobClient(Name + ".zip").UploadAsync(Zip, overwrite: true)));
    }

    /// <summary>Downloads the zip by the bare SDK, and unpacks it by <c>unzip</c>.</summary>
    /// <returns>Seconds of both.</returns>
    public async Task<(double Download, double Unzip)> UnpackAsync(BlobContainerClient container)
    {
        var (download, unpacked) = (Path.Combine(_folder.FullName, "download.zip"), Path.Combine(_folder.FullName, "unpacked"));
        var seconds = (
            await TimeAsync(() => container.GetBlobClient(Name + ".zip").DownloadToAsync(download)),
            await TimeAsync(() => RunAsync("unzip", "-qo", download, "-d", unpacked)));
        Directory.Delete(unpacked, recursive: true);
        File.Delete(download);
        return seconds;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static string PathOf(int i) => string.Create(CultureInfo.InvariantCulture, $"d{i % Folders:d3}/f{i:d6}.dat");

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        await work();
        return clock.Elapsed.TotalSeconds;
    }

    private Task ForEachAsync(Func<int, CancellationToken, ValueTask> transfer) => Parallel.ForEachAsync(
        Enumerable.Range(0, Files),
        new ParallelOptions { MaxDegreeOfParallelism = Math.Min(Transfers, Math.Max(1, (int)(500_000_000 / (Bytes / Files)))) },
        transfer);

    private async Task RunAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder.FullName, UseShellExecute = false })!;
            await process.WaitForExitAsync();
            if (process.ExitCode != 0)
                throw new BenchmarkException($"{program} ended with code {process.ExitCode}.");
        }
        catch (Win32Exception)
        {
            throw new BenchmarkException($"{program} is not installed.");
        }
    }
}

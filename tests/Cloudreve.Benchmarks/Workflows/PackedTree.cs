using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Azure.Storage.Blobs;

namespace Cloudreve.Benchmarks.Workflows;

/// <summary>Files on the local disk, as <c>zip</c> and <c>unzip</c> work with them, and as blobs that the product imports.</summary>
internal sealed class PackedTree : IDisposable
{
    private const int Folders = 100;
    private const int Writers = 16;

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

    /// <summary>Uploads the files, so that the product can import them.</summary>
    public Task UploadAsync(BlobContainerClient container) => Parallel.ForEachAsync(
        Enumerable.Range(0, Files),
        new ParallelOptions { MaxDegreeOfParallelism = Math.Min(Writers, Math.Max(1, (int)(500_000_000 / (Bytes / Files)))) },
        async (i, token) => await container.GetBlobClient($"{Name}/{PathOf(i)}").UploadAsync(Path.Combine(Source, PathOf(i)), overwrite: true, token));

    /// <summary>Packs the tree by <c>zip</c>, and uploads the zip by the bare SDK.</summary>
    /// <returns>Seconds.</returns>
    public async Task<double> PackAsync(BlobContainerClient container)
    {
        File.Delete(Zip);
        var clock = Stopwatch.StartNew();
        await RunAsync("zip", "-qr", Zip, Name);
        await container.GetBlobClient(Name + ".zip").UploadAsync(Zip, overwrite: true);
        return clock.Elapsed.TotalSeconds;
    }

    /// <summary>Downloads the zip by the bare SDK, and unpacks it by <c>unzip</c>.</summary>
    /// <returns>Seconds.</returns>
    public async Task<double> UnpackAsync(BlobContainerClient container)
    {
        var (download, unpacked) = (Path.Combine(_folder.FullName, "download.zip"), Path.Combine(_folder.FullName, "unpacked"));
        var clock = Stopwatch.StartNew();
        await container.GetBlobClient(Name + ".zip").DownloadToAsync(download);
        await RunAsync("unzip", "-qo", download, "-d", unpacked);
        var seconds = clock.Elapsed.TotalSeconds;
        Directory.Delete(unpacked, recursive: true);
        File.Delete(download);
        return seconds;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static string PathOf(int i) => string.Create(CultureInfo.InvariantCulture, $"d{i % Folders:d3}/f{i:d6}.dat");

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

using System.Diagnostics;
using Cloudreve.Core.Drive.Copying;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Benchmarks.Files;

/// <summary>
/// Moves and trashes a small folder and one with 100,000 descendants, which must cost the same; and copies a folder, whose files
/// share their blobs.
/// </summary>
internal static class RelocationPart
{
    private const int FilesPerFolder = 10_000;

    public static async Task RunAsync(AzuriteServer azurite, Options options)
    {
        await using var drive = await BenchmarkDrive.CreateAsync(azurite);
        var folders = options.Has("--quick") ? 1 : 10;
        await drive.FillAsync(Path("small"), 1);
        await drive.MakeFolderAsync(Path("large"));
        for (var i = 0; i < folders; i++)
            await drive.FillAsync(Path($"large/{i}"), FilesPerFolder);
        await drive.MakeFolderAsync(Path("to"));
        // Everything compiles once before it counts.
        await drive.FillAsync(Path("warm"), 1);
        await MeasureAsync(drive, (o, work) => o.MoveAsync(work, Path("warm"), Path("to")));
        await MeasureAsync(drive, (o, work) => o.CopyAsync(work, Path("to/warm"), FilePath.Root, new CopyLimits(null, 0)));
        await MeasureAsync(drive, (o, work) => o.TrashAsync(work, Path("warm"), "cloudreve://my/warm", TimeSpan.FromDays(7)));

        Console.WriteLine($"                    small folder          folder with {folders * FilesPerFolder:N0} descendants");
        foreach (var (name, change) in Changes())
        {
            var small = await MeasureAsync(drive, (o, work) => change(o, work, "small"));
            var large = await MeasureAsync(drive, (o, work) => change(o, work, "large"));
            Console.WriteLine($"{name,-18}  {Print(small),-20}  {Print(large),-20}  same transactions: {(small.Transactions == large.Transactions ? "yes" : "NO")}");
        }
        await drive.FillAsync(Path("source"), FilesPerFolder);
        var copy = await MeasureAsync(drive, (o, work) => o.CopyAsync(work, Path("source"), Path("to"), new CopyLimits(null, 0)));
        Console.WriteLine(
            $"copy of a folder with {FilesPerFolder:N0} files: {Print(copy)}, {FilesPerFolder / copy.Milliseconds * 1000:F0} files/s, {(double)copy.Transactions / FilesPerFolder:F3} transactions for each file");
    }

    private static (string Name, Func<DriveOperations, DriveWork, string, Task> Change)[] Changes() =>
    [
        ("move", (o, work, name) => o.MoveAsync(work, Path(name), Path("to"))),
        ("rename", (o, work, name) => o.RenameAsync(work, Path("to/" + name), name + "2", _ => { })),
        ("move to the trash", (o, work, name) => o.TrashAsync(work, Path($"to/{name}2"), $"cloudreve://my/to/{name}2", TimeSpan.FromDays(7))),
    ];

    private static async Task<(double Milliseconds, int Transactions)> MeasureAsync(BenchmarkDrive drive, Func<DriveOperations, DriveWork, Task> change)
    {
        using var measured = drive.Layout.Account.Transactions.Measure();
        var watch = Stopwatch.StartNew();
        var work = BenchmarkDrive.NewWork();
        await change(drive.Operations, work);
        await drive.Operations.PublishAsync(work);
        return (watch.Elapsed.TotalMilliseconds, measured.Total);
    }

    private static string Print((double Milliseconds, int Transactions) cost) => $"{cost.Milliseconds:F1} ms ({cost.Transactions})";

    private static FilePath Path(string text) => FilePath.ParsePlain(text);
}

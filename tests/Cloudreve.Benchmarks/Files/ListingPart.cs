using System.Diagnostics;
using System.Globalization;
using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Benchmarks.Files;

/// <summary>A page of 100 in folders of several sizes: time and storage transactions, the way to the folder included.</summary>
internal static class ListingPart
{
    private const int PageSize = 100;
    private const int Runs = 25;
    private const double RatioGoal = 1.5;

    public static async Task RunAsync(AzuriteServer azurite, Options options)
    {
        await using var drive = await BenchmarkDrive.CreateAsync(azurite);
        await drive.Layout.Container(drive.Layout.SnapshotsContainerName).CreateIfNotExistsAsync();
        Console.WriteLine($"A page of {PageSize}, median of {Runs}; in brackets transactions, of which the way to the folder takes 2");
        Console.WriteLine("entries   name ascending   name descending   size, first        size, later page");
        int[] sizes = options.Has("--quick") ? [100, 10_000] : [100, 10_000, 100_000];
        // The emulator looks through the whole table for each page, so that all folders must be there before the first is measured.
        foreach (var entries in sizes)
            await drive.FillAsync(PathOf(entries), entries);
        var byName = new List<double>();
        foreach (var entries in sizes)
            byName.Add(await MeasureAsync(drive.Layout, drive.ByPath, PathOf(entries), entries));
        var ratio = byName[^1] / byName[0];
        Console.WriteLine($"largest / smallest folder by name: {ratio:F2} (goal {RatioGoal}: {(ratio <= RatioGoal ? "met" : "MISSED")})");
    }

    private static FilePath PathOf(int entries) => new([$"of {entries.ToString(CultureInfo.InvariantCulture)}"]);

    private static async Task<double> MeasureAsync(StorageLayout layout, EntriesByPath byPath, FilePath path, int entries)
    {
        var listing = new FolderListing(layout, new HeavyReads());
        var ascending = await MedianAsync(layout, () => ListAsync(FileOrder.Name, descending: false, null));
        // The first reader finds out where to start.
        await ListAsync(FileOrder.Name, descending: true, null);
        var descending = await MedianAsync(layout, () => ListAsync(FileOrder.Name, descending: true, null));
        string? token = null;
        var first = await OnceAsync(layout, async () => token = (await ListAsync(FileOrder.Size, descending: false, null)).NextToken);
        var later = token is null ? default : await MedianAsync(layout, () => ListAsync(FileOrder.Size, descending: false, token));
        Console.WriteLine($"{entries,7}   {Print(ascending),14}   {Print(descending),15}   {Print(first),15}   {(token is null ? "" : Print(later)),16}");
        return ascending.Milliseconds;

        async Task<FolderPage> ListAsync(FileOrder order, bool descending, string? from)
        {
            var folder = await byPath.GetAsync(BenchmarkDrive.Owner, path);
            return await listing.ListAsync(folder.Id, order, descending, PageSize, from);
        }
    }

    private static string Print((double Milliseconds, int Transactions) cost) => $"{cost.Milliseconds:F1} ms ({cost.Transactions})";

    private static async Task<(double Milliseconds, int Transactions)> MedianAsync(StorageLayout layout, Func<Task> list)
    {
        await list();
        var costs = new List<(double Milliseconds, int Transactions)>();
        for (var i = 0; i < Runs; i++)
            costs.Add(await OnceAsync(layout, list));
        return costs.OrderBy(c => c.Milliseconds).ElementAt(Runs / 2);
    }

    private static async Task<(double Milliseconds, int Transactions)> OnceAsync(StorageLayout layout, Func<Task> list)
    {
        using var measured = layout.Account.Transactions.Measure();
        var watch = Stopwatch.StartNew();
        await list();
        return (watch.Elapsed.TotalMilliseconds, measured.Total);
    }
}

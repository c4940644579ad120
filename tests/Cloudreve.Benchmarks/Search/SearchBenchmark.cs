using System.Collections.Concurrent;
using System.Diagnostics;
using Azure.Data.Tables;
using Cloudreve.Benchmarks.Files;
using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Search;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Benchmarks.Search;

/// <summary>Searches of a large drive, alone and many at once, beside a bare scan of the same rows; and listings while they run.</summary>
internal static class SearchBenchmark
{
    private const int UpperFolders = 20;
    private const int FilesInEach = 100;
    private const int OtherDrives = 20;
    private const int Many = 100;
    private const int PageSize = 1_000;

    // The drives that only take part in some searches are smaller: an emulator takes long to fill.
    private const int OtherUpperFolders = 2;

    /// <summary>The allowed options.</summary>
    public static string[] Values { get; } = ["--folders", "--files"];

    /// <summary>Runs it.</summary>
    /// <exception cref="BenchmarkException">A search did not find what it should.</exception>
    public static async Task RunAsync(Options options)
    {
        using var azurite = new AzuriteServer();
        await using var drive = await BenchmarkDrive.CreateAsync(azurite);
        var drives = new SearchedDrives(drive.Layout, drive.Roots, drive.Creation);
        var files = await drives.FillAsync(BenchmarkDrive.Owner, options.Number("--folders") ?? UpperFolders, options.Number("--files") ?? FilesInEach);
        var few = 0;
        for (var i = 0; i < OtherDrives; i++)
            few = await drives.FillAsync(OwnerOf(i), OtherUpperFolders, FilesInEach);
        Console.WriteLine($"{files} files in the large drive, {few} in each of {OtherDrives} others; one in fifty is a hit");

        var bare = await BareAsync(azurite, drive.Layout);
        Console.WriteLine($"bare scan of the large drive's rows: {bare.Rows} rows, {bare.Pages} transactions, {bare.Milliseconds:F0} ms");
        await SearchAsync(drive.Layout, new HeavyReads(), BenchmarkDrive.Owner, BenchmarkDrive.Owner);
        var (listings, _) = await ListAsync(drive, Task.Delay(TimeSpan.FromSeconds(3)));
        Console.WriteLine($"listings of 100 alone: {Print(listings)}");
        Console.WriteLine("searches                                   transactions   for 1,000 files   median, slowest     listings beside");
        await MeasureAsync(drive, "1", files, [(BenchmarkDrive.Owner, BenchmarkDrive.Owner)]);
        await MeasureAsync(drive, "20 of one user", files, Enumerable.Repeat((BenchmarkDrive.Owner, BenchmarkDrive.Owner), 20));
        await MeasureAsync(drive, $"{Many} of one user", files, Enumerable.Repeat((BenchmarkDrive.Owner, BenchmarkDrive.Owner), Many));
        await MeasureAsync(drive, $"{Many} of 20 users, one drive", files, Enumerable.Range(0, Many).Select(i => (OwnerOf(i % OtherDrives), BenchmarkDrive.Owner)));
        await MeasureAsync(drive, $"{Many} of 20 users, their own drives", few, Enumerable.Range(0, Many).Select(i => (OwnerOf(i % OtherDrives), OwnerOf(i % OtherDrives))));
    }

    private static long OwnerOf(int number) => 1_000 + number;

    private static async Task MeasureAsync(BenchmarkDrive drive, string name, int files, IEnumerable<(long Account, long Owner)> searches)
    {
        var reads = new HeavyReads();
        var times = new ConcurrentBag<double>();
        var refused = 0;
        var hits = new ConcurrentBag<int>();
        using var counted = drive.Layout.Account.Transactions.Measure();
        var all = Task.WhenAll(searches.Select(search => Task.Run(async () =>
        {
            var watch = Stopwatch.StartNew();
            try
            {
                hits.Add(await SearchAsync(drive.Layout, reads, search.Account, search.Owner));
                times.Add(watch.Elapsed.TotalMilliseconds);
            }
            catch (CloudreveException e) when (e.Code == ErrorCode.TooManyRequests)
            {
                Interlocked.Increment(ref refused);
            }
        })));
        var (listings, listed) = await ListAsync(drive, all);
        await all;
        if (hits.Distinct().Count() > 1 || hits.Contains(0))
            throw new BenchmarkException($"Searches found {string.Join(", ", hits.Distinct())} files.");
        var transactions = counted.Total - listed;
        var ordered = times.Order().ToList();
        Console.WriteLine(
            $"{name,-40} {transactions,14} {transactions / (files / 1_000.0),17:F1}   {ordered[ordered.Count / 2],6:F0}, {ordered[^1],6:F0} ms   {Print(listings)}"
            + (refused > 0 ? $"   {refused} refused" : ""));
    }

    private static async Task<int> SearchAsync(StorageLayout layout, HeavyReads reads, long account, long owner)
    {
        var site = new SiteSettings(new Dictionary<string, string>());
        var query = SearchQuery.Parse(FileUri.Parse("cloudreve://my?name=wanted").Query, site)!;
        var hits = 0;
        string? token = null;
        do
        {
            var page = new FileSearch(layout, reads, TimeProvider.System).Open(
                new SearchRequest(DriveRoots.RootId(owner), FilePath.Root, query, PageSize) { AccountId = account, Token = token });
            await foreach (var batch in page.ReadAsync())
                hits += batch.Count;
            token = page.NextToken;
        }
        while (token is not null);
        return hits;
    }

    /// <summary>Lists a page of 100 again and again until something has ended.</summary>
    private static async Task<(List<double> Times, int Transactions)> ListAsync(BenchmarkDrive drive, Task until)
    {
        var listing = new FolderListing(drive.Layout, new HeavyReads());
        var times = new List<double>();
        using var counted = drive.Layout.Account.Transactions.Measure();
        do
        {
            var watch = Stopwatch.StartNew();
            var folder = await drive.ByPath.GetAsync(BenchmarkDrive.Owner, SearchedDrives.Listed);
            await listing.ListAsync(folder.Id, FileOrder.Name, descending: false, 100, null);
            times.Add(watch.Elapsed.TotalMilliseconds);
            await Task.Delay(5);
        }
        while (!until.IsCompleted);
        return ([.. times.Order()], counted.Total);
    }

    private static string Print(List<double> ordered) => $"{ordered[ordered.Count / 2]:F0} ms median, {ordered[(int)(ordered.Count * 0.99)]:F0} ms p99";

    private static async Task<(int Rows, int Pages, double Milliseconds)> BareAsync(AzuriteServer azurite, StorageLayout layout)
    {
        var client = new TableClient(azurite.ConnectionString, layout.Files.Name);
        var (rows, pages) = (0, 0);
        var watch = Stopwatch.StartNew();
        await foreach (var page in client.QueryAsync<TableEntity>($"o eq {BenchmarkDrive.Owner}L and RowKey ge 'D|' and RowKey lt 'F}}'", 1_000).AsPages())
        {
            rows += page.Values.Count(row => row.GetString("n").Contains("wanted", StringComparison.Ordinal) || row.RowKey[0] == 'D' || row.RowKey[0] == 'F');
            pages++;
        }
        return (rows, pages, watch.Elapsed.TotalMilliseconds);
    }
}

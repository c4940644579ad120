using System.Diagnostics;
using Azure.Data.Tables;
using Cloudreve.Core;
using Cloudreve.Core.Accounts.Administration;
using Cloudreve.Core.Drive.Administration;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Tables.Numbered;
using Cloudreve.Core.Sharing.Administration;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudreve.Benchmarks.Admin;

/// <summary>Pages of the administration's lists of accounts, files and links, beside a bare query of as many rows.</summary>
internal static class AdminBenchmark
{
    private const int DefaultRows = 100_000;
    private const int PageSize = 100;
    private const int Repeats = 5;

    // Sorted lists read every row.
    private const long MostSorted = 10_000_000;

    private static readonly string[] s_lists = ["users", "files", "links"];

    /// <summary>The allowed options.</summary>
    public static string[] Values { get; } = ["--rows", "--list"];

    /// <summary>Runs it.</summary>
    /// <exception cref="BenchmarkException">A page is not what it should be.</exception>
    public static async Task RunAsync(Options options)
    {
        var rows = (options.Number("--rows") ?? DefaultRows) / AdminRows.InEachDrive * AdminRows.InEachDrive;
        if (rows == 0)
            throw new BenchmarkException($"--rows needs {AdminRows.InEachDrive} or more.");
        var lists = options.Value("--list") is { } list ? [list] : s_lists;
        if (lists.Except(s_lists).Any())
            throw new BenchmarkException($"--list needs one of {string.Join(", ", s_lists)}.");
        using var azurite = new AzuriteServer();
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton(TimeProvider.System)
            .AddSingleton(new StorageLayout(azurite.Connect(), AzuriteServer.UniqueName()[..12]))
            .AddCore()
            .BuildServiceProvider();
        var layout = services.GetRequiredService<StorageLayout>();
        await Task.WhenAll(layout.AllTables.Select(table => table.CreateIfNotExistsAsync()));
        var watch = Stopwatch.StartNew();
        var filler = new AdminRows(layout, services.GetRequiredService<IdAllocator>());
        var owner = lists.Contains("users") ? await filler.FillUsersAsync(rows) : await filler.ReserveUsersAsync(rows);
        if (lists is not ["users"])
        {
            var file = await filler.FillFilesAsync(owner, rows);
            await filler.FillSharesAsync(owner, file, lists.Contains("links") ? rows : 1);
        }
        Console.WriteLine($"{rows} rows in each list ({string.Join(", ", lists)}); filled within {watch.Elapsed.TotalSeconds:F0} s. Pages of {PageSize}:");
        Console.WriteLine($"{"",-44} transactions   median");

        var bare = lists[0] switch { "users" => layout.Users, "files" => layout.FileIds, _ => layout.Shares };
        await MeasureAsync(layout, "bare query of 100 rows", () => QueryAsync(azurite, bare.Name));
        if (lists.Contains("users"))
            await MeasureUsersAsync(layout, rows, services.GetRequiredService<UserAdministration>());
        if (lists.Contains("files"))
            await MeasureFilesAsync(layout, rows, services.GetRequiredService<FileAdministration>(), owner);
        if (lists.Contains("links"))
            await MeasureLinksAsync(layout, rows, services.GetRequiredService<ShareAdministration>(), owner);
    }

    private static async Task MeasureUsersAsync(StorageLayout layout, int rows, UserAdministration users)
    {
        await MeasureListAsync(layout, rows, "users", page => CountAsync(users.ListAsync(page, new UserFilter(), UserOrder.Id, MostSorted)));
        await MeasureAsync(layout, "users of a group, first page", () => CountAsync(users.ListAsync(First, new UserFilter(GroupId: 1), UserOrder.Id, MostSorted)));
        await MeasureAsync(layout, "users by nickname, first page", () => CountAsync(users.ListAsync(First, new UserFilter(), UserOrder.Nick, MostSorted)));
    }

    private static async Task MeasureFilesAsync(StorageLayout layout, int rows, FileAdministration files, long owner)
    {
        await MeasureListAsync(layout, rows, "files", page => CountAsync(files.ListAsync(page, new AdminFileFilter(), AdminFileOrder.Id, MostSorted)));
        await MeasureAsync(
            layout, "files of an owner, first page", () => CountAsync(files.ListAsync(First, new AdminFileFilter { OwnerId = owner }, AdminFileOrder.Id, MostSorted)));
        await MeasureAsync(layout, "files by time, first page", () => CountAsync(files.ListAsync(First, new AdminFileFilter(), AdminFileOrder.Created, MostSorted)));
    }

    private static async Task MeasureLinksAsync(StorageLayout layout, int rows, ShareAdministration shares, long owner)
    {
        await MeasureListAsync(layout, rows, "links", page => CountAsync(shares.ListAsync(page, new ShareFilter(), ShareOrder.Id, MostSorted)));
        await MeasureAsync(layout, "links of an owner, first page", () => CountAsync(shares.ListAsync(First, new ShareFilter(owner), ShareOrder.Id, MostSorted)));
        await MeasureAsync(layout, "links by time, first page", () => CountAsync(shares.ListAsync(First, new ShareFilter(), ShareOrder.Created, MostSorted)));
    }

    private static ListWindow First => new(0, PageSize, Descending: true);

    private static async Task MeasureListAsync(StorageLayout layout, int rows, string name, Func<ListWindow, Task<int>> list)
    {
        await MeasureAsync(layout, $"{name} by id, first page of a process", () => list(First), repeats: 1);
        await MeasureAsync(layout, $"{name} by id, first page", () => list(First));
        await MeasureAsync(layout, $"{name} by id, page in the middle", () => list(First with { Skip = rows / 2 }));
        await MeasureAsync(layout, $"{name} by id, last page", () => list(First with { Skip = rows - PageSize }));
    }

    private static async Task MeasureAsync(StorageLayout layout, string name, Func<Task<int>> read, int repeats = Repeats)
    {
        var times = new Samples();
        var transactions = 0;
        for (var i = 0; i < repeats; i++)
        {
            using var counted = layout.Account.Transactions.Measure();
            var watch = Stopwatch.StartNew();
            var found = await read();
            times.Add(watch.Elapsed.TotalMilliseconds);
            transactions = counted.Total;
            if (found != PageSize)
                throw new BenchmarkException($"{name}: {found} rows instead of {PageSize}.");
        }
        Console.WriteLine($"{name,-44} {(transactions == 0 ? 1 : transactions),12} {times.Median,8:F0} ms");
    }

    private static async Task<int> CountAsync<T>(Task<NumberedItems<T>> page) => (await page).Items.Count;

    private static async Task<int> QueryAsync(AzuriteServer azurite, string table)
    {
        await foreach (var page in new TableClient(azurite.ConnectionString, table).QueryAsync<TableEntity>("PartitionKey ge '0'", PageSize).AsPages())
            return page.Values.Count;
        return 0;
    }
}

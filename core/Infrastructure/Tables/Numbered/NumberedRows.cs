using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Ids;

namespace Cloudreve.Core.Infrastructure.Tables.Numbered;

/// <summary>
/// Rows that are partitioned by blocks of 1,000 ids, as one list in order of id with numbered pages. Tables know neither positions nor
/// numbers of rows, so a process keeps how many rows each block has: the census of a list, or of the part that a condition selects.
/// </summary>
/// <remarks>
/// A list of up to 10,000 rows is counted again for each page, so its pages and total are exact. A longer one is counted by
/// <see cref="CountsPerRequest"/> transactions of each request until all blocks are known. The census is stored for other processes and serves
/// while it is counted again some minutes later, by <see cref="RecountsPerRequest"/> transactions of each request. A page costs one
/// transaction for the end of the list, those, and one for each block that it has rows of.
/// </remarks>
/// <param name="table">The table of the rows.</param>
/// <param name="ids">Knows the ids that have been leased.</param>
/// <param name="kind">The kind of ids.</param>
/// <param name="prefix">The part of partitions' names before the block.</param>
/// <param name="condition">An OData condition that distinguishes the rows of the list from others; null when there are no others.</param>
/// <param name="clock">Determines the age of a census.</param>
internal sealed class NumberedRows(Table table, IdAllocator ids, IdKind kind, string prefix, string? condition, TimeProvider clock)
{
    /// <summary>Maximum number of transactions that one request spends on counting.</summary>
    public const int CountsPerRequest = 100;

    /// <summary>Maximum number of transactions that one request spends on replacing an older census, which serves meanwhile.</summary>
    public const int RecountsPerRequest = 20;

    /// <summary>Maximum number of blocks unknown to any census that one request reads.</summary>
    public const int BlocksPerRequest = 50;

    // A list that is counted in so many transactions is counted for each page.
    private const int FewPages = 10;
    private const int Readers = 8;
    private const int MaxKept = 32;

    // The last leased blocks still get rows; each process has one.
    private const int BlocksInUse = 16;
    private const int Block = 1000;

    private const int RecentBlocks = 200;

    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(10);
    private static readonly string[] s_keys = ["PartitionKey", "RowKey"];

    private readonly BoundedCache<string, Counting> _countings = new(MaxKept, clock);

    /// <summary>A page in order of id.</summary>
    /// <param name="filter">An OData condition; null for all rows.</param>
    public async Task<NumberedItems<Row>> ListAsync(ListWindow page, string? filter, CancellationToken cancellationToken = default)
    {
        var demanded = And(condition, filter);
        var counting = CountingOf(demanded);
        var end = await ReadEndAsync(counting, filter, cancellationToken);
        var census = await CountAsync(counting, filter, end, cancellationToken);
        var blocks = Blocks(census, end, page.Descending).ToList();
        var rows = new List<Row>();
        var read = new Dictionary<long, int>();
        var passed = 0L;
        // Known blocks are skipped by their numbers; unknown ones have to be read.
        for (var next = 0; next < blocks.Count && rows.Count < page.Take;)
        {
            if (blocks[next].Count is { } known && passed + known <= page.Skip)
            {
                passed += known;
                next++;
                continue;
            }
            var chunk = blocks.Skip(next).Take(Readers).ToList();
            next += chunk.Count;
            var found = await Task.WhenAll(chunk.Select(block => ReadAsync(block.Id, demanded, page.Descending, cancellationToken)));
            foreach (var (block, inBlock) in chunk.Zip(found))
            {
                rows.AddRange(inBlock.Skip((int)Math.Clamp(page.Skip - passed, 0, inBlock.Count)).Take(page.Take - rows.Count));
                passed += inBlock.Count;
                read[block.Id] = inBlock.Count;
            }
        }
        var counted = census.Blocks.Where(block => !read.ContainsKey(block.Key)).Sum(block => (long)block.Value) + read.Values.Sum();
        return new NumberedItems<Row>(rows, counted);
    }

    /// <summary>Number of rows, as far as they are counted.</summary>
    /// <param name="filter">An OData condition; null for all rows.</param>
    public async Task<long> CountAsync(string? filter, CancellationToken cancellationToken = default) =>
        (await ListAsync(new ListWindow(long.MaxValue, 0, Descending: false), filter, cancellationToken)).Total;

    /// <summary>
    /// The creation times of rows that are younger than a time, as far as the newest 200 blocks have them. Reads from the newest block on until
    /// those of all processes have none: at least sixteen transactions, unless there are fewer blocks.
    /// </summary>
    /// <param name="column">The property with the time.</param>
    /// <param name="since">The time.</param>
    public async Task<IReadOnlyList<DateTimeOffset>> ReadRecentAsync(string column, DateTimeOffset since, CancellationToken cancellationToken = default)
    {
        var demanded = And(condition, $"{column} ge {StoredTime.InCondition(since)}");
        var first = IdAllocator.First(kind) / Block;
        var times = new List<DateTimeOffset>();
        var empty = 0;
        var read = 0;
        for (var next = await BlockEndAsync(cancellationToken) - 1; next >= first && empty < BlocksInUse && read < RecentBlocks; next -= Readers)
        {
            var chunk = Numbers(Math.Max(first, next - Readers + 1), next + 1).Reverse().ToList();
            foreach (var rows in await Task.WhenAll(chunk.Select(block => ReadAsync(block, demanded, descending: false, cancellationToken))))
            {
                times.AddRange(rows.Select(row => row.Time(column) ?? default));
                empty = rows.Count == 0 ? empty + 1 : 0;
            }
            read += chunk.Count;
        }
        return times;
    }

    /// <summary>All rows in no order: one transaction for each 1,000.</summary>
    /// <param name="filter">An OData condition; null for all rows.</param>
    public IAsyncEnumerable<Row> ScanAsync(string? filter, CancellationToken cancellationToken = default) =>
        table.ScanAsync(And(Everything, And(condition, filter)), cancellationToken);

    // Names of blocks are hexadecimal digits.
    private string Everything => $"PartitionKey ge '{prefix}0' and PartitionKey lt '{prefix}g'";

    private static string? And(string? first, string? second) => (first, second) switch
    {
        (null, _) => second,
        (_, null) => first,
        _ => $"({first}) and ({second})",
    };

    private long BlockOf(Row row) => FileKeys.ParseFolder(row.PartitionKey[prefix.Length..]);

    private async Task<long> BlockEndAsync(CancellationToken cancellationToken) =>
        ((await ids.ReadEndAsync(kind, cancellationToken) - 1) / Block) + 1;

    /// <summary>Blocks in order of the list, with the number of rows of each; null for those that are not counted.</summary>
    private IEnumerable<(long Id, int? Count)> Blocks(Census census, long end, bool descending)
    {
        // Recently leased blocks still get rows; without a census, the list is read from its beginning.
        var first = census switch
        {
            { IsWhole: false } => IdAllocator.First(kind) / Block,
            { Pages: > FewPages } => Math.Max(IdAllocator.First(kind) / Block, census.End - BlocksInUse),
            _ => census.End,
        };
        var known = census.Blocks.Where(block => census.IsWhole && block.Key < first).Select(block => (Id: block.Key, Count: (int?)block.Value));
        var unknown = descending
            ? Numbers(Math.Max(first, end - BlocksPerRequest), end)
            : Numbers(first, Math.Min(end, first + BlocksPerRequest));
        var all = known.Concat(unknown.Select(id => (Id: id, Count: (int?)null)));
        return descending ? all.OrderByDescending(block => block.Id) : all.OrderBy(block => block.Id);
    }

    private static IEnumerable<long> Numbers(long first, long end)
    {
        for (var number = first; number < end; number++)
            yield return number;
    }

    private async Task<List<Row>> ReadAsync(long block, string? demanded, bool descending, CancellationToken cancellationToken)
    {
        var rows = new List<Row>();
        await foreach (var row in table.QueryAsync(new RowRange(prefix + FileKeys.Folder(block)) { Condition = demanded }, cancellationToken))
            rows.Add(row);
        if (descending)
            rows.Reverse();
        return rows;
    }

    /// <summary>Reads the end of the list and, unless this process has a census, the one that another has kept: one transaction.</summary>
    private async Task<long> ReadEndAsync(Counting counting, string? filter, CancellationToken cancellationToken)
    {
        if (filter is not null || counting.Whole is not null)
            return await BlockEndAsync(cancellationToken);
        var (end, note) = await ids.ReadEndAndNoteAsync(kind, cancellationToken);
        if (note is not null)
            counting.Whole ??= Census.FromRow(note);
        return ((end - 1) / Block) + 1;
    }

    private Counting CountingOf(string? demanded)
    {
        var counting = _countings.Find(demanded ?? "") ?? new Counting();
        _countings.Keep(demanded ?? "", counting, clock.GetUtcNow() + (6 * MaxAge));
        return counting;
    }

    /// <summary>Continues counting, and returns what is known.</summary>
    private async Task<Census> CountAsync(Counting counting, string? filter, long end, CancellationToken cancellationToken)
    {
        await counting.Turn.WaitAsync(cancellationToken);
        try
        {
            // A census serves until the next one, unless so many blocks have come that a page could miss some.
            var whole = counting.Whole is { Pages: > FewPages } known && end - known.End <= BlocksPerRequest - BlocksInUse ? known : null;
            if (whole is not null && clock.GetUtcNow() - whole.At < MaxAge)
                return whole;
            var open = counting.Open ?? new Census { End = end, At = clock.GetUtcNow() };
            counting.Open = open;
            await CountPagesAsync(open, And(condition, filter), whole is null ? CountsPerRequest : RecountsPerRequest, cancellationToken);
            if (!open.IsWhole)
                return whole ?? open.Copy();
            if (filter is null && (whole is not null || open.Pages > FewPages))
                await open.KeepAsync(ids, kind, cancellationToken);
            (counting.Whole, counting.Open) = (open, null);
            return open;
        }
        finally
        {
            counting.Turn.Release();
        }
    }

    private async Task CountPagesAsync(Census open, string? demanded, int most, CancellationToken cancellationToken)
    {
        var filter = And(Everything, demanded)!;
        for (var pages = 0; pages < most && !open.IsWhole; pages++)
        {
            var page = await table.ScanPageAsync(filter, s_keys, open.Next, cancellationToken);
            foreach (var block in page.Rows.CountBy(BlockOf))
                open.Blocks[block.Key] = open.Blocks.GetValueOrDefault(block.Key) + block.Value;
            open.Pages++;
            open.Next = page.ContinuationToken;
            open.IsWhole = open.Next is null;
        }
    }

    private sealed class Counting
    {
        public SemaphoreSlim Turn { get; } = new(1, 1);

        public Census? Whole { get; set; }

        public Census? Open { get; set; }
    }
}

using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Drive.Listing;

/// <summary>The use that a scan makes of a row.</summary>
internal enum RowUse
{
    /// <summary>It is dropped as soon as it is read.</summary>
    Drop,

    /// <summary>It is handed on.</summary>
    Keep,

    /// <summary>It is handed on, and may be what ends the scan: further pages are read when they are asked for.</summary>
    Pause,
}

/// <summary>Rows of a folder, in order.</summary>
/// <param name="Rows">Those that are kept.</param>
/// <param name="IsFirst">True if they are the folder's first ones.</param>
/// <param name="IsLast">True if the folder has no more.</param>
/// <param name="LastKey">The key of the last row that was read, kept or not; null for none.</param>
/// <typeparam name="T">What stands for a folder.</typeparam>
internal sealed record FolderPart<T>(T Folder, IReadOnlyList<Row> Rows, bool IsFirst, bool IsLast, string? LastKey);

/// <summary>Reads a part of one range, from where the page before ended.</summary>
internal delegate Task<RowPage> PageReader(RowRange range, string? continuation, CancellationToken cancellationToken);

/// <summary>
/// Reads many folders in order, several requests at once. Adjacent folders are read together: a request returns 1,000 rows
/// of however many. A request always begins with a folder that is wanted, so none returns less than it would for that folder alone.
/// </summary>
/// <param name="read">Reads a page.</param>
/// <param name="from">The first row key of each folder.</param>
/// <param name="to">The end in each folder, exclusive.</param>
/// <param name="use">Determines what to do with a row; called by several threads.</param>
internal sealed class FolderScan(PageReader read, string from, string to, Func<Row, RowUse> use)
{
    /// <summary>An additional condition that storage evaluates; null for none.</summary>
    public string? Condition { get; init; }

    private const int RunsAhead = 4;
    private const int MaxRun = 64;

    // Folders between two wanted ones cost bytes. They are read as well while most of what is read is wanted.
    private const int WideGap = 16;
    private const int Careful = 1_000;

    private long _wanted;
    private long _others;

    /// <summary>Reads folders. Pages read ahead are dropped when the enumeration ends early.</summary>
    /// <param name="idOf">The id of one.</param>
    /// <param name="startOf">The position to start from in a folder that is not read from its beginning; null for all others.</param>
    public async IAsyncEnumerable<FolderPart<T>> ReadAsync<T>(
        IAsyncEnumerable<T> folders, Func<T, long> idOf, Func<T, FolderStart?> startOf, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var ahead = new Queue<Run<T>>();
        try
        {
            await foreach (var run in RunsAsync(folders, idOf, startOf, cancellationToken))
            {
                run.Reading = ReadRunAsync(run, abandoned.Token);
                ahead.Enqueue(run);
                if (ahead.Count < RunsAhead)
                    continue;
                await foreach (var part in PartsAsync(ahead.Peek(), cancellationToken))
                    yield return part;
                ahead.Dequeue();
            }
            while (ahead.TryPeek(out var run))
            {
                await foreach (var part in PartsAsync(run, cancellationToken))
                    yield return part;
                ahead.Dequeue();
            }
        }
        finally
        {
            await abandoned.CancelAsync();
            await Task.WhenAll(ahead.Select(run => run.Reading)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Combines what one range may hold.</summary>
    private async IAsyncEnumerable<Run<T>> RunsAsync<T>(
        IAsyncEnumerable<T> folders, Func<T, long> idOf, Func<T, FolderStart?> startOf, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Run<T>? run = null;
        await foreach (var folder in folders.WithCancellation(cancellationToken))
        {
            var (id, start) = (idOf(folder), startOf(folder));
            if (run is { Start: null, Folders.Count: < MaxRun } && start is null && Follows(run.Folders[^1].Id, id))
            {
                run.Folders.Add((folder, id));
                continue;
            }
            if (run is not null)
                yield return run;
            run = new Run<T> { Folders = { (folder, id) }, Start = start };
        }
        if (run is not null)
            yield return run;
    }

    private bool Follows(long before, long id)
    {
        var gap = Volatile.Read(ref _others) > Volatile.Read(ref _wanted) + Careful ? 1 : WideGap;
        return id > before && id - before <= gap && FileKeys.AreNeighbours(before, id);
    }

    private static async IAsyncEnumerable<FolderPart<T>> PartsAsync<T>(Run<T> run, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var page in run.Pages.Reader.ReadAllAsync(cancellationToken))
        {
            foreach (var part in page.Parts)
                yield return part;
            page.Used.TrySetResult();
        }
        await run.Reading;
    }

    private async Task ReadRunAsync<T>(Run<T> run, CancellationToken cancellationToken)
    {
        try
        {
            var (range, continuation) = (RangeOf(run), (string?)null);
            while (true)
            {
                var page = await read(range, continuation, cancellationToken);
                var pauses = Split(run, page, out var parts);
                var batch = new PartBatch<T>(parts);
                await run.Pages.Writer.WriteAsync(batch, cancellationToken);
                if (run.Next == run.Folders.Count)
                    return;
                if (pauses)
                    await batch.Used.Task.WaitAsync(cancellationToken);
                continuation = page.ContinuationToken;
                // No page needs to continue past the wanted rows.
                if (page.Rows.Count > 0 && page.Rows[^1].PartitionKey != FileKeys.Folder(run.Folders[run.Next].Id))
                    (range, continuation) = (RangeOf(run), null);
            }
        }
        finally
        {
            run.Pages.Writer.Complete();
        }
    }

    /// <summary>The remaining range of a run.</summary>
    private RowRange RangeOf<T>(Run<T> run)
    {
        var range = new RowRange(FileKeys.Folder(run.Folders[run.Next].Id), from, to) { Condition = Condition };
        if (run.Start is { } start)
            return range with { From = start.Key, SkipsFrom = start.IsBehind };
        return run.Next + 1 == run.Folders.Count ? range : range with { LastPartitionKey = FileKeys.Folder(run.Folders[^1].Id) };
    }

    /// <summary>Divides a page among the folders that it has rows of, or has come past.</summary>
    /// <returns>True if something was found that may end the scan.</returns>
    private bool Split<T>(Run<T> run, RowPage page, out List<FolderPart<T>> parts)
    {
        var split = new PageSplit<T>(run);
        var pauses = false;
        var wanted = 0;
        foreach (var row in page.Rows)
        {
            if (!split.TryEnter(row.PartitionKey))
                continue;
            wanted++;
            var what = use(row);
            pauses |= what == RowUse.Pause;
            split.Add(row, isKept: what != RowUse.Drop);
        }
        Interlocked.Add(ref _wanted, wanted);
        Interlocked.Add(ref _others, page.Rows.Count - wanted);
        if (page.ContinuationToken is null)
            split.End();
        else
            split.Interrupt();
        parts = split.Parts;
        return pauses;
    }

    /// <summary>A page that is divided among the folders of its run.</summary>
    private sealed class PageSplit<T>(Run<T> run)
    {
        private string _partition = FileKeys.Folder(run.Folders[run.Next].Id);
        private List<Row> _kept = [];
        private string? _lastKey;

        public List<FolderPart<T>> Parts { get; } = [];

        /// <summary>Ends the folders that the page has come past.</summary>
        /// <returns>True if the partition is a wanted folder's.</returns>
        public bool TryEnter(string partition)
        {
            while (run.Next < run.Folders.Count)
            {
                var order = string.CompareOrdinal(partition, _partition);
                if (order <= 0)
                    return order == 0;
                EndFolder();
            }
            return false;
        }

        public void Add(Row row, bool isKept)
        {
            _lastKey = row.RowKey;
            if (isKept)
                _kept.Add(row);
        }

        /// <summary>Ends all folders: the range has no more rows.</summary>
        public void End()
        {
            while (run.Next < run.Folders.Count)
                EndFolder();
        }

        /// <summary>Hands on what there is of the folder in which the page ends.</summary>
        public void Interrupt()
        {
            if (_lastKey is null || run.Next == run.Folders.Count)
                return;
            Parts.Add(new FolderPart<T>(run.Folders[run.Next].Folder, _kept, run.IsAtStart, IsLast: false, _lastKey));
            run.IsAtStart = false;
        }

        private void EndFolder()
        {
            Parts.Add(new FolderPart<T>(run.Folders[run.Next].Folder, _kept, run.IsAtStart, IsLast: true, _lastKey));
            (_kept, _lastKey) = ([], null);
            run.Next++;
            run.IsAtStart = true;
            if (run.Next < run.Folders.Count)
                _partition = FileKeys.Folder(run.Folders[run.Next].Id);
        }
    }

    /// <summary>Folders that one range holds.</summary>
    private sealed class Run<T>
    {
        public List<(T Folder, long Id)> Folders { get; } = [];

        public FolderStart? Start { get; init; }

        /// <summary>The first folder that has not been read to its end.</summary>
        public int Next { get; set; }

        /// <summary>True if nothing of that folder has been returned yet.</summary>
        public bool IsAtStart { get; set; } = true;

        public Task Reading { get; set; } = Task.CompletedTask;

        // One page is buffered while another is processed.
        public Channel<PartBatch<T>> Pages { get; } = Channel.CreateBounded<PartBatch<T>>(1);
    }

    /// <summary>The folder parts of one page.</summary>
    private sealed class PartBatch<T>(IReadOnlyList<FolderPart<T>> parts)
    {
        public IReadOnlyList<FolderPart<T>> Parts => parts;

        public TaskCompletionSource Used { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>The position to start from in a folder.</summary>
/// <param name="Key">A row key.</param>
/// <param name="IsBehind">True if that row itself is left out.</param>
internal readonly record struct FolderStart(string Key, bool IsBehind);

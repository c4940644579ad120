using System.Runtime.CompilerServices;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Tables;

namespace Cloudreve.Core.FileSystem.Search;

/// <summary>
/// One page of a search. A page that begins within a level passes from the top down to it: so a token is short, and no state is kept
/// between pages. Within a page, the folders of the next level are known from those that were opened.
/// </summary>
public sealed class SearchPage
{
    private const int ReadAhead = 8;

    // What is known of the next level takes memory; a larger one is found again from the top.
    private const int MaxRemembered = 10_000;

    private readonly StorageLayout _layout;
    private readonly HeavyReads _heavy;
    private readonly SearchRequest _request;
    private SearchToken _token;
    private SearchToken? _stop;
    private int _reads;
    private int _hits;
    private int _opened;

    // The folders of this level, and of the next as far as they are known; null for unknown.
    private IReadOnlyList<Folder>? _level;
    private List<Folder>? _next;

    internal SearchPage(StorageLayout layout, HeavyReads heavy, SearchRequest request)
    {
        _layout = layout;
        _heavy = heavy;
        _request = request;
        _token = request.Token is null ? SearchToken.Start : SearchToken.Decode(request.Token);
    }

    /// <summary>Where to go on, once <see cref="ReadAsync"/> has ended; null on the last page.</summary>
    public string? NextToken { get; private set; }

    /// <summary>Whether the search ended because it opened as many folders as allowed.</summary>
    public bool IsRecursionLimitReached { get; private set; }

    /// <summary>The page's hits, in batches as they are found.</summary>
    /// <param name="cancellationToken">Cancels the search.</param>
    public async IAsyncEnumerable<IReadOnlyList<SearchHit>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            _next = _token is { Way.Count: 0, After: null } ? [] : null;
            await foreach (var batch in ReadLevelAsync(cancellationToken))
            {
                _hits += batch.Count;
                yield return batch;
            }
            if (_stop is not null || IsRecursionLimitReached || !_request.IsRecursive || !_token.HasDeeper)
                break;
            _token = _token.NextLevel();
            _level = _next;
        }
        NextToken = _stop?.Encode();
    }

    // A page opens one folder at least, however long the way to it is: else the next one would begin where this one did, for ever.
    private bool IsSpent => _opened > 0 && _reads >= (_hits > 0 ? _request.EnoughReads : _request.TooManyReads);

    private async IAsyncEnumerable<IReadOnlyList<SearchHit>> ReadLevelAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var folders = _level?.ToAsyncEnumerable() ?? FoldersAtAsync(_token.Level, cancellationToken);
        await foreach (var (folder, first) in AheadAsync(folders, ReadEntriesAsync, cancellationToken))
        {
            if (_token.After is null || !folder.IsAt(_token.Way))
            {
                if (_token.Walked >= _request.MaxWalkedFolders)
                {
                    IsRecursionLimitReached = true;
                    yield break;
                }
                _token = _token with { Walked = _token.Walked + 1 };
            }
            _opened++;
            for (var page = first; page is not null;)
            {
                var hits = Filter(folder, page.Rows);
                if (hits.Count > 0)
                    yield return hits;
                if (_stop is not null)
                    yield break;
                if (page.ContinuationToken is { } next && IsSpent)
                {
                    StopAt(folder, page.Rows.Count > 0 ? page.Rows[^1].RowKey : null);
                    yield break;
                }
                page = page.ContinuationToken is null
                    ? null
                    : await ReadPageAsync(EntriesOf(folder), page.ContinuationToken, cancellationToken);
            }
        }
    }

    /// <summary>The hits among some entries, up to the end of the page.</summary>
    private List<SearchHit> Filter(Folder folder, IReadOnlyList<Row> rows)
    {
        var hits = new List<SearchHit>();
        foreach (var row in rows)
        {
            // A name that a move has claimed is not an entry yet.
            if (row["x"] is not null)
                continue;
            // Most names are none that are looked for, and need not be read any further.
            var type = (FileType)row.RequiredNumber("t");
            if (type == FileType.File && !_request.Query.MayMatch(type, row.Text("n") ?? ""))
                continue;
            var entry = FileRecord.FromRow(row, folder.Id);
            if (IsEnterable(folder, entry))
                Remember(folder, entry);
            if (!_request.Query.Matches(entry) || folder.Path.Depth == FilePath.MaxDepth)
                continue;
            hits.Add(new SearchHit(entry, folder.Path.Child(entry.Name)));
            if (_hits + hits.Count == _request.PageSize)
            {
                StopAt(folder, row.RowKey);
                break;
            }
        }
        return hits;
    }

    private void Remember(Folder parent, FileRecord entry)
    {
        if (!_token.HasDeeper)
            _token = _token with { HasDeeper = true };
        _next?.Add(Below(parent, entry));
        if (_next?.Count > MaxRemembered)
            _next = null;
    }

    private static Folder Below(Folder parent, FileRecord entry) => new(entry.Id, parent.Path.Child(entry.Name), [.. parent.Way, entry.Id]);

    private void StopAt(Folder folder, string? after) => _stop = _token with { Way = folder.Way, After = after };

    /// <summary>All folders some levels below the top, from the token's position on.</summary>
    private async IAsyncEnumerable<Folder> FoldersAtAsync(int level, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (level == 0)
        {
            yield return new Folder(_request.FolderId, _request.Path, []);
            yield break;
        }
        await foreach (var (_, subfolders) in AheadAsync(FoldersAtAsync(level - 1, cancellationToken), ReadSubfoldersAsync, cancellationToken))
        {
            foreach (var subfolder in subfolders)
                yield return subfolder;
        }
    }

    private async Task<List<Folder>> ReadSubfoldersAsync(Folder folder, CancellationToken cancellationToken)
    {
        var range = RowRange.Prefix(FileKeys.Folder(folder.Id), FileKeys.FolderIdPrefix);
        // On the token's way what comes before it is done.
        if (folder.IsAbove(_token.Way))
            range = range with { From = FileKeys.FolderId(_token.Way[folder.Way.Count]) };
        var subfolders = new List<Folder>();
        string? continuation = null;
        do
        {
            var page = await ReadPageAsync(range, continuation, cancellationToken);
            foreach (var row in page.Rows.Where(r => r["x"] is null))
            {
                var entry = FileRecord.FromRow(row, folder.Id);
                if (IsEnterable(folder, entry))
                    subfolders.Add(Below(folder, entry));
            }
            continuation = page.ContinuationToken;
        }
        while (continuation is not null && subfolders.Count <= _request.MaxWalkedFolders);
        return subfolders;
    }

    private Task<RowPage> ReadEntriesAsync(Folder folder, CancellationToken cancellationToken) =>
        ReadPageAsync(EntriesOf(folder), null, cancellationToken);

    private RowRange EntriesOf(Folder folder)
    {
        var partition = FileKeys.Folder(folder.Id);
        // Folders by id and files by id stand one behind the other.
        var end = RowRange.After(_request.Query.Type == FileType.Folder ? FileKeys.FolderIdPrefix : FileKeys.FileIdPrefix);
        var range = new RowRange(partition, FileKeys.FolderIdPrefix, end);
        return _token.After is { } after && folder.IsAt(_token.Way) ? range.Behind(after) : range;
    }

    private Task<RowPage> ReadPageAsync(RowRange range, string? continuation, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        return _heavy.ReadPageAsync(_request.AccountId, _layout.Files, range, continuation, cancellationToken);
    }

    // A shortcut cannot be walked into (contract, section 9).
    private static bool IsEnterable(Folder parent, FileRecord entry) =>
        entry.Type == FileType.Folder && !entry.IsSymbolic && parent.Path.Depth < FilePath.MaxDepth;

    /// <summary>Reads something of each folder, several at once, in order. Stops where the page has cost enough.</summary>
    private async IAsyncEnumerable<(Folder Folder, T Content)> AheadAsync<T>(
        IAsyncEnumerable<Folder> folders, Func<Folder, CancellationToken, Task<T>> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var ahead = new Queue<(Folder Folder, Task<T> Content)>();
        try
        {
            await foreach (var folder in folders)
            {
                ahead.Enqueue((folder, read(folder, abandoned.Token)));
                if (ahead.Count < ReadAhead)
                    continue;
                if (Stops(ahead.Peek().Folder))
                    yield break;
                var (next, content) = ahead.Dequeue();
                yield return (next, await content);
            }
            while (ahead.TryPeek(out var first) && !Stops(first.Folder))
            {
                ahead.Dequeue();
                yield return (first.Folder, await first.Content);
            }
        }
        finally
        {
            await abandoned.CancelAsync();
            await Task.WhenAll(ahead.Select(a => (Task)a.Content)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Whether the page ends before a folder, because it has cost enough or because the way to further folders ended.</summary>
    private bool Stops(Folder next)
    {
        if (_stop is null && !IsSpent)
            return false;
        // What was read ahead comes before whatever the levels above stopped at.
        StopAt(next, after: null);
        return true;
    }

    /// <summary>A folder on the way down.</summary>
    /// <param name="Id">Its id.</param>
    /// <param name="Path">Its path.</param>
    /// <param name="Way">Ids from below the top to this folder.</param>
    private sealed record Folder(long Id, FilePath Path, IReadOnlyList<long> Way)
    {
        public bool IsAt(IReadOnlyList<long> way) => way.SequenceEqual(Way);

        public bool IsAbove(IReadOnlyList<long> way) => way.Count > Way.Count && way.Take(Way.Count).SequenceEqual(Way);
    }
}

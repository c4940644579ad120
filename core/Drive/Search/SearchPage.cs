using System.Runtime.CompilerServices;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Search;

/// <summary>
/// One page of a search. A page that begins within a level walks from the top down to it: so a token is short, and no state is kept
/// between pages. Within a page, the folders of the next level are known from those that were opened.
/// </summary>
public sealed class SearchPage
{
    // The known part of the next level takes memory; a larger one is found again from the top.
    private const int MaxRemembered = 10_000;

    private readonly StorageLayout _layout;
    private readonly HeavyReads _heavy;
    private readonly SearchRequest _request;
    private readonly TurnBudget _budget;
    private SearchToken _token;
    private SearchToken? _stop;
    private int _reads;
    private int _hits;
    private int _opened;

    // The folder that was read last on this level, and the last row that was read of it.
    private (Folder Folder, string? Key)? _last;

    // The folders of this level, and of the next as far as they are known; null for unknown.
    private IReadOnlyList<Folder>? _level;
    private List<Folder>? _next;

    internal SearchPage(StorageLayout layout, HeavyReads heavy, TimeProvider clock, SearchRequest request)
    {
        _layout = layout;
        _heavy = heavy;
        _request = request;
        _budget = new TurnBudget(request.TurnTimeout, clock);
        _token = request.Token is null ? SearchToken.Start : SearchToken.Decode(request.Token);
    }

    /// <summary>The token to continue with, once <see cref="ReadAsync"/> has ended; null on the last page.</summary>
    public string? NextToken { get; private set; }

    /// <summary>True if the search ended because it had opened the maximum number of folders.</summary>
    public bool IsRecursionLimitReached { get; private set; }

    /// <summary>
    /// The page's hits, in batches as they are found. While too many others search the page ends early, with a token.
    /// </summary>
    /// <exception cref="CloudreveException">429 if nothing has been found by then.</exception>
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
            _last = null;
        }
        NextToken = _stop?.Encode();
    }

    // A page opens at least one folder, however long the way to it is: otherwise the next one would begin where this one did, forever.
    private bool IsSpent => _opened > 0 && _reads >= (_hits > 0 ? _request.EnoughReads : _request.TooManyReads);

    private async IAsyncEnumerable<IReadOnlyList<SearchHit>> ReadLevelAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var folders = _level?.ToAsyncEnumerable() ?? FoldersAtAsync(_token.Level, cancellationToken);
        // Folders by id and files by id are adjacent.
        var end = RowRange.After(_request.Query.Type == FileType.Folder ? FileKeys.FolderIdPrefix : FileKeys.FileIdPrefix);
        var scan = new FolderScan(ReadPageAsync, FileKeys.FolderIdPrefix, end, UseOf) { Condition = _request.Query.RowCondition };
        await using var parts = scan.ReadAsync(folders, folder => folder.Id, StartOf, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await MoveNextAsync(parts))
        {
            var (folder, rows, isFirst, isLast, lastKey) = parts.Current;
            if (isFirst)
            {
                if (Stops(folder) || !TryOpen(folder))
                    yield break;
                _last = (folder, StartOf(folder)?.Key);
            }
            var hits = Filter(folder, rows);
            if (hits.Count > 0)
                yield return hits;
            if (_stop is not null)
                yield break;
            _last = (folder, lastKey ?? _last?.Key);
            if (!isLast && IsSpent)
            {
                StopAt(folder, lastKey);
                yield break;
            }
        }
    }

    /// <summary>Reads on, unless too many others search and the page can end with what there is.</summary>
    private async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<FolderPart<Folder>> parts)
    {
        try
        {
            return await parts.MoveNextAsync();
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.TooManyRequests && _hits > 0)
        {
            // After the last folder, even if it has no rows: it must not be opened twice.
            if (_last is { } last)
                StopAt(last.Folder, last.Key ?? FileKeys.FolderIdPrefix);
            else
                _stop = _token;
            return false;
        }
    }

    /// <summary>Counts a folder that is opened, unless that would be one too many.</summary>
    private bool TryOpen(Folder folder)
    {
        if (_token.After is null || !folder.IsAt(_token.Way))
        {
            IsRecursionLimitReached = _token.Walked >= _request.MaxWalkedFolders;
            if (IsRecursionLimitReached)
                return false;
            _token = _token with { Walked = _token.Walked + 1 };
        }
        _opened++;
        return true;
    }

    // Most names do not match, and need not be read any further. A name that a move has claimed is not an entry yet.
    private RowUse UseOf(Row row)
    {
        if (row.IsPending)
            return RowUse.Drop;
        var type = row.EntryType;
        if (_request.Query.MayMatch(type, row.Text(EntryColumns.Name) ?? "") && _request.Query.Matches(FileRecord.FromRow(row, parentId: 0)))
            return RowUse.Pause;
        return type == FileType.Folder ? RowUse.Keep : RowUse.Drop;
    }

    private FolderStart? StartOf(Folder folder) =>
        _token.After is { } after && folder.IsAt(_token.Way) ? new FolderStart(after, IsBehind: true) : null;

    /// <summary>The hits among some entries, up to the end of the page.</summary>
    private List<SearchHit> Filter(Folder folder, IReadOnlyList<Row> rows)
    {
        var hits = new List<SearchHit>();
        foreach (var row in rows)
        {
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
        var scan = new FolderScan(
            ReadPageAsync, FileKeys.FolderIdPrefix, RowRange.After(FileKeys.FolderIdPrefix), row => !row.IsPending ? RowUse.Keep : RowUse.Drop);
        await foreach (var part in scan.ReadAsync(FoldersAtAsync(level - 1, cancellationToken), folder => folder.Id, StartAbove, cancellationToken))
        {
            if (part.IsFirst && Stops(part.Folder))
                yield break;
            foreach (var row in part.Rows)
            {
                var entry = FileRecord.FromRow(row, part.Folder.Id);
                if (IsEnterable(part.Folder, entry))
                    yield return Below(part.Folder, entry);
            }
        }
    }

    // On the token's way everything before it is done.
    private FolderStart? StartAbove(Folder folder) =>
        folder.IsAbove(_token.Way) ? new FolderStart(FileKeys.FolderId(_token.Way[folder.Way.Count]), IsBehind: false) : null;

    private Task<RowPage> ReadPageAsync(RowRange range, string? continuation, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        return _heavy.ReadPageAsync(_request.AccountId, _layout.Files, range, continuation, _budget, cancellationToken);
    }

    // A shortcut cannot be walked into (contract, section 9).
    private static bool IsEnterable(Folder parent, FileRecord entry) =>
        entry.Type == FileType.Folder && !entry.IsSymbolic && parent.Path.Depth < FilePath.MaxDepth;

    /// <summary>Checks whether the page ends before a folder, because it has cost enough or because the path to further folders ended.</summary>
    private bool Stops(Folder next)
    {
        if (_stop is null && !IsSpent)
            return false;
        // Folders that were read ahead come before the point at which the levels above stopped.
        StopAt(next, after: null);
        return true;
    }

    /// <summary>A folder on the way down.</summary>
    /// <param name="Way">Ids from below the top to this folder.</param>
    private sealed record Folder(long Id, FilePath Path, IReadOnlyList<long> Way)
    {
        public bool IsAt(IReadOnlyList<long> way) => way.SequenceEqual(Way);

        public bool IsAbove(IReadOnlyList<long> way) => way.Count > Way.Count && way.Take(Way.Count).SequenceEqual(Way);
    }
}

using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.Walks;

/// <summary>An item that a walk has reached.</summary>
/// <param name="Path">Its path, from the source on.</param>
/// <param name="Entry">The file or folder; null for what cannot be read.</param>
/// <param name="Entity">The file's blob; null when it has none.</param>
/// <param name="After">The position at which the walk continues after it.</param>
internal sealed record WalkItem(string Path, FileRecord? Entry, EntityRecord? Entity, WalkCursor After)
{
    /// <summary>Why it cannot be read.</summary>
    public string? Failure { get; init; }
}

/// <summary>The position of a walk.</summary>
/// <param name="Source">The number of the source.</param>
/// <param name="SourceId">The folder that the source is; 0 while none is being walked through.</param>
/// <param name="Levels">The folders on the way, from the source on.</param>
internal sealed record WalkCursor(int Source, long SourceId, IReadOnlyList<WalkLevel> Levels);

/// <summary>
/// Walks through files and folders and all that is below them, folder by folder, from any place on where a walk before ended. Each folder costs
/// a transaction for its 1,000 next entries, and those of their blobs.
/// </summary>
/// <param name="entities">The files' blobs; null when they are not wanted.</param>
/// <param name="sources">The sources to walk through.</param>
/// <param name="open">Finds a source with the rights of the moment.</param>
/// <param name="start">The position to start from.</param>
internal sealed class ContentWalk(
    StorageLayout layout, EntityStore? entities, IReadOnlyList<WalkSource> sources, Func<string, CancellationToken, Task<FileRecord>> open, WalkCursor start)
{
    private const int PageSize = 1000;

    private readonly Stack<Queue<WalkItem>> _pages = new();
    private WalkCursor _cursor = start;
    private bool _isResumed;

    /// <summary>The next item; null at the end.</summary>
    public async Task<WalkItem?> NextAsync(CancellationToken cancellationToken)
    {
        if (!_isResumed)
        {
            _isResumed = true;
            if (_cursor.Levels.Count > 0 && await CheckSourceAsync(cancellationToken) is { } lost)
                return lost;
        }
        while (true)
        {
            var item = _cursor.Levels.Count > 0
                ? await NextInFolderAsync(cancellationToken)
                : _cursor.Source < sources.Count ? await OpenSourceAsync(cancellationToken) : null;
            if (item is not null)
                return item;
            if (_cursor.Levels.Count == 0 && _cursor.Source >= sources.Count)
                return null;
        }
    }

    /// <summary>A source that a walk before has begun must still be there, and be open to its owner.</summary>
    private async Task<WalkItem?> CheckSourceAsync(CancellationToken cancellationToken)
    {
        var source = sources[_cursor.Source];
        try
        {
            if ((await open(source.Uri, cancellationToken)).Id == _cursor.SourceId)
                return null;
        }
        catch (CloudreveException)
        {
            // What was done of it so far stays done.
        }
        _cursor = new WalkCursor(_cursor.Source + 1, 0, []);
        return new WalkItem(source.Name, null, null, _cursor) { Failure = "It was moved or deleted, or you no longer have access, before all of it was read." };
    }

    private async Task<WalkItem?> OpenSourceAsync(CancellationToken cancellationToken)
    {
        var source = sources[_cursor.Source];
        var behind = new WalkCursor(_cursor.Source + 1, 0, []);
        FileRecord entry;
        try
        {
            entry = await open(source.Uri, cancellationToken);
        }
        catch (CloudreveException e)
        {
            _cursor = behind;
            return new WalkItem(source.Name, null, null, behind) { Failure = e.Message };
        }
        if (entry.IsSymbolic)
        {
            _cursor = behind;
            return null;
        }
        if (entry.Type == FileType.File)
        {
            _cursor = behind;
            var entity = entry.PrimaryEntityId == 0 || entities is null ? null : await entities.FindAsync(entry.PrimaryEntityId, cancellationToken);
            return new WalkItem(source.Name, entry, entity, behind);
        }
        _cursor = new WalkCursor(_cursor.Source, entry.Id, [new WalkLevel(entry.Id, source.Name, null)]);
        _pages.Push(new Queue<WalkItem>());
        return source.Name.Length == 0 ? null : new WalkItem(source.Name, entry, null, _cursor);
    }

    private async Task<WalkItem?> NextInFolderAsync(CancellationToken cancellationToken)
    {
        while (_pages.Count < _cursor.Levels.Count)
            _pages.Push(new Queue<WalkItem>());
        var page = _pages.Peek();
        if (page.Count == 0)
            await ReadPageAsync(page, cancellationToken);
        if (!page.TryDequeue(out var item))
        {
            _pages.Pop();
            IReadOnlyList<WalkLevel> above = [.. _cursor.Levels.SkipLast(1)];
            _cursor = above.Count > 0 ? _cursor with { Levels = above } : new WalkCursor(_cursor.Source + 1, 0, []);
            return null;
        }
        _cursor = item.After;
        if (item.Entry!.Type == FileType.Folder)
            _pages.Push(new Queue<WalkItem>());
        return item;
    }

    private async Task ReadPageAsync(Queue<WalkItem> page, CancellationToken cancellationToken)
    {
        var level = _cursor.Levels[^1];
        // Folders by id and files by id are adjacent.
        var range = new RowRange(FileKeys.Folder(level.FolderId), FileKeys.FolderIdPrefix, RowRange.After(FileKeys.FileIdPrefix));
        if (level.After is not null)
            range = range.Behind(level.After);
        var path = string.Join('/', _cursor.Levels.Select(l => l.Name).Where(n => n.Length > 0));
        string? continuation = null;
        do
        {
            var rows = await layout.Files.QueryPageAsync(range, PageSize, continuation, cancellationToken);
            var entries = rows.Rows
                .Select(row => (row.RowKey, Entry: FileRecord.FromRow(row, level.FolderId)))
                .Where(e => e.Entry.PendingMove is null && !e.Entry.IsSymbolic)
                .ToList();
            IReadOnlyDictionary<long, EntityRecord> blobs = entities is null ? new Dictionary<long, EntityRecord>() : await entities.FindAsync(
                entries.Where(e => e.Entry is { Type: FileType.File, PrimaryEntityId: not 0 }).Select(e => e.Entry.PrimaryEntityId), cancellationToken);
            foreach (var (key, entry) in entries)
            {
                IReadOnlyList<WalkLevel> levels = [.. _cursor.Levels.SkipLast(1), level with { After = key }];
                if (entry.Type == FileType.Folder)
                    levels = [.. levels, new WalkLevel(entry.Id, entry.Name, null)];
                page.Enqueue(new WalkItem(
                    path.Length == 0 ? entry.Name : $"{path}/{entry.Name}", entry, blobs.GetValueOrDefault(entry.PrimaryEntityId), _cursor with { Levels = levels }));
            }
            continuation = rows.ContinuationToken;
        }
        while (page.Count == 0 && continuation is not null);
    }
}

/// <summary>A file or folder to walk through.</summary>
/// <param name="Uri">Its URI, from the caller's view.</param>
/// <param name="Name">Prefix of paths below it; empty for none.</param>
public sealed record WalkSource(string Uri, string Name);

/// <summary>A folder on the way of a walk.</summary>
/// <param name="Name">Its name in paths; empty for none.</param>
/// <param name="After">The row of the entry that was read last; null at the beginning.</param>
internal sealed record WalkLevel(long FolderId, string Name, string? After);

using System.Text;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.Archives.Writing;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.Archives.Creation;

/// <summary>The next item of an archive.</summary>
/// <param name="Path">Its path in the archive.</param>
/// <param name="Entry">The file or folder; null for what cannot be read.</param>
/// <param name="Entity">The file's blob; null when it has none.</param>
/// <param name="After">The position at which the walk continues after it.</param>
internal sealed record ArchiveItem(string Path, FileRecord? Entry, EntityRecord? Entity, ArchiveCursor After)
{
    /// <summary>Why it cannot be read.</summary>
    public string? Failure { get; init; }
}

/// <summary>The position of a walk.</summary>
/// <param name="Source">The number of the source.</param>
/// <param name="SourceId">The folder that the source is; 0 while none is being walked through.</param>
/// <param name="Levels">The folders on the way, from the source on.</param>
internal sealed record ArchiveCursor(int Source, long SourceId, IReadOnlyList<ArchiveLevel> Levels);

/// <summary>
/// Walks through all items of an archive, folder by folder, starting where an earlier walk ended. Each folder costs a
/// transaction for its 1,000 next entries.
/// </summary>
/// <param name="entities">The files' blobs.</param>
/// <param name="sources">The sources of the archive.</param>
/// <param name="open">Finds a source with the caller's current rights.</param>
/// <param name="start">The position to start from.</param>
internal sealed class ArchiveWalk(
    StorageLayout layout, EntityStore entities, IReadOnlyList<ArchiveSource> sources, Func<string, CancellationToken, Task<FileRecord>> open, ArchiveCursor start)
{
    private const int PageSize = 1000;

    private readonly Stack<Queue<ArchiveItem>> _pages = new();
    private ArchiveCursor _cursor = start;
    private bool _isResumed;

    /// <summary>The next item; null at the end.</summary>
    public async Task<ArchiveItem?> NextAsync(CancellationToken cancellationToken)
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
                return Check(item);
            if (_cursor.Levels.Count == 0 && _cursor.Source >= sources.Count)
                return null;
        }
    }

    /// <summary>A source that an earlier walk has begun must still exist and be accessible to its owner.</summary>
    private async Task<ArchiveItem?> CheckSourceAsync(CancellationToken cancellationToken)
    {
        var source = sources[_cursor.Source];
        try
        {
            if ((await open(source.Uri, cancellationToken)).Id == _cursor.SourceId)
                return null;
        }
        catch (CloudreveException)
        {
            // Its items so far stay in the archive.
        }
        _cursor = new ArchiveCursor(_cursor.Source + 1, 0, []);
        return new ArchiveItem(source.Name, null, null, _cursor) { Failure = "It was moved or deleted, or you no longer have access, before all of it was read." };
    }

    private async Task<ArchiveItem?> OpenSourceAsync(CancellationToken cancellationToken)
    {
        var source = sources[_cursor.Source];
        var behind = new ArchiveCursor(_cursor.Source + 1, 0, []);
        FileRecord entry;
        try
        {
            entry = await open(source.Uri, cancellationToken);
        }
        catch (CloudreveException e)
        {
            _cursor = behind;
            return new ArchiveItem(source.Name, null, null, behind) { Failure = e.Message };
        }
        if (entry.IsSymbolic)
        {
            _cursor = behind;
            return null;
        }
        if (entry.Type == FileType.File)
        {
            _cursor = behind;
            var entity = entry.PrimaryEntityId == 0 ? null : await entities.FindAsync(entry.PrimaryEntityId, cancellationToken);
            return new ArchiveItem(source.Name, entry, entity, behind);
        }
        _cursor = new ArchiveCursor(_cursor.Source, entry.Id, [new ArchiveLevel(entry.Id, source.Name, null)]);
        _pages.Push(new Queue<ArchiveItem>());
        return source.Name.Length == 0 ? null : new ArchiveItem(source.Name, entry, null, _cursor);
    }

    private async Task<ArchiveItem?> NextInFolderAsync(CancellationToken cancellationToken)
    {
        while (_pages.Count < _cursor.Levels.Count)
            _pages.Push(new Queue<ArchiveItem>());
        var page = _pages.Peek();
        if (page.Count == 0)
            await ReadPageAsync(page, cancellationToken);
        if (!page.TryDequeue(out var item))
        {
            _pages.Pop();
            IReadOnlyList<ArchiveLevel> above = [.. _cursor.Levels.SkipLast(1)];
            _cursor = above.Count > 0 ? _cursor with { Levels = above } : new ArchiveCursor(_cursor.Source + 1, 0, []);
            return null;
        }
        _cursor = item.After;
        if (item.Entry!.Type == FileType.Folder)
            _pages.Push(new Queue<ArchiveItem>());
        return item;
    }

    private async Task ReadPageAsync(Queue<ArchiveItem> page, CancellationToken cancellationToken)
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
            var blobs = await entities.FindAsync(
                entries.Where(e => e.Entry is { Type: FileType.File, PrimaryEntityId: not 0 }).Select(e => e.Entry.PrimaryEntityId), cancellationToken);
            foreach (var (key, entry) in entries)
            {
                IReadOnlyList<ArchiveLevel> levels = [.. _cursor.Levels.SkipLast(1), level with { After = key }];
                if (entry.Type == FileType.Folder)
                    levels = [.. levels, new ArchiveLevel(entry.Id, entry.Name, null)];
                page.Enqueue(new ArchiveItem(
                    path.Length == 0 ? entry.Name : $"{path}/{entry.Name}", entry, blobs.GetValueOrDefault(entry.PrimaryEntityId), _cursor with { Levels = levels }));
            }
            continuation = rows.ContinuationToken;
        }
        while (page.Count == 0 && continuation is not null);
    }

    private static ArchiveItem Check(ArchiveItem item) =>
        item.Failure is null && Encoding.UTF8.GetByteCount(item.Path) >= ZipEntry.MaxNameBytes
            ? item with { Entry = null, Failure = "Its path is too long for an archive." }
            : item;
}

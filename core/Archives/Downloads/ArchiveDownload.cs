using System.Runtime.CompilerServices;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Archives.Writing;
using Cloudreve.Core.Entities;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.Tables;

namespace Cloudreve.Core.Archives.Downloads;

/// <summary>Writes files and folders as one zip, straight from storage: nothing is gathered in memory or in files.</summary>
/// <param name="layout">Where the rows are.</param>
/// <param name="entities">The files' blobs.</param>
/// <param name="reader">Opens them.</param>
public sealed class ArchiveDownload(StorageLayout layout, EntityStore entities, EntityReader reader)
{
    // Small files would wait for each other's first byte.
    private const int ReadAhead = 4;

    /// <summary>Writes a zip. Folders come with everything below them, except shortcuts.</summary>
    /// <param name="roots">Files and folders of any places; equal names get a number.</param>
    /// <param name="output">Where to; it need not seek.</param>
    /// <param name="cancellationToken">Cancels the writing.</param>
    /// <exception cref="CloudreveException">40077: a file's content does not exist.</exception>
    /// <exception cref="EndOfStreamException">A blob ended early.</exception>
    public async Task WriteAsync(IReadOnlyList<FileRecord> roots, Stream output, CancellationToken cancellationToken = default)
    {
        var zip = new StoredZipWriter(output);
        var ahead = new Queue<Opened>();
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await foreach (var item in WalkAsync(roots, cancellationToken))
            {
                ahead.Enqueue(new Opened(item, item.Entity is null ? null : reader.OpenAsync(item.Entity, cancellationToken: abandoned.Token)));
                if (ahead.Count == ReadAhead)
                    await AddAsync(zip, ahead.Dequeue(), cancellationToken);
            }
            while (ahead.TryDequeue(out var last))
                await AddAsync(zip, last, cancellationToken);
            await zip.FinishAsync(cancellationToken);
        }
        finally
        {
            await abandoned.CancelAsync();
            foreach (var opened in ahead)
                await opened.DisposeAsync();
        }
    }

    private static async Task AddAsync(StoredZipWriter zip, Opened opened, CancellationToken cancellationToken)
    {
        var (item, content) = opened;
        if (item.Entry.Type == FileType.Folder)
        {
            await zip.AddFolderAsync(item.Path, item.Entry.UpdatedAt, cancellationToken);
        }
        else if (content is null)
        {
            await zip.AddFileAsync(item.Path, item.Entry.UpdatedAt, Stream.Null, 0, cancellationToken);
        }
        else
        {
            var blob = await content;
            await using var bytes = blob.Content;
            // A blob that its owner has overwritten has another size than was noted.
            await zip.AddFileAsync(item.Path, item.Entry.UpdatedAt, bytes, blob.Length, cancellationToken);
        }
    }

    private async IAsyncEnumerable<Item> WalkAsync(IReadOnlyList<FileRecord> roots, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var names = new UniqueNames();
        var entries = roots.Where(r => !r.IsSymbolic).Select(r => (r.IsRoot ? "" : names.Choose(r.Name), r)).ToList();
        var folders = new Stack<(string Path, FileRecord Folder)>();
        foreach (var item in await ResolveAsync(entries, folders, cancellationToken))
            yield return item;
        while (folders.TryPop(out var next))
        {
            // The root of a drive has no name; what is in it stands at the top.
            if (next.Path.Length > 0)
                yield return new Item(next.Path, next.Folder, null);
            // Folders by id and files by id stand one behind the other.
            var range = new RowRange(FileKeys.Folder(next.Folder.Id), FileKeys.FolderIdPrefix, RowRange.After(FileKeys.FileIdPrefix));
            string? continuation = null;
            do
            {
                var page = await layout.Files.QueryPageAsync(range, 1000, continuation, cancellationToken);
                entries = [.. page.Rows
                    .Select(r => FileRecord.FromRow(r, next.Folder.Id))
                    .Where(e => e.PendingMove is null && !e.IsSymbolic)
                    .Select(e => (next.Path.Length > 0 ? $"{next.Path}/{e.Name}" : e.Name, e))];
                foreach (var item in await ResolveAsync(entries, folders, cancellationToken))
                    yield return item;
                continuation = page.ContinuationToken;
            }
            while (continuation is not null);
        }
    }

    /// <summary>The files among some entries, with their blobs; folders are put aside for later.</summary>
    private async Task<IReadOnlyList<Item>> ResolveAsync(
        IReadOnlyList<(string Path, FileRecord Entry)> entries, Stack<(string Path, FileRecord Folder)> folders, CancellationToken cancellationToken)
    {
        foreach (var folder in entries.Where(e => e.Entry.Type == FileType.Folder).Reverse())
            folders.Push(folder);
        var files = entries.Where(e => e.Entry.Type == FileType.File).ToList();
        var blobs = await entities.FindAsync(files.Select(f => f.Entry.PrimaryEntityId), cancellationToken);
        return [.. files.Select(f => new Item(f.Path, f.Entry, f.Entry.PrimaryEntityId == 0
            ? null
            : blobs.GetValueOrDefault(f.Entry.PrimaryEntityId)
                ?? throw new CloudreveException(ErrorCode.BlobNotFound, "The content of a file does not exist.")))];
    }

    private sealed record Item(string Path, FileRecord Entry, EntityRecord? Entity);

    /// <summary>An entry whose content is on its way.</summary>
    private sealed record Opened(Item Item, Task<BlobContent>? Content) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            if (Content is null)
                return;
            await ((Task)Content).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (Content.IsCompletedSuccessfully)
                await (await Content).Content.DisposeAsync();
        }
    }
}

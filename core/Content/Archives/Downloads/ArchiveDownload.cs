using System.Runtime.CompilerServices;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.Archives.Writing;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.Archives.Downloads;

/// <summary>
/// Writes files and folders as one zip, straight from storage: nothing is buffered in memory or in files. A file that cannot be read
/// is left out and named in a text file at the top.
/// </summary>
/// <param name="entities">The files' blobs.</param>
/// <param name="reader">Opens them.</param>
/// <param name="clock">Stamps the text file.</param>
public sealed class ArchiveDownload(StorageLayout layout, EntityStore entities, EntityReader reader, TimeProvider clock)
{
    // Otherwise small files would wait for each other's first byte.
    private const int ReadAhead = 4;

    /// <summary>Writes a zip. Folders come with everything below them, except shortcuts; equal names in a folder get a number.</summary>
    /// <param name="roots">Files and folders of any places.</param>
    /// <param name="output">The output; it need not seek.</param>
    /// <returns>The files that the archive lacks.</returns>
    /// <exception cref="StorageException">Storage is unavailable, or a folder cannot be listed: the zip is incomplete.</exception>
    public async Task<MissingFiles> WriteAsync(IReadOnlyList<FileRecord> roots, Stream output, CancellationToken cancellationToken = default)
    {
        var zip = new StoredZipWriter(output);
        var missing = new MissingFiles();
        var topNames = new UniqueNames();
        var ahead = new Queue<Opened>();
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await foreach (var item in WalkAsync(roots, topNames, cancellationToken))
            {
                ahead.Enqueue(Open(item, abandoned.Token));
                if (ahead.Count == ReadAhead)
                    await AddAsync(zip, ahead.Dequeue(), missing, cancellationToken);
            }
            while (ahead.TryDequeue(out var last))
                await AddAsync(zip, last, missing, cancellationToken);
            if (missing.Count > 0)
            {
                var text = missing.ToText();
                await zip.AddFileAsync(topNames.Choose(MissingFiles.FileName), clock.GetUtcNow(), new MemoryStream(text), text.Length, cancellationToken);
            }
            await zip.FinishAsync(cancellationToken);
            return missing;
        }
        finally
        {
            await abandoned.CancelAsync();
            foreach (var opened in ahead)
                await opened.DisposeAsync();
        }
    }

    private Opened Open(Item item, CancellationToken cancellationToken)
    {
        if (item.Entry.Type == FileType.Folder || item.Entry.PrimaryEntityId == 0)
            return new Opened(item, null);
        var content = item.Entity is { } entity
            ? reader.OpenAsync(entity, cancellationToken: cancellationToken)
            : Task.FromException<BlobContent>(new StorageNotFoundException("The blob has no row."));
        return new Opened(item, content);
    }

    private static async Task AddAsync(StoredZipWriter zip, Opened opened, MissingFiles missing, CancellationToken cancellationToken)
    {
        var (item, content) = opened;
        if (item.Entry.Type == FileType.Folder)
        {
            await zip.AddFolderAsync(item.Path, item.Entry.UpdatedAt, cancellationToken);
            return;
        }
        if (content is null)
        {
            await zip.AddFileAsync(item.Path, item.Entry.UpdatedAt, Stream.Null, 0, cancellationToken);
            return;
        }
        BlobContent blob;
        try
        {
            blob = await content;
        }
        catch (Exception e) when (MissingFiles.IsOfOneFile(e))
        {
            missing.Add(item.Path, e);
            return;
        }
        await using var bytes = blob.Content;
        // A blob that its owner has overwritten may have another size than the recorded one.
        if (!await zip.AddFileAsync(item.Path, item.Entry.UpdatedAt, bytes, blob.Length, cancellationToken))
            missing.Add(item.Path, "Its content could be read in part only.");
    }

    private async IAsyncEnumerable<Item> WalkAsync(
        IReadOnlyList<FileRecord> roots, UniqueNames topNames, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var entries = roots.Where(r => !r.IsSymbolic).Select(r => (r.IsRoot ? "" : topNames.Choose(r.Name), r)).ToList();
        var folders = new Stack<(string Path, FileRecord Folder)>();
        foreach (var item in await ResolveAsync(entries, folders, cancellationToken))
            yield return item;
        while (folders.TryPop(out var next))
        {
            // The root of a drive has no name; its content is at the top, beside everything else that was chosen.
            var isTop = next.Path.Length == 0;
            var names = isTop ? topNames : new UniqueNames();
            if (!isTop)
                yield return new Item(next.Path, next.Folder, null);
            // Folders by id and files by id are adjacent.
            var range = new RowRange(FileKeys.Folder(next.Folder.Id), FileKeys.FolderIdPrefix, RowRange.After(FileKeys.FileIdPrefix));
            string? continuation = null;
            do
            {
                var page = await layout.Files.QueryPageAsync(range, 1000, continuation, cancellationToken);
                entries = [.. page.Rows
                    .Select(r => FileRecord.FromRow(r, next.Folder.Id))
                    .Where(e => e.PendingMove is null && !e.IsSymbolic)
                    .Select(e => (isTop ? names.Choose(e.Name) : $"{next.Path}/{names.Choose(e.Name)}", e))];
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
        return [.. files.Select(f => new Item(f.Path, f.Entry, blobs.GetValueOrDefault(f.Entry.PrimaryEntityId)))];
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

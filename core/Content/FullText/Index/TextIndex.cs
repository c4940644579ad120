using Cloudreve.AzureStorage;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Infrastructure.Caching;
using Lucene.Net.Index;
using Lucene.Net.Search;

namespace Cloudreve.Core.Content.FullText.Index;

/// <summary>
/// The indexes of users in blobs of the site. What is indexed is content: each text belongs to a blob, so moving, renaming, copying and deleting files costs an
/// index nothing. A new text is a new pack, and now and then several packs become one, without the texts of blobs that are gone
/// (docs/decisions/2026-11-29-full-text-index.md).
/// </summary>
/// <param name="blobs">The storage of indexes.</param>
/// <param name="entities">Tells which blobs are gone.</param>
/// <param name="clock">Determines how old packs are that no manifest names.</param>
internal sealed class TextIndex(IndexBlobs blobs, EntityStore entities, TimeProvider clock) : ITextIndex
{
    // Packs of all users that a process keeps in memory.
    private const long CacheSize = 192L << 20;

    private const int MaxRounds = 20;
    private const int Rereads = 3;
    private const int MaxMerges = 3;

    private const int MaxTidied = 10_000;

    // Users whose index is full stay at it: each of their uploads must not read it whole.
    private static readonly TimeSpan s_tidyDistance = TimeSpan.FromHours(1);

    private static readonly TimeSpan s_cacheAge = TimeSpan.FromHours(1);

    // By then a writer has named its pack, or has died.
    private static readonly TimeSpan s_strayAge = TimeSpan.FromHours(1);

    private readonly BoundedCache<string, IndexPack> _packs = new(CacheSize, clock);
    private readonly BoundedCache<long, bool> _tidied = new(MaxTidied, clock);
    private readonly DriveTurns _turns = new();

    /// <summary>Adds texts: three transactions, more when packs are merged or several processes write the user's index at once.</summary>
    /// <param name="maxSize">The largest size of the index.</param>
    /// <returns>False when they do not fit.</returns>
    /// <exception cref="StorageChangedException">Other processes were always faster.</exception>
    public async Task<bool> AddAsync(long ownerId, IReadOnlyList<IndexedText> texts, long maxSize, CancellationToken cancellationToken)
    {
        var bytes = IndexPack.Build(texts);
        PackEntry? pack = null;
        using var turn = await _turns.TakeAsync(ownerId, cancellationToken);
        for (var round = 0; round < MaxRounds; round++)
        {
            var (manifest, etag) = await blobs.ReadManifestAsync(ownerId, cancellationToken);
            // The first try may have succeeded although its answer was lost.
            if (manifest.Packs.Any(known => known.Name == pack?.Name))
                return true;
            if (manifest.Size + bytes.Length > maxSize)
            {
                if (!await TryTidyAsync(ownerId, manifest, etag, cancellationToken))
                    return false;
                continue;
            }
            pack ??= await blobs.WritePackAsync(ownerId, bytes, texts.Count, cancellationToken);
            manifest = new IndexManifest([.. manifest.Packs, pack]);
            if (await blobs.TryWriteManifestAsync(ownerId, manifest, etag, cancellationToken) is { } written)
            {
                Keep(pack, IndexPack.Open(bytes));
                await MergeAsync(ownerId, manifest, written, cancellationToken);
                return true;
            }
        }
        throw new StorageChangedException("The index of the user is written by others all the time.");
    }

    /// <summary>Searches: one transaction, and one for each pack that the process does not have.</summary>
    /// <inheritdoc/>
    public async Task<IReadOnlyList<long>> FindAsync(long ownerId, TextQuery query, int most, CancellationToken cancellationToken)
    {
        if (query.Query is not { } words)
            return [];
        var packs = await OpenAsync(ownerId, cancellationToken);
        if (packs.Count == 0)
            return [];
        using var reader = new MultiReader([.. packs.Select(pack => pack.Reader)], closeSubReaders: false);
        var hits = new IndexSearcher(reader).Search(words, most).ScoreDocs;
        return [.. hits.Select(hit => EntityOf(reader, hit.Doc)).Distinct()];
    }

    /// <summary>Does nothing: the words go with the next merge of their pack.</summary>
    /// <inheritdoc/>
    public Task RemoveAsync(long entityId, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Two transactions, and one for each pack.</summary>
    /// <inheritdoc/>
    public Task ClearAsync(long ownerId, CancellationToken cancellationToken) => blobs.ClearAsync(ownerId, cancellationToken);

    /// <summary>Does nothing: all of it is in blobs.</summary>
    /// <inheritdoc/>
    public Task ClearBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken) => Task.CompletedTask;

    private static long EntityOf(MultiReader reader, int document)
    {
        var leaf = reader.Leaves[ReaderUtil.SubIndex(document, reader.Leaves)];
        return IndexPack.EntityOf(leaf.AtomicReader, document - leaf.DocBase);
    }

    private async Task<IReadOnlyList<IndexPack>> OpenAsync(long ownerId, CancellationToken cancellationToken)
    {
        for (var read = 0; ; read++)
        {
            var (manifest, _) = await blobs.ReadManifestAsync(ownerId, cancellationToken);
            var packs = await OpenAsync(manifest.Packs, cancellationToken);
            // A pack that has gone meanwhile was merged into one that the current manifest names.
            if (read == Rereads || packs.Count == manifest.Packs.Count)
                return packs;
        }
    }

    private async Task<List<IndexPack>> OpenAsync(IReadOnlyList<PackEntry> entries, CancellationToken cancellationToken)
    {
        var packs = await Task.WhenAll(entries.Select(entry => OpenAsync(entry, cancellationToken)));
        return [.. packs.OfType<IndexPack>()];
    }

    private async Task<IndexPack?> OpenAsync(PackEntry entry, CancellationToken cancellationToken)
    {
        if (_packs.Find(entry.Name) is { } known)
            return known;
        if (await blobs.ReadPackAsync(entry, cancellationToken) is not { } bytes)
            return null;
        var pack = IndexPack.Open(bytes);
        Keep(entry, pack);
        return pack;
    }

    private void Keep(PackEntry entry, IndexPack pack) => _packs.Keep(entry.Name, pack, clock.GetUtcNow() + s_cacheAge, pack.Size);

    /// <summary>
    /// Merges the packs of each level that has enough: for each of them a transaction to read it, unless the process has it, and one to remove it; one for
    /// each block of ids of blobs; three more. A rival's change ends it: the next writer goes on.
    /// </summary>
    private async Task MergeAsync(long ownerId, IndexManifest manifest, string etag, CancellationToken cancellationToken)
    {
        for (var merge = 0; merge < MaxMerges && manifest.FindFullLevel() is { } level; merge++)
        {
            // A pack that a rebuild removed just before it was named is left out. If a rival has merged the level, its manifest is another version.
            var packs = await OpenAsync(level, cancellationToken);
            var alive = (await entities.FindAsync(packs.SelectMany(pack => pack.Entities), cancellationToken)).Keys.ToHashSet();
            var bytes = IndexPack.Merge(packs, alive, out var texts);
            PackEntry[] merged = texts == 0 ? [] : [await blobs.WritePackAsync(ownerId, bytes, texts, cancellationToken)];
            manifest = new IndexManifest([.. merged, .. manifest.Packs.Except(level)]);
            if (await blobs.TryWriteManifestAsync(ownerId, manifest, etag, cancellationToken) is not { } written)
            {
                // The answer to a first try may be lost, so that the manifest names the pack: what is named by none goes an hour later.
                return;
            }
            etag = written;
            foreach (var entry in merged)
                Keep(entry, IndexPack.Open(bytes));
            await RemoveStraysAsync(ownerId, manifest, [.. level.Select(pack => pack.Name)], cancellationToken);
        }
    }

    /// <summary>
    /// Rewrites the packs with texts of blobs that are gone, once an hour: for each pack what a merge of it takes. Packs merge when texts come, and
    /// into a full index none comes.
    /// </summary>
    /// <returns>True if the manifest is another one now.</returns>
    private async Task<bool> TryTidyAsync(long ownerId, IndexManifest manifest, string? etag, CancellationToken cancellationToken)
    {
        if (_tidied.Find(ownerId))
            return false;
        _tidied.Keep(ownerId, true, clock.GetUtcNow() + s_tidyDistance);
        var packs = new List<PackEntry>();
        foreach (var entry in manifest.Packs)
        {
            if (await OpenAsync(entry, cancellationToken) is not { } pack)
                continue;
            var alive = (await entities.FindAsync(pack.Entities, cancellationToken)).Keys.ToHashSet();
            if (alive.Count == entry.Texts)
                packs.Add(entry);
            else if (alive.Count > 0)
                packs.Add(await blobs.WritePackAsync(ownerId, IndexPack.Merge([pack], alive, out var texts), texts, cancellationToken));
        }
        if (packs.SequenceEqual(manifest.Packs))
            return false;
        var tidied = new IndexManifest(packs);
        if (await blobs.TryWriteManifestAsync(ownerId, tidied, etag, cancellationToken) is not null)
            await RemoveStraysAsync(ownerId, tidied, [.. manifest.Packs.Except(packs).Select(pack => pack.Name)], cancellationToken);
        return true;
    }

    /// <summary>Removes packs that were replaced, and those that a writer left which died before it could name them.</summary>
    private async Task RemoveStraysAsync(long ownerId, IndexManifest manifest, IReadOnlyList<string> replaced, CancellationToken cancellationToken)
    {
        var named = manifest.Packs.Select(pack => pack.Name).ToHashSet();
        var strays = (await blobs.ListPacksAsync(ownerId, cancellationToken))
            .Where(blob => !named.Contains(blob.Name) && (replaced.Contains(blob.Name) || clock.GetUtcNow() - blob.LastModified > s_strayAge));
        foreach (var stray in strays)
        {
            _packs.Forget(stray.Name);
            await blobs.DeleteAsync(stray.Name, cancellationToken);
        }
    }
}

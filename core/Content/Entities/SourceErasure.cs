using System.Collections.Concurrent;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.Entities;

/// <summary>An imported blob whose last file was deleted for good, and whose entity is gone.</summary>
/// <param name="Note">The recycler's note of it.</param>
/// <param name="Container">The container that holds it.</param>
/// <param name="Name">The blob.</param>
/// <param name="ETag">The version that was imported; null for any, since entities of earlier releases do not record it.</param>
internal sealed record ErasedSource(Row Note, BlobContainer Container, string Name, string? ETag);

/// <summary>
/// Deletes blobs of imports, unless another entity has the same blob, a mirror reads it, or it has been written since: one blob may be imported
/// any number of times, and others than this site write such blobs.
/// </summary>
/// <param name="notes">Postpones what fails.</param>
internal sealed class SourceErasure(StorageLayout layout, SiteCatalog catalog, PolicyContainers containers, DueNotes notes, TimeProvider clock)
{
    private const int Writers = 4;

    /// <summary>Names that a filter can hold; more are compared here.</summary>
    private const int MostInFilter = 8;

    /// <summary>An entity that is younger may be an import's that does not end well.</summary>
    private static readonly TimeSpan s_young = TimeSpan.FromDays(1);

    // Blocks of ids are spread evenly over the first digit of their keys.
    private static readonly (string From, string To)[] s_slices = [("0", "4"), ("4", "8"), ("8", "c"), ("c", "g")];

    private static readonly string[] s_columns = ["PartitionKey", "RowKey", "Timestamp", EntityColumns.Source, EntityColumns.PolicyId];

    private readonly ErasureNotes _erasures = new(layout, clock);
    private readonly MirroredAreas _mirrored = new(layout);

    /// <summary>
    /// Deletes blobs, and removes the recycler's notes of them: one transaction for each 1,000 entities of the site, and four or so for each blob.
    /// A blob that another entity has is that entity's affair from then on; while that one is young it is looked at again a day later.
    /// </summary>
    /// <param name="sources">The blobs; their number bounds the memory.</param>
    /// <returns>The number of blobs that were deleted.</returns>
    public async Task<int> RunAsync(IReadOnlyCollection<ErasedSource> sources, CancellationToken cancellationToken)
    {
        var removed = 0;
        var failures = new List<Exception>();
        foreach (var group in sources.GroupBy(source => source.Container.Identity))
        {
            try
            {
                removed += await RunAsync(group.First().Container, [.. group], cancellationToken);
            }
            catch (StorageException e)
            {
                failures.Add(e);
            }
        }
        return failures.Count == 0 ? removed : throw new StorageException("Imported blobs of a container cannot be deleted.", failures[0]);
    }

    private async Task<int> RunAsync(BlobContainer container, IReadOnlyCollection<ErasedSource> sources, CancellationToken cancellationToken)
    {
        var run = Guid.NewGuid().ToString("N");
        var blobs = await FindVersionsAsync(container, sources, cancellationToken);
        var unsent = new ConcurrentDictionary<SourceBlob, bool>(blobs.Values.Distinct().Select(blob => KeyValuePair.Create(blob, true)));
        var begin = clock.GetUtcNow();
        await _erasures.AddAsync(container, run, [.. unsent.Keys], cancellationToken);
        try
        {
            var check = await CheckAsync(container, [.. unsent.Keys.Select(blob => blob.Name)], cancellationToken);
            var removed = 0;
            await notes.RunAsync(blobs.Keys, Writers, async (note, token) =>
            {
                if (check(blobs[note].Name) is { } wait)
                {
                    await (wait > TimeSpan.Zero ? notes.MoveAsync(note, clock.GetUtcNow() + wait, token) : ForgetAsync(note, token));
                    return;
                }
                if (clock.GetUtcNow() - begin > ErasureNotes.Lifetime / 2)
                    throw new StorageUnavailableException("The deletion of imported blobs takes too long.");
                unsent.TryRemove(blobs[note], out _);
                if (await DeleteAsync(container, blobs[note], token))
                    Interlocked.Increment(ref removed);
                await ForgetAsync(note, token);
            }, cancellationToken);
            return removed;
        }
        finally
        {
            // What was sent stays noted: an import may have listed the blob before, and an unanswered deletion may take effect later.
            await _erasures.RemoveAsync(container, run, [.. unsent.Keys], CancellationToken.None);
        }
    }

    /// <summary>The versions to delete, by note. Where the import did not record one, it is the present one; notes of blobs that are gone go.</summary>
    private async Task<IReadOnlyDictionary<Row, SourceBlob>> FindVersionsAsync(
        BlobContainer container, IEnumerable<ErasedSource> sources, CancellationToken cancellationToken)
    {
        var versions = new ConcurrentDictionary<Row, SourceBlob>();
        await BoundedParallel.ForEachAsync(sources, Writers, async (source, token) =>
        {
            if ((source.ETag ?? (await container.FindAsync(source.Name, token))?.ETag) is { } etag)
                versions[source.Note] = new SourceBlob(source.Name, etag);
            else
                await ForgetAsync(source.Note, token);
        }, cancellationToken);
        return versions;
    }

    /// <summary>Finds out which blobs stay: zero for those that mirrors read or entities have, a time for those that are to be looked at again.</summary>
    private async Task<Func<string, TimeSpan?>> CheckAsync(BlobContainer container, HashSet<string> names, CancellationToken cancellationToken)
    {
        var policies = (await catalog.ReadPoliciesAsync(cancellationToken)).ToLookup(policy => containers.IdentityOf(policy) == container.Identity);
        var isMirrored = await _mirrored.ReadAsync(policies[true], cancellationToken);
        var inUse = await FindInUseAsync([.. policies[false].Select(policy => (long)policy.Id)], names, cancellationToken);
        return name => isMirrored(name) ? TimeSpan.Zero : inUse.TryGetValue(name, out var isYoung) ? (isYoung ? s_young : TimeSpan.Zero) : null;
    }

    private Task<bool> ForgetAsync(Row note, CancellationToken cancellationToken) =>
        layout.Schedules.DeleteAsync(note.PartitionKey, note.RowKey, cancellationToken: cancellationToken);

    /// <summary>Finds the names among some that entities have: true for those whose entities are young.</summary>
    /// <param name="elsewhere">Policies with other containers.</param>
    /// <param name="names">The names.</param>
    private async Task<IReadOnlyDictionary<string, bool>> FindInUseAsync(HashSet<long> elsewhere, HashSet<string> names, CancellationToken cancellationToken)
    {
        var condition = names.Count <= MostInFilter
            ? "(" + string.Join(" or ", names.Select(name => $"{EntityColumns.Source} eq '{name.Replace("'", "''", StringComparison.Ordinal)}'")) + ")"
            : $"{EntityColumns.IsImported} eq true";
        var before = clock.GetUtcNow() - s_young;
        var inUse = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        await BoundedParallel.ForEachAsync(s_slices, s_slices.Length, async (slice, token) =>
        {
            string? next = null;
            do
            {
                var page = await layout.Entities.ScanPageAsync(
                    $"PartitionKey ge '{slice.From}' and PartitionKey lt '{slice.To}' and {condition}", s_columns, next, token);
                foreach (var row in page.Rows.Where(EntityReferences.IsEntity))
                {
                    if (row.Text(EntityColumns.Source) is { } name && names.Contains(name) && !elsewhere.Contains(row.RequiredNumber(EntityColumns.PolicyId)))
                        inUse.AddOrUpdate(name, row.Timestamp >= before, (_, isYoung) => isYoung || row.Timestamp >= before);
                }
                next = page.ContinuationToken;
            }
            while (next is not null);
        }, cancellationToken);
        return inUse;
    }

    private static async Task<bool> DeleteAsync(BlobContainer container, SourceBlob blob, CancellationToken cancellationToken)
    {
        if (await container.TryDeleteAsync(blob.Name, blob.ETag, cancellationToken))
            return true;
        // Storage refuses what somebody has leased with the same status: then it is tried again later.
        return await container.FindAsync(blob.Name, cancellationToken) is { } found && new SourceBlob(blob.Name, found.ETag) == blob
            ? throw new StorageException($"{blob.Name}: the blob cannot be deleted, perhaps since it is leased.")
            : false;
    }
}

using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.FullText.Index;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.Integrity.Scrub;

/// <summary>
/// Finds what indexes of full-text search have lost: texts of entities that are gone, packs that no manifest names, and indexes of accounts that do
/// not exist. Everything else is made anew by a rebuild.
/// </summary>
internal sealed class FullTextScrub(StorageLayout layout, UserStore users)
{
    private readonly IndexBlobs _blobs = new(layout);
    private readonly EntityStore _entities = new(layout);

    /// <summary>
    /// Looks through blobs of indexes: one transaction for each 1,000, one for each block of ids that their entities are in, and two for each
    /// account. Blobs are removed on the condition that they are as they were listed.
    /// </summary>
    /// <param name="start">The position to start from.</param>
    /// <returns>The position at which the next run begins.</returns>
    public async Task<string> CheckAsync(ScrubRun run, string start, CancellationToken cancellationToken)
    {
        var (token, left) = (start.Length == 0 ? null : start, run.Most);
        do
        {
            if (await TryListAsync(token, cancellationToken) is not { } page)
                return "";
            run.Report.Look(page.Blobs.Count);
            left -= page.Blobs.Count;
            await CheckAsync(run, [.. page.Blobs.Where(blob => blob.LastModified < run.Before)], cancellationToken);
            token = page.ContinuationToken;
        }
        while (token is not null && left > 0);
        return token ?? "";
    }

    /// <summary>Null when there is no container: nothing was ever indexed.</summary>
    private async Task<BlobPage?> TryListAsync(string? token, CancellationToken cancellationToken)
    {
        try
        {
            return await _blobs.ListAsync(token, cancellationToken);
        }
        catch (StorageNotFoundException)
        {
            return null;
        }
    }

    private async Task CheckAsync(ScrubRun run, IReadOnlyCollection<BlobItem> blobs, CancellationToken cancellationToken)
    {
        var texts = blobs.Select(blob => (Blob: blob, EntityId: IndexBlobs.EntityOf(blob.Name))).Where(text => text.EntityId is not null).ToList();
        var known = await _entities.FindAsync(texts.Select(text => text.EntityId!.Value), cancellationToken);
        foreach (var (blob, entityId) in texts.Where(text => !known.ContainsKey(text.EntityId!.Value)))
            await RemoveAsync(run, blob, $"The text of the entity {entityId} is kept, which does not exist.", cancellationToken);
        foreach (var owner in blobs.GroupBy(blob => IndexBlobs.OwnerOf(blob.Name)).Where(owner => owner.Key is not null))
            await CheckIndexAsync(run, owner.Key!.Value, [.. owner], cancellationToken);
    }

    private async Task CheckIndexAsync(ScrubRun run, long ownerId, IReadOnlyCollection<BlobItem> blobs, CancellationToken cancellationToken)
    {
        // A manifest comes first: packs that a manifest names must be there.
        if (await users.FindAsync(ownerId, cancellationToken) is null)
        {
            foreach (var blob in blobs.OrderBy(blob => blob.Name, StringComparer.Ordinal))
                await RemoveAsync(run, blob, $"The index {blob.Name} belongs to the account {ownerId}, which does not exist.", cancellationToken);
            return;
        }
        var packs = (await _blobs.ReadManifestAsync(ownerId, cancellationToken)).Manifest.Packs.Select(pack => pack.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var blob in blobs.Where(blob => IndexBlobs.IsPack(blob.Name) && !packs.Contains(blob.Name)))
            await RemoveAsync(run, blob, $"No manifest names the pack {blob.Name}.", cancellationToken);
    }

    private async Task RemoveAsync(ScrubRun run, BlobItem blob, string finding, CancellationToken cancellationToken) =>
        run.Report.Find(finding, run.Repairs && await _blobs.TryDeleteAsync(blob, cancellationToken));
}

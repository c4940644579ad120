using System.IO.Hashing;
using System.Text;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Content.Uploads.Chunked;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.Integrity.Scrub;

/// <summary>
/// Finds blobs that no entity has, in the areas where nobody but the product writes. Names are compared in parts, so memory does not depend on
/// how many there are.
/// </summary>
internal sealed class BlobScrub(StorageLayout layout, SiteCatalog catalog, PolicyContainers containers)
{
    // Some 40 MB of names.
    private const int NamesInMemory = 100_000;

    /// <summary>
    /// Looks through a part of the blobs of each container: one transaction for each 5,000 blobs of the container and each 1,000 entities.
    /// </summary>
    /// <param name="state">The part, and how many there are: <c>part/parts</c>; empty at first.</param>
    /// <returns>The next part.</returns>
    public async Task<string> CheckAsync(ScrubRun run, string state, CancellationToken cancellationToken)
    {
        var (part, parts) = Parse(state);
        long largest = 0;
        foreach (var group in containers.Group(await catalog.ListPoliciesAsync(cancellationToken)))
            largest = Math.Max(largest, await CheckAsync(run, [.. group], part, parts, cancellationToken));
        var wanted = (int)(largest / NamesInMemory) + 1;
        return part + 1 < parts ? $"{part + 1}/{parts}" : $"0/{wanted}";
    }

    /// <returns>The number of blobs in the container.</returns>
    private async Task<long> CheckAsync(ScrubRun run, List<StoragePolicy> policies, int part, int parts, CancellationToken cancellationToken)
    {
        var (container, areas) = (containers.Get(policies[0]), new OwnAreas(policies));
        var suspects = new HashSet<string>(StringComparer.Ordinal);
        long count = 0;
        string? token = null;
        do
        {
            var page = await container.ListPageAsync("", null, continuationToken: token, cancellationToken: cancellationToken);
            count += page.Blobs.Count;
            foreach (var blob in page.Blobs.Where(blob => blob.LastModified < run.Before && PartOf(blob.Name, parts) == part && areas.Holds(blob.Name)))
            {
                // What exceeds the estimate has its turn once it is counted.
                if (suspects.Count < 2 * NamesInMemory)
                    suspects.Add(blob.Name);
            }
            token = page.ContinuationToken;
        }
        while (token is not null);
        run.Report.Look(suspects.Count);
        await RemoveKnownAsync(suspects, [.. policies.Select(policy => (long)policy.Id)], cancellationToken);
        foreach (var name in suspects.Order(StringComparer.Ordinal))
            run.Report.Find($"No entity has the blob {name}.", run.Repairs && await container.DeleteAsync(name, cancellationToken));
        return count;
    }

    /// <summary>Leaves what no row knows: entities, uploads, and what is to be removed anyway.</summary>
    private async Task RemoveKnownAsync(HashSet<string> names, HashSet<long> policies, CancellationToken cancellationToken)
    {
        if (names.Count == 0)
            return;
        await foreach (var row in layout.Uploads.ScanAsync(cancellationToken: cancellationToken))
        {
            if (ChunkedUpload.IsLive(row))
                names.Remove(ChunkedUpload.FromRow(row).StagingName);
            if (ChunkedUpload.Has(row))
                continue;
            var upload = UploadSession.FromRow(row);
            names.Remove(upload.Source);
            names.Remove(upload.StagingName);
        }
        await foreach (var note in layout.Schedules.ScanAsync(EntityRecycler.NotesFilter, cancellationToken))
            names.Remove(EntityRecycler.SourceOf(note) ?? "");
        // Entities last: what is given to one meanwhile was in a row above before.
        await foreach (var row in layout.Entities.ScanAsync(cancellationToken: cancellationToken))
        {
            if (EntityReferences.IsEntity(row) && policies.Contains(row.RequiredNumber(EntityColumns.PolicyId)))
                names.Remove(row.RequiredText(EntityColumns.Source));
        }
    }

    private static (int Part, int Parts) Parse(string state)
    {
        var numbers = state.Split('/');
        return numbers.Length == 2 && int.TryParse(numbers[0], out var part) && int.TryParse(numbers[1], out var parts) && parts > 0 ? (part, parts) : (0, 1);
    }

    private static int PartOf(string name, int parts) => (int)(XxHash32.HashToUInt32(Encoding.UTF8.GetBytes(name)) % (uint)parts);
}

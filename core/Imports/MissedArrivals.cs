using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Imports;

/// <summary>
/// Finds arrived blobs that the host never reported. On the emulator the host's scan asks for blobs that are newer than the newest it
/// has seen, and times have whole seconds there: a blob that is written in the second of the last scan, but after it, is missed
/// until the host starts again. It is for one process that gets all arrivals, as the local app is.
/// </summary>
public sealed class MissedArrivals(SiteCatalog catalog, PolicyContainers containers, TimeProvider clock)
{
    private const int RememberedArrivals = 100_000;

    /// <summary>The time that the host has to report a blob by itself.</summary>
    private static readonly TimeSpan s_hostDelay = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(15);

    private readonly BoundedCache<(string Name, string ETag), bool> _reported = new(RememberedArrivals, clock);

    // Earlier blobs are found by the host, which scans all blobs when it starts. Times of blobs have whole seconds.
    private readonly DateTimeOffset _start = clock.GetUtcNow().AddSeconds(-1);

    /// <summary>Records that the host reported this version of a blob.</summary>
    internal void Note(BlobItem blob) => _reported.Keep(VersionOf(blob), true, clock.GetUtcNow() + (2 * s_window));

    /// <summary>
    /// The names of blobs below <c>imports/</c> that arrived within the last 15 minutes and were not reported: one transaction for each 5,000
    /// blobs there.
    /// </summary>
    public async Task<IReadOnlyList<string>> FindAsync(CancellationToken cancellationToken = default)
    {
        var now = clock.GetUtcNow();
        var since = now - s_window > _start ? now - s_window : _start;
        var container = containers.Get(await catalog.GetPolicyAsync(StoragePolicy.DefaultId, cancellationToken));
        var missed = new List<string>();
        string? token = null;
        do
        {
            var page = await container.ListPageAsync(StorageLayout.ImportsPrefix, delimiter: null, continuationToken: token, cancellationToken: cancellationToken);
            missed.AddRange(page.Blobs
                .Where(blob => blob.LastModified >= since && blob.LastModified <= now - s_hostDelay && !_reported.Find(VersionOf(blob)))
                .Select(blob => blob.Name));
            token = page.ContinuationToken;
        }
        while (token is not null);
        return missed;
    }

    // Listings give the version without quotes.
    private static (string Name, string ETag) VersionOf(BlobItem blob) => (blob.Name, blob.ETag.Trim('"'));
}

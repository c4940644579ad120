using System.Runtime.CompilerServices;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.Integrity;

/// <summary>
/// Compares a site's tables with each other and with its blobs. Work known to be in progress, by uploads, writes, moves and notes of what
/// is to be removed, is no finding. It reads everything, so it is for tests and for checks of an idle site: anything that changes while it reads
/// may be reported although nothing is wrong.
/// </summary>
/// <param name="catalog">The policies that hold blobs.</param>
public sealed class SiteIntegrity(StorageLayout layout, SiteCatalog catalog, PolicyContainers containers)
{
    // Ids below this one are the users' root folders, which have no id row; trashes have negative ones.
    private const long FirstFileId = 1L << 32;

    /// <summary>Checks the whole site: one transaction for each 1,000 rows and each 5,000 blobs.</summary>
    /// <param name="cancellationToken">Cancels the check.</param>
    /// <returns>The inconsistencies; none when all is well.</returns>
    public async Task<IReadOnlyList<IntegrityFinding>> CheckAsync(CancellationToken cancellationToken = default)
    {
        var survey = await SiteSurvey.ReadAsync(layout, cancellationToken);
        var work = WorkInProgress.Of(survey);
        var findings = new List<IntegrityFinding>();
        findings.AddRange(CheckTree(survey, work));
        findings.AddRange(CheckEntities(survey, work));
        findings.AddRange(CheckQuota(survey));
        findings.AddRange(CheckLocks(survey));
        await foreach (var finding in CheckBlobsAsync(survey, work, cancellationToken))
            findings.Add(finding);
        return findings;
    }

    private static IEnumerable<IntegrityFinding> CheckTree(SiteSurvey survey, WorkInProgress work)
    {
        foreach (var entry in survey.Entries.Values.Where(e => !survey.Movers.Contains(e.OwnerId)))
        {
            var partition = survey.PartitionsOfNames[entry.Id];
            if (survey.FolderOf(partition) is not { } folder)
                yield return Dangling($"The entry {entry.Id} is in a folder that does not exist.");
            else if (!survey.IdRows.TryGetValue(entry.Id, out var named) || named != folder)
                yield return Dangling($"The id row of the entry {entry.Id} is missing or names another folder.");
            if (entry.Type == FileType.File && !survey.FilesById.Contains((partition, entry.Id)))
                yield return Dangling($"The file {entry.Id} is missing in the order of creation of its folder.");
        }
        if (survey.Movers.Count > 0)
            yield break;
        foreach (var (partition, id) in survey.FilesById)
        {
            if (survey.PartitionsOfNames.GetValueOrDefault(id) != partition)
                yield return Orphan($"The row of the file {id} has no name.");
        }
        foreach (var id in survey.IdRows.Keys.Where(id => id >= FirstFileId && !survey.Entries.ContainsKey(id) && !work.Files.Contains(id)))
            yield return Orphan($"The id row {id} belongs to no entry.");
    }

    private static IEnumerable<IntegrityFinding> CheckEntities(SiteSurvey survey, WorkInProgress work)
    {
        var held = new HashSet<long>();
        foreach (var file in survey.Entries.Values.Where(e => e.Type == FileType.File))
        {
            foreach (var (id, size) in ContentOf(file))
            {
                held.Add(id);
                if (!survey.Entities.TryGetValue(id, out var entity))
                    yield return Dangling($"The file {file.Id} refers to the entity {id}, which does not exist.");
                else if (!survey.References.Contains(new EntityReference(id, file.Id)))
                    yield return Dangling($"The file {file.Id} refers to the entity {id}, which does not know.");
                else if (size is { } noted && noted != entity.Size)
                    yield return new(IntegrityKind.WrongSize, $"The file {file.Id} says that the entity {id} has {noted} bytes; it has {entity.Size}.");
            }
        }
        if (survey.Movers.Count > 0)
            yield break;
        foreach (var reference in survey.References.Where(r => !work.Entities.Contains(r.EntityId)))
        {
            if (!survey.Entries.TryGetValue(reference.FileId, out var file) || !file.EntityIds.Contains(reference.EntityId))
                yield return Orphan($"The entity {reference.EntityId} is noted for the file {reference.FileId}, which does not refer to it.");
        }
        foreach (var id in survey.Entities.Keys.Where(id => !held.Contains(id) && !survey.Recycled.Contains(id) && !work.Entities.Contains(id)))
            yield return Orphan($"No file refers to the entity {id}.");
    }

    // A file does not record the size of a thumbnail.
    private static IEnumerable<(long Id, long? Size)> ContentOf(FileRecord file)
    {
        if (file.PrimaryEntityId != 0)
            yield return (file.PrimaryEntityId, file.Size);
        foreach (var link in file.OtherEntities)
            yield return (link.Id, link.Type == EntityType.Thumbnail ? null : link.Size);
    }

    private static IEnumerable<IntegrityFinding> CheckQuota(SiteSurvey survey)
    {
        var expected = new Dictionary<long, long>();
        foreach (var file in survey.Entries.Values.Where(e => e.Type == FileType.File))
            Add(file.OwnerId, file.ChargedSize);
        foreach (var upload in survey.Uploads.Where(u => u.State is not UploadState.Completed && !HasContent(survey, u.FileId, u.EntityId)))
            Add(upload.OwnerId, survey.Charges.GetValueOrDefault(UploadCreation.OperationOf(upload)));
        foreach (var upload in survey.Chunked)
            Add(upload.OwnerId, survey.Charges.Where(c => c.Key.StartsWith(upload.Charges, StringComparison.Ordinal)).Sum(c => c.Value));
        foreach (var write in survey.Writes.Where(w => w.State != WriteState.Written))
            Add(write.OwnerId, survey.Charges.GetValueOrDefault(write.Operation));
        foreach (var release in survey.Releases)
            Add(release.OwnerId, release.Links.Where(l => IsStillCharged(survey, release.FileId, l)).Sum(l => l.Size));
        foreach (var owner in expected.Keys.Union(survey.Used.Keys).Where(owner => !survey.Movers.Contains(owner)))
        {
            var (bytes, used) = (expected.GetValueOrDefault(owner), survey.Used.GetValueOrDefault(owner));
            if (bytes != used)
                yield return new(IntegrityKind.WrongQuota, $"The files and uploads of the user {owner} have {bytes} bytes, but {used} are charged.");
        }

        void Add(long owner, long bytes) => expected[owner] = expected.GetValueOrDefault(owner) + bytes;
    }

    internal static bool HasContent(SiteSurvey survey, long fileId, long entityId) =>
        entityId != 0 && survey.Entries.TryGetValue(fileId, out var file) && file.EntityIds.Contains(entityId);

    /// <summary>Checks whether content that a file gave up is still charged: it is until it is released.</summary>
    private static bool IsStillCharged(SiteSurvey survey, long fileId, EntityLink link) =>
        link.Type != EntityType.Thumbnail && !HasContent(survey, fileId, link.Id) && !survey.Charges.ContainsKey(LinkReleases.OperationOf(fileId, link.Id));

    private static IEnumerable<IntegrityFinding> CheckLocks(SiteSurvey survey)
    {
        var tokens = survey.Uploads.Where(u => u.State != UploadState.Completed).Select(u => u.LockToken).ToHashSet();
        return survey.UploadLocks.Where(l => !tokens.Contains(l.Token)).Select(l => Orphan($"The lock {l.Token} of the user {l.OwnerId} belongs to no upload."));
    }

    private async IAsyncEnumerable<IntegrityFinding> CheckBlobsAsync(
        SiteSurvey survey, WorkInProgress work, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var group in containers.Group(await catalog.ListPoliciesAsync(cancellationToken)))
        {
            var ids = group.Select(p => (long)p.Id).ToHashSet();
            var entities = survey.Entities.Values.Where(e => ids.Contains(e.PolicyId)).ToLookup(e => e.Source, StringComparer.Ordinal);
            var areas = new OwnAreas(group);
            var seen = new HashSet<string>(StringComparer.Ordinal);
            await foreach (var blob in ListAsync(containers.Get(group.First()), cancellationToken))
            {
                seen.Add(blob.Name);
                if (!entities.Contains(blob.Name) && areas.Holds(blob.Name) && !work.Blobs.Contains(blob.Name))
                    yield return Orphan($"No entity has the blob {blob.Name}.");
                foreach (var entity in entities[blob.Name].Where(e => !e.IsImported && e.Size != blob.Size))
                    yield return new(IntegrityKind.WrongSize, $"The entity {entity.Id} has {entity.Size} bytes, its blob {blob.Name} has {blob.Size}.");
            }
            foreach (var entity in entities.SelectMany(e => e).Where(e => !seen.Contains(e.Source) && !work.Entities.Contains(e.Id)))
            {
                yield return new(
                    entity.IsImported ? IntegrityKind.SourceGone : IntegrityKind.Dangling, $"The blob {entity.Source} of the entity {entity.Id} does not exist.");
            }
        }
    }

    private static async IAsyncEnumerable<BlobItem> ListAsync(
        BlobContainer container, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? token = null;
        do
        {
            var page = await container.ListPageAsync("", null, continuationToken: token, cancellationToken: cancellationToken);
            foreach (var blob in page.Blobs)
                yield return blob;
            token = page.ContinuationToken;
        }
        while (token is not null);
    }

    private static IntegrityFinding Dangling(string text) => new(IntegrityKind.Dangling, text);

    private static IntegrityFinding Orphan(string text) => new(IntegrityKind.Orphan, text);
}

using System.Collections.Concurrent;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Loops;

namespace Cloudreve.Core.Imports.Mirrors;

/// <summary>
/// Gives files the new versions of their blobs: one transaction for each file. The file keeps its id, and so its shares; the version before
/// goes, since its blob has been overwritten. Charges are those of the file's group.
/// </summary>
internal sealed class MirrorUpdates(EntryUpdates updates, EntityReferences references, ActivityLog log)
{
    private const int Writers = 8;
    private const string Rival = "The file was changed at the same time; the next run updates it.";

    /// <summary>Switches files to their new entities, which are written.</summary>
    /// <param name="candidates">Files with their new entities.</param>
    /// <param name="rivals">Entities that an earlier try meant for another state of their file: their files stay as they are.</param>
    /// <returns>The reasons for those that could not be switched, by entity.</returns>
    public async Task<IReadOnlyDictionary<long, string>> SwitchAsync(
        IReadOnlyList<GroupCandidate> candidates, IReadOnlySet<long> rivals, CancellationToken cancellationToken)
    {
        var refused = new ConcurrentDictionary<long, string>();
        await BoundedParallel.ForEachAsync(
            candidates,
            Writers,
            async (candidate, token) =>
            {
                var reason = rivals.Contains(candidate.Entity!.Id) ? Rival : await TrySwitchAsync(candidate, token);
                if (reason is not null)
                    refused[candidate.Entity!.Id] = reason;
            },
            cancellationToken);
        return refused;
    }

    private async Task<string?> TrySwitchAsync(GroupCandidate candidate, CancellationToken cancellationToken)
    {
        var entity = candidate.Entity!;
        try
        {
            var stored = await updates.UpdateAsync(candidate.Replaced!, current => Switch(current, candidate), cancellationToken);
            return stored.PrimaryEntityId == entity.Id ? null : Rival;
        }
        catch (CloudreveException e) when (e.Code is ErrorCode.PathNotFound or ErrorCode.Conflict)
        {
            return Rival;
        }
    }

    /// <summary>A thumbnail that was added in between would be lost: then nothing changes.</summary>
    private static FileRecord Switch(FileRecord current, GroupCandidate candidate)
    {
        var entity = candidate.Entity!;
        return current.PrimaryEntityId == entity.ReplacedId && current.ParentId == candidate.Record.ParentId && current.Name == candidate.Record.Name
            && (FileThumbnails.Find(current)?.Id ?? 0) == entity.ReplacedThumbnailId
            ? FileThumbnails.Drop(current, out _) with { PrimaryEntityId = entity.Id, Size = entity.Size, UpdatedAt = candidate.Record.UpdatedAt }
            : current;
    }

    /// <summary>Removes the references to the versions before; their blobs are those of the new ones. Harmless to repeat.</summary>
    /// <param name="switched">The new versions.</param>
    public async Task ReleaseAsync(IReadOnlyCollection<EntityRecord> switched, CancellationToken cancellationToken)
    {
        await references.RemoveAsync([.. switched.Select(e => new EntityReference(e.ReplacedId, e.FileId))], keepBlobs: true, cancellationToken);
        await references.RemoveAsync(
            [.. switched.Where(e => e.ReplacedThumbnailId != 0).Select(e => new EntityReference(e.ReplacedThumbnailId, e.FileId))],
            keepBlobs: false, cancellationToken);
    }

    /// <summary>Logs the new versions, for the history of the files and for clients that follow the folder.</summary>
    public Task LogAsync(ImportJob job, IEnumerable<GroupCandidate> switched, CancellationToken cancellationToken)
    {
        var destination = FilePath.ParsePlain(job.Destination);
        return log.AppendAsync(
            job.UserId,
            [.. switched.Select(c => PathOf(job, destination, c)).Select(c => new FileEvent(ActivityCategory.EntityUploaded, Actor.Site, c.File, c.Path, c.Path))],
            cancellationToken);
    }

    private static (FileRecord File, FilePath Path) PathOf(ImportJob job, FilePath destination, GroupCandidate candidate)
    {
        var names = candidate.Entry.Item.Prefix[job.Source.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        return (candidate.Record, new FilePath([.. destination.Segments, .. names, candidate.Record.Name]));
    }
}

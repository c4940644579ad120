using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports.Mirrors;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Imports;

/// <summary>The state that all groups of one import share.</summary>
/// <param name="TaskId">The task.</param>
/// <param name="Job">The import to run.</param>
/// <param name="Source">Reads the container.</param>
/// <param name="QuotaLimit">Bytes that the user may have in use.</param>
/// <param name="Site">The site's settings.</param>
internal sealed record ImportContext(long TaskId, ImportJob Job, SourceReader Source, long QuotaLimit, SiteSettings Site);

/// <summary>
/// Imports a group of listing pages: some small folders, or a page of a large one. Every step may be repeated after a crash:
/// ids are reserved before the first insert and used again as long as the listing is the same, names decide which is first,
/// and the quota knows each charge by its name.
/// </summary>
internal sealed class ImportGroupRunner(
    ImportFrontier frontier, DriveDepth depth, FolderWriter writer, EntityStore entities, IdAllocator ids, QuotaLedger quota,
    GroupSettlement settlement, MirrorReader mirrors, MirrorUpdates updates, MirrorMarks marks, MediaRequests requests, ErasureNotes erasures, TimeProvider clock)
{
    private const int MessageSenders = 8;

    public async Task<ImportGroupResult> RunAsync(ImportContext context, ImportGroup group, CancellationToken cancellationToken)
    {
        var state = await frontier.FindGroupAsync(context.TaskId, group.Key, cancellationToken);
        if (state?.Result is { } earlierResult)
            return earlierResult;
        var earlier = state?.Reservation;
        var listing = await GroupListing.GatherAsync(frontier, context, group, cancellationToken);
        if (context.Job.IsMirror)
            return await RunMirrorAsync(context, group, listing, earlier, cancellationToken);
        var known = await FindKnownNamesAsync(listing, isRepetition: earlier is not null, cancellationToken);
        var outcome = new GroupOutcome(listing, IsSame(earlier, listing) ? null : earlier);
        await ImportAsync(context, group, new GroupWork(listing, known), earlier, outcome, cancellationToken);
        return await CompleteAsync(context, group, listing, outcome, cancellationToken);
    }

    /// <summary>A group without anything new or changed reserves no ids and charges nothing.</summary>
    private async Task<ImportGroupResult> RunMirrorAsync(
        ImportContext context, ImportGroup group, GroupListing listing, GroupReservation? earlier, CancellationToken cancellationToken)
    {
        var comparison = await mirrors.CompareAsync(context, listing, isRepetition: earlier is not null, cancellationToken);
        // Before anything is charged: the refund at the end of the import has to be followed by the group's end alone.
        var vanished = await marks.ApplyAsync(context, comparison, isDryRun: false, cancellationToken);
        var outcome = new GroupOutcome(listing, IsSame(earlier, listing) ? null : earlier) { Vanished = vanished };
        if (earlier is not null || comparison.Files.Values.Any(f => f.IsChanged) || listing.Entries.Any(e => !comparison.Known.ContainsKey(KeyOf(e))))
        {
            await ImportAsync(context, group, new GroupWork(listing, comparison.Known) { Files = comparison.Files }, earlier, outcome, cancellationToken);
        }
        else
        {
            foreach (var entry in listing.Entries)
                outcome.AddClash(entry, comparison.Known[KeyOf(entry)]);
        }
        outcome.Found.AddRange(comparison.Folders);
        return await CompleteAsync(context, group, listing, outcome, cancellationToken);
    }

    private static (long Folder, string Name) KeyOf(SourceEntry entry) => (entry.Item.FolderId, entry.Name);

    /// <summary>A try over the same listing continues with the ids and the charge of the one before.</summary>
    private static bool IsSame(GroupReservation? earlier, GroupListing listing) => earlier?.Digest == SourceReader.Digest(listing.Entries);

    private async Task ImportAsync(
        ImportContext context, ImportGroup group, GroupWork work, GroupReservation? earlier, GroupOutcome outcome, CancellationToken cancellationToken)
    {
        var isSame = IsSame(earlier, work.Listing);
        var reservation = isSame ? earlier! : await ReserveAsync(context, group, work, earlier, cancellationToken);
        var arrived = isSame ? await settlement.FindArrivedAsync(reservation, cancellationToken) : ArrivedEntries.None;
        var candidates = MakeCandidates(context, work, reservation, arrived, outcome);
        var fit = await ChargeAsync(context, group, reservation, candidates, cancellationToken);
        var admitted = Admit(candidates, fit.QuotaFit, outcome);
        foreach (var folder in admitted.Where(c => c.Entity is null).DistinctBy(c => c.Entry.Item))
            await depth.NoteAsync(context.Job.UserId, context.Source.DepthOf(folder.Entry.Item), cancellationToken);
        await InsertAsync(context, admitted, outcome, cancellationToken);
        await UpdateAsync(context, admitted, outcome, cancellationToken);
        // A slow run of the same group may put the rest to use after all: it goes when none runs any more. What a try before has left is not known.
        if (isSame || outcome.HasUnused)
            await frontier.AbandonAsync(context.TaskId, group.Key, fit with { IsSettled = true }, cancellationToken);
        await RequestReadingAsync(context, outcome.InsertedFiles, cancellationToken);
        await quota.TryChargeAsync(
            context.Job.UserId, GroupSettlement.RefundId(context.TaskId, group.Key, fit), outcome.UsedCharge - fit.Charge, null, cancellationToken);
    }

    private async Task<ImportGroupResult> CompleteAsync(
        ImportContext context, ImportGroup group, GroupListing listing, GroupOutcome outcome, CancellationToken cancellationToken)
    {
        var result = outcome.Result;
        await frontier.CompleteAsync(context.TaskId, group, new GroupEnd(listing.Done, outcome.Found, outcome.Failures, result), cancellationToken);
        return result;
    }

    /// <summary>Names that folders have already. A folder that this import just created has none, unless this is a repetition.</summary>
    private async Task<Dictionary<(long Folder, string Name), NameGuard>> FindKnownNamesAsync(
        GroupListing listing, bool isRepetition, CancellationToken cancellationToken)
    {
        var known = new Dictionary<(long, string), NameGuard>();
        foreach (var folder in listing.Entries.Where(e => isRepetition || !e.Item.IsNew).GroupBy(e => e.Item.FolderId))
        {
            foreach (var (name, guard) in await writer.FindNamesAsync(folder.Key, folder.Select(e => e.Name), cancellationToken))
                known[(folder.Key, name)] = guard;
        }
        return known;
    }

    /// <summary>Keeps the ids and the charge that a repetition has to use again; a changed listing gets new ones.</summary>
    private async Task<GroupReservation> ReserveAsync(
        ImportContext context, ImportGroup group, GroupWork work, GroupReservation? earlier, CancellationToken cancellationToken)
    {
        var listing = work.Listing;
        if (earlier is not null)
            await AbandonAsync(context, group, earlier, cancellationToken);
        var blobs = listing.Entries.Count(e => e.Type == FileType.File);
        var folders = listing.Entries.Count - blobs;
        var reservation = new GroupReservation(
            SourceReader.Digest(listing.Entries),
            // Its first id names the charge, so groups of folders alone also take one.
            listing.Entries.Count == 0 ? default : await ids.ReserveAsync(IdKind.File, Math.Max(blobs, 1), cancellationToken),
            blobs == 0 ? default : await ids.ReserveAsync(IdKind.Entity, blobs, cancellationToken),
            listing.Entries.Sum(work.ChargeOf),
            [.. listing.Entries.Select(e => e.Item.FolderId).Distinct()],
            QuotaFit: null)
        {
            OwnFolders = folders == 0 ? default : await ids.ReserveFoldersAsync(context.Job.UserId, folders, cancellationToken),
            IsMirror = context.Job.IsMirror,
            ETag = earlier?.ETag,
        };
        return listing.Entries.Count > 0
            ? await frontier.ReserveAsync(context.TaskId, group.Key, reservation, cancellationToken)
            : reservation;
    }

    /// <summary>The source changed between two tries: the unused part of the earlier charge is refunded.</summary>
    private async Task AbandonAsync(ImportContext context, ImportGroup group, GroupReservation earlier, CancellationToken cancellationToken)
    {
        await frontier.AbandonAsync(context.TaskId, group.Key, earlier, cancellationToken);
        var arrived = await settlement.FindArrivedAsync(earlier, cancellationToken);
        await settlement.RefundAsync(context.TaskId, context.Job.UserId, group.Key, earlier, arrived.Bytes, cancellationToken);
        // The versions that follow build on what has arrived: at the end of the import, it would look unused.
        await frontier.AbandonAsync(context.TaskId, group.Key, earlier with { IsSettled = true }, cancellationToken);
        if (arrived.Updates.Count > 0)
            await updates.ReleaseAsync([.. arrived.Updates.Values.Select(u => u.Entity)], cancellationToken);
    }

    /// <summary>Assigns the reserved ids in the order of the listing, and sorts out the names that exist.</summary>
    private List<GroupCandidate> MakeCandidates(
        ImportContext context, GroupWork work, GroupReservation reservation, ArrivedEntries arrived, GroupOutcome outcome)
    {
        var now = clock.GetUtcNow();
        var candidates = new List<GroupCandidate>(work.Listing.Entries.Count);
        var blobIndex = 0;
        var nextFile = reservation.Files.First;
        var nextFolder = reservation.FolderIds.First;
        foreach (var entry in work.Listing.Entries)
        {
            // In a reservation from before folders had blocks of their own, all ids are of one run.
            var id = entry.Type == FileType.File || reservation.OwnFolders is null ? nextFile++ : nextFolder++;
            var entity = entry.Blob is { } blob ? NewEntity(context, blob, reservation.Entities.First + blobIndex++, id, now) : null;
            var record = new FileRecord
            {
                Id = id,
                ParentId = entry.Item.FolderId,
                OwnerId = context.Job.UserId,
                Type = entry.Type,
                Name = entry.Name,
                Size = entity?.Size ?? 0,
                PrimaryEntityId = entity?.Id ?? 0,
                CreatedAt = now,
                UpdatedAt = entry.Blob?.LastModified ?? now,
            };
            var candidate = new GroupCandidate(entry, record, entity, blobIndex - 1);
            if (arrived.Ids.Contains(record.Id))
                candidates.Add(candidate with { IsInserted = true });
            else if (entity is not null && arrived.Updates.TryGetValue(entity.Id, out var update))
                candidates.Add(candidate with { Record = update.File, Entity = update.Entity, Replaced = update.File, IsInserted = true });
            else if (!work.Known.TryGetValue(KeyOf(entry), out var guard))
                candidates.Add(candidate);
            else if (guard.Id == record.Id)
                candidates.Add(candidate with { IsInserted = true });
            else if (entity is not null && work.Files.TryGetValue(KeyOf(entry), out var file) && file.Entity.Id == entity.Id)
                candidates.Add(candidate with { Record = file.File, Entity = file.Entity, Replaced = file.File, IsInserted = true });
            else if (entity is not null && work.Files.TryGetValue(KeyOf(entry), out file) && file.IsChanged)
                candidates.Add(Replace(candidate, file));
            else
                outcome.AddClash(candidate.Entry, guard);
        }
        return candidates;
    }

    private static GroupCandidate Replace(GroupCandidate candidate, MirroredFile known)
    {
        var entity = candidate.Entity! with
        {
            FileId = known.File.Id,
            ReplacedSize = known.File.Size,
            ReplacedId = known.Entity.Id,
            ReplacedThumbnailId = FileThumbnails.Find(known.File)?.Id ?? 0,
        };
        var record = FileThumbnails.Drop(known.File, out _) with { PrimaryEntityId = entity.Id, Size = entity.Size, UpdatedAt = candidate.Record.UpdatedAt };
        return candidate with { Record = record, Entity = entity, Replaced = known.File };
    }

    private static EntityRecord NewEntity(ImportContext context, AzureStorage.Blobs.BlobItem blob, long id, long fileId, DateTimeOffset now) => new()
    {
        Id = id,
        FileId = fileId,
        Size = blob.Size,
        PolicyId = context.Job.PolicyId,
        Source = blob.Name,
        SourceETag = blob.ETag,
        CreatedBy = context.Job.UserId,
        CreatedAt = now,
        IsImported = true,
    };

    /// <summary>Charges all files at once; when the quota is too small, as many of the first as fit.</summary>
    /// <returns>The reservation with the final charge.</returns>
    private async Task<GroupReservation> ChargeAsync(
        ImportContext context, ImportGroup group, GroupReservation reservation, List<GroupCandidate> candidates, CancellationToken cancellationToken)
    {
        while (!await quota.TryChargeAsync(
            context.Job.UserId, GroupSettlement.ChargeId(context.TaskId, group.Key, reservation), reservation.Charge, context.QuotaLimit, cancellationToken))
        {
            var free = context.QuotaLimit - await quota.GetUsedAsync(context.Job.UserId, cancellationToken);
            // Kept, so that a repetition leaves out the same files.
            reservation = await frontier.ReserveAsync(
                context.TaskId, group.Key, Shrink(reservation, candidates, Math.Min(free, reservation.Charge - 1)), cancellationToken);
        }
        return reservation;
    }

    private static GroupReservation Shrink(GroupReservation reservation, List<GroupCandidate> candidates, long free)
    {
        var charge = 0L;
        var fit = 0;
        foreach (var file in candidates.Where(c => c.Entity is not null))
        {
            if (charge + file.Charge > free)
                break;
            charge += file.Charge;
            fit = file.BlobIndex + 1;
        }
        return reservation with { Charge = charge, QuotaFit = fit };
    }

    private static List<GroupCandidate> Admit(List<GroupCandidate> candidates, int? quotaFit, GroupOutcome outcome)
    {
        if (quotaFit is not { } fit)
            return candidates;
        foreach (var refused in candidates.Where(c => !Fits(c, fit)))
            outcome.Fail(refused.Entry.Path, "The storage quota is exceeded.");
        return [.. candidates.Where(c => Fits(c, fit))];
    }

    // A version that takes no more space than the one before fits in any case.
    private static bool Fits(GroupCandidate candidate, int fit) =>
        candidate.Entity is null || candidate.BlobIndex < fit || candidate is { Replaced: not null, Charge: 0 };

    private async Task InsertAsync(ImportContext context, List<GroupCandidate> candidates, GroupOutcome outcome, CancellationToken cancellationToken)
    {
        var missing = candidates.Where(c => c is { IsInserted: false, Replaced: null }).ToList();
        var rivals = await entities.AddNewAsync([.. missing.Where(c => c.Entity is not null).Select(c => c.Entity!)], cancellationToken);
        foreach (var gone in missing.Where(c => IsRival(c, rivals)))
            Refuse(gone, "The file was deleted in the meantime.", rivals, outcome);
        missing.RemoveAll(c => IsRival(c, rivals));
        await RefuseErasedAsync(context, missing, outcome, cancellationToken);
        var moved = await writer.PrepareAsync([.. missing.Select(c => c.Record)], cancellationToken);
        // Another run of the group has brought them, and their owner was faster than this one.
        foreach (var elsewhere in missing.Where(c => moved.Contains(c.Record.Id)))
            outcome.AddInserted(elsewhere);
        missing.RemoveAll(c => moved.Contains(c.Record.Id));
        foreach (var inserted in candidates.Where(c => c.IsInserted))
            outcome.AddInserted(inserted);
        foreach (var folder in missing.GroupBy(c => c.Record.ParentId))
            await InsertIntoAsync(folder.Key, [.. folder], outcome, cancellationToken);
    }

    /// <summary>
    /// Takes out blobs that are being deleted, since the last file that had them was deleted for good. Their entities are written, so a deletion
    /// that has not looked for them yet leaves them. One transaction while nothing is deleted.
    /// </summary>
    private async Task RefuseErasedAsync(ImportContext context, List<GroupCandidate> candidates, GroupOutcome outcome, CancellationToken cancellationToken)
    {
        var blobs = candidates.Select(c => c.Entry.Blob).OfType<AzureStorage.Blobs.BlobItem>().Select(blob => new SourceBlob(blob.Name, blob.ETag)).ToList();
        var erased = await erasures.FindErasedAsync(context.Source.Container, blobs, cancellationToken);
        foreach (var candidate in candidates.Where(c => c.Entry.Blob is { } blob && erased.Contains(blob.Name)))
            outcome.Fail(candidate.Entry.Path, "The blob is being deleted with a file that had it.");
        outcome.HasUnused |= candidates.RemoveAll(c => c.Entry.Blob is { } blob && erased.Contains(blob.Name)) > 0;
    }

    private static bool IsRival(GroupCandidate candidate, IReadOnlyDictionary<long, bool> rivals) =>
        candidate.Entity is { } entity && rivals.ContainsKey(entity.Id);

    /// <summary>A file that a try before had put in place and its owner has deleted since has used its charge: the deletion gave it back.</summary>
    private static void Refuse(GroupCandidate candidate, string reason, IReadOnlyDictionary<long, bool> rivals, GroupOutcome outcome)
    {
        outcome.Fail(candidate.Entry.Path, reason);
        if (rivals.GetValueOrDefault(candidate.Entity!.Id))
            outcome.AddReleased(candidate);
    }

    /// <summary>Gives changed files their new versions. An ordinary import has none.</summary>
    private async Task UpdateAsync(ImportContext context, List<GroupCandidate> candidates, GroupOutcome outcome, CancellationToken cancellationToken)
    {
        var changed = candidates.Where(c => c is { IsInserted: false, Replaced: not null }).ToList();
        var rivals = await entities.AddNewAsync([.. changed.Select(c => c.Entity!)], cancellationToken);
        await RefuseErasedAsync(context, changed, outcome, cancellationToken);
        var refused = await updates.SwitchAsync(changed, rivals.Keys.ToHashSet(), cancellationToken);
        foreach (var candidate in changed)
        {
            if (refused.TryGetValue(candidate.Entity!.Id, out var reason))
                Refuse(candidate, reason, rivals, outcome);
            else
                outcome.AddInserted(candidate);
        }
        outcome.HasUnused |= refused.Count > 0;
        if (outcome.Updated.Count == 0)
            return;
        await updates.ReleaseAsync([.. outcome.Updated.Select(c => c.Entity!)], cancellationToken);
        await updates.LogAsync(context.Job, outcome.Updated, cancellationToken);
    }

    private Task RequestReadingAsync(ImportContext context, IEnumerable<FileRecord> files, CancellationToken cancellationToken) => BoundedParallel.ForEachAsync(
        files,
        MessageSenders,
        (file, token) => context.Job.ExtractMediaMeta
            ? requests.SendMediaAsync(context.Site, file, token)
            : requests.SendTextAsync(context.Site, file, token),
        cancellationToken);

    private async Task InsertIntoAsync(long folderId, List<GroupCandidate> candidates, GroupOutcome outcome, CancellationToken cancellationToken)
    {
        try
        {
            var clashes = await writer.InsertAsync(folderId, [.. candidates.Select(c => c.Record)], cancellationToken);
            foreach (var candidate in candidates)
            {
                if (clashes.TryGetValue(candidate.Record.Id, out var guard))
                {
                    outcome.AddClash(candidate.Entry, guard);
                }
                else
                {
                    outcome.AddInserted(candidate);
                }
            }
            outcome.HasUnused |= clashes.Count > 0;
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.PathNotFound)
        {
            foreach (var candidate in candidates)
                outcome.Fail(candidate.Entry.Path, "The destination folder was deleted in the meantime.");
            outcome.HasUnused = true;
        }
    }
}

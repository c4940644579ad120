using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
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
    GroupSettlement settlement, MediaRequests requests, TimeProvider clock)
{
    /// <summary>Number of entries that a group gathers before it leaves the rest of its rows to the next group.</summary>
    private const int EnoughEntries = 5000;

    private const int FailuresInResult = 20;
    private const int MessageSenders = 8;

    /// <summary>Characters of failures in a result. JSON may write six for one, and the result has to fit into one property.</summary>
    private const int FailureCharactersInResult = AzureLimits.StringCharacters / 6 - 500;

    public async Task<ImportGroupResult> RunAsync(ImportContext context, ImportGroup group, CancellationToken cancellationToken)
    {
        var state = await frontier.FindGroupAsync(context.TaskId, group.Key, cancellationToken);
        if (state?.Result is { } earlierResult)
            return earlierResult;
        var earlier = state?.Reservation;
        var listing = await GatherAsync(context, group, cancellationToken);
        var known = await FindKnownNamesAsync(listing, isRepetition: earlier is not null, cancellationToken);
        // A try over the same listing continues with the ids and the charge of the one before.
        var isSame = earlier?.Digest == SourceReader.Digest(listing.Entries);
        var reservation = isSame ? earlier! : await ReserveAsync(context, group, listing, known, earlier, cancellationToken);
        var outcome = new GroupOutcome(listing, isSame ? null : earlier);
        var arrived = isSame ? await settlement.FindArrivedAsync(reservation, cancellationToken) : ArrivedEntries.None;
        var candidates = MakeCandidates(context, listing, known, reservation, arrived.Ids, outcome);
        var fit = await ChargeAsync(context, group, reservation, candidates, cancellationToken);
        var admitted = Admit(candidates, fit.QuotaFit, outcome);
        foreach (var folder in admitted.Where(c => c.Entity is null).DistinctBy(c => c.Entry.Item))
            await depth.NoteAsync(context.Job.UserId, context.Source.DepthOf(folder.Entry.Item), cancellationToken);
        await InsertAsync(admitted, outcome, cancellationToken);
        await RequestReadingAsync(context, outcome.InsertedFiles, cancellationToken);
        await quota.TryChargeAsync(
            context.Job.UserId, GroupSettlement.RefundId(context.TaskId, group.Key, fit), outcome.UsedCharge - fit.Charge, null, cancellationToken);
        var result = new ImportGroupResult(outcome.Totals, FirstOf(outcome.Failures));
        await frontier.CompleteAsync(
            context.TaskId, group, new GroupEnd(listing.Done, outcome.Found, outcome.Failures, result), cancellationToken);
        return result;
    }

    /// <summary>Lists pages until there is enough work.</summary>
    private async Task<GroupListing> GatherAsync(ImportContext context, ImportGroup group, CancellationToken cancellationToken)
    {
        var listing = new GroupListing();
        foreach (var item in await frontier.ReadAsync(context.TaskId, group, cancellationToken))
        {
            if (listing.Entries.Count >= EnoughEntries)
                break;
            var page = await context.Source.ReadAsync(item, cancellationToken);
            listing.Done.Add(item);
            listing.Entries.AddRange(page.Entries);
            listing.Failures.AddRange(page.Failures);
            listing.Indexed += page.Indexed;
            if (page.Next is { } next)
                listing.Next.Add(next);
            // Several such folders in one run would not fit into its time.
            if (page.IsUnreadable)
                break;
        }
        return listing;
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
        ImportContext context, ImportGroup group, GroupListing listing, Dictionary<(long Folder, string Name), NameGuard> known, GroupReservation? earlier,
        CancellationToken cancellationToken)
    {
        if (earlier is not null)
            await AbandonAsync(context, group, earlier, cancellationToken);
        var blobs = listing.Entries.Count(e => e.Type == FileType.File);
        var folders = listing.Entries.Count - blobs;
        var reservation = new GroupReservation(
            SourceReader.Digest(listing.Entries),
            // Its first id names the charge, so groups of folders alone also take one.
            listing.Entries.Count == 0 ? default : await ids.ReserveAsync(IdKind.File, Math.Max(blobs, 1), cancellationToken),
            blobs == 0 ? default : await ids.ReserveAsync(IdKind.Entity, blobs, cancellationToken),
            listing.Entries.Where(e => !known.ContainsKey((e.Item.FolderId, e.Name))).Sum(e => e.Blob?.Size ?? 0),
            [.. listing.Entries.Select(e => e.Item.FolderId).Distinct()],
            QuotaFit: null)
        {
            OwnFolders = folders == 0 ? default : await ids.ReserveFoldersAsync(context.Job.UserId, folders, cancellationToken),
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
    }

    /// <summary>Assigns the reserved ids in the order of the listing, and sorts out the names that exist.</summary>
    private List<GroupCandidate> MakeCandidates(
        ImportContext context, GroupListing listing, Dictionary<(long Folder, string Name), NameGuard> known, GroupReservation reservation,
        IReadOnlySet<long> arrived, GroupOutcome outcome)
    {
        var now = clock.GetUtcNow();
        var candidates = new List<GroupCandidate>(listing.Entries.Count);
        var blobIndex = 0;
        var nextFile = reservation.Files.First;
        var nextFolder = reservation.FolderIds.First;
        foreach (var entry in listing.Entries)
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
            if (arrived.Contains(record.Id))
                candidates.Add(candidate with { IsInserted = true });
            else if (!known.TryGetValue((entry.Item.FolderId, entry.Name), out var guard))
                candidates.Add(candidate);
            else if (guard.Id == record.Id)
                candidates.Add(candidate with { IsInserted = true });
            else
                outcome.AddClash(candidate, guard);
        }
        return candidates;
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
            if (charge + file.Record.Size > free)
                break;
            charge += file.Record.Size;
            fit = file.BlobIndex + 1;
        }
        return reservation with { Charge = charge, QuotaFit = fit };
    }

    private static List<GroupCandidate> Admit(List<GroupCandidate> candidates, int? quotaFit, GroupOutcome outcome)
    {
        if (quotaFit is not { } fit)
            return candidates;
        foreach (var refused in candidates.Where(c => c.Entity is not null && c.BlobIndex >= fit))
            outcome.Fail(refused.Entry.Path, "The storage quota is exceeded.");
        return [.. candidates.Where(c => c.Entity is null || c.BlobIndex < fit)];
    }

    private async Task InsertAsync(List<GroupCandidate> candidates, GroupOutcome outcome, CancellationToken cancellationToken)
    {
        var missing = candidates.Where(c => !c.IsInserted).ToList();
        await entities.WriteNewAsync([.. missing.Where(c => c.Entity is not null).Select(c => c.Entity!)], cancellationToken);
        await writer.PrepareAsync([.. missing.Select(c => c.Record)], cancellationToken);
        foreach (var inserted in candidates.Where(c => c.IsInserted))
            outcome.AddInserted(inserted);
        foreach (var folder in missing.GroupBy(c => c.Record.ParentId))
            await InsertIntoAsync(folder.Key, [.. folder], outcome, cancellationToken);
    }

    private Task RequestReadingAsync(ImportContext context, IEnumerable<FileRecord> files, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        files,
        new ParallelOptions { MaxDegreeOfParallelism = MessageSenders, CancellationToken = cancellationToken },
        async (file, token) => await (context.Job.ExtractMediaMeta
            ? requests.SendMediaAsync(context.Site, file, token)
            : requests.SendTextAsync(context.Site, file, token)));

    private async Task InsertIntoAsync(long folderId, List<GroupCandidate> candidates, GroupOutcome outcome, CancellationToken cancellationToken)
    {
        var discarded = new List<GroupCandidate>();
        try
        {
            var clashes = await writer.InsertAsync(folderId, [.. candidates.Select(c => c.Record)], cancellationToken);
            foreach (var candidate in candidates)
            {
                if (clashes.TryGetValue(candidate.Record.Id, out var guard))
                {
                    outcome.AddClash(candidate, guard);
                    discarded.Add(candidate);
                }
                else
                {
                    outcome.AddInserted(candidate);
                }
            }
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.PathNotFound)
        {
            foreach (var candidate in candidates)
                outcome.Fail(candidate.Entry.Path, "The destination folder was deleted in the meantime.");
            discarded = candidates;
        }
        await writer.DiscardAsync([.. discarded.Select(c => c.Record)], cancellationToken);
        await entities.DiscardAsync([.. discarded.Where(c => c.Entity is not null).Select(c => c.Entity!.Id)], cancellationToken);
    }

    private static List<ImportFailure> FirstOf(IReadOnlyList<ImportFailure> failures)
    {
        var characters = 0;
        return [.. failures.Take(FailuresInResult).TakeWhile(f => (characters += f.Path.Length + f.Reason.Length + 10) < FailureCharactersInResult)];
    }
}

using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;

namespace Cloudreve.Core.Imports;

/// <summary>What all groups of one import share.</summary>
/// <param name="TaskId">The task.</param>
/// <param name="Job">What to import.</param>
/// <param name="Source">Reads the container.</param>
/// <param name="QuotaLimit">Bytes that the user may have in use.</param>
internal sealed record ImportContext(long TaskId, ImportJob Job, SourceReader Source, long QuotaLimit);

/// <summary>
/// Imports a group of listing pages: some small folders, or a page of a large one. Every step may be repeated after a crash:
/// ids are reserved before the first insert and used again as long as the listing is the same, names decide who is first,
/// and the quota knows each charge by its name.
/// </summary>
internal sealed class ImportGroupRunner(
    ImportFrontier frontier, DriveDepth depth, FolderWriter writer, EntityStore entities, IdAllocator ids, QuotaLedger quota, TimeProvider clock)
{
    /// <summary>How many entries a group gathers before it leaves the rest of its rows to the next group.</summary>
    private const int EnoughEntries = 5000;

    private const int FailuresInResult = 20;

    /// <summary>Characters of failures in a result. JSON may write six for one, and the result has to fit into one property.</summary>
    private const int FailureCharactersInResult = AzureLimits.StringCharacters / 6 - 500;

    public async Task<ImportGroupResult> RunAsync(ImportContext context, ImportGroup group, CancellationToken cancellationToken)
    {
        var state = await frontier.FindGroupAsync(context.TaskId, group.Key, cancellationToken);
        if (state?.Result is { } earlierResult)
            return earlierResult;
        var earlier = state?.Reservation;
        var work = await GatherAsync(context, group, cancellationToken);
        var known = await FindKnownNamesAsync(work, isRepetition: earlier is not null, cancellationToken);
        var reservation = await ReserveAsync(context, group, work, known, earlier, cancellationToken);
        var isSame = ReferenceEquals(earlier, reservation);
        var outcome = new GroupOutcome(work, isSame ? null : earlier);
        var arrived = isSame ? await FindArrivedAsync(reservation, cancellationToken) : Arrived.None;
        var candidates = MakeCandidates(context, work, known, reservation, arrived.Ids, outcome);
        var fit = await ChargeAsync(context, group, reservation, candidates, cancellationToken);
        var admitted = Admit(candidates, fit.QuotaFit, outcome);
        foreach (var folder in admitted.Where(c => c.Entity is null).DistinctBy(c => c.Entry.Item))
            await depth.NoteAsync(context.Job.UserId, context.Source.DepthOf(folder.Entry.Item), cancellationToken);
        await InsertAsync(admitted, outcome, cancellationToken);
        await quota.TryChargeAsync(
            context.Job.UserId, RefundId(context.TaskId, group.Key, fit), outcome.UsedCharge - fit.Charge, null, cancellationToken);
        var result = new ImportGroupResult(outcome.Totals, FirstOf(outcome.Failures));
        await frontier.CompleteAsync(context.TaskId, group, work.Done, outcome.Found, outcome.Failures, result, cancellationToken);
        return result;
    }

    /// <summary>Lists pages until there is enough to do.</summary>
    private async Task<GroupWork> GatherAsync(ImportContext context, ImportGroup group, CancellationToken cancellationToken)
    {
        var work = new GroupWork();
        foreach (var item in await frontier.ReadAsync(context.TaskId, group, cancellationToken))
        {
            if (work.Entries.Count >= EnoughEntries)
                break;
            var page = await context.Source.ReadAsync(item, cancellationToken);
            work.Done.Add(item);
            work.Entries.AddRange(page.Entries);
            work.Failures.AddRange(page.Failures);
            work.Indexed += page.Indexed;
            if (page.Next is { } next)
                work.Next.Add(next);
            // Several such folders in one run would not fit into its time.
            if (page.IsUnreadable)
                break;
        }
        return work;
    }

    /// <summary>Names that folders have already. A folder that this import just made has none, unless this is a repetition.</summary>
    private async Task<Dictionary<(long Folder, string Name), NameGuard>> FindKnownNamesAsync(
        GroupWork work, bool isRepetition, CancellationToken cancellationToken)
    {
        var known = new Dictionary<(long, string), NameGuard>();
        foreach (var folder in work.Entries.Where(e => isRepetition || !e.Item.IsNew).GroupBy(e => e.Item.FolderId))
        {
            foreach (var (name, guard) in await writer.FindNamesAsync(folder.Key, folder.Select(e => e.Name), cancellationToken))
                known[(folder.Key, name)] = guard;
        }
        return known;
    }

    /// <summary>Keeps the ids and the charge that a repetition has to use again; a changed listing gets new ones.</summary>
    private async Task<GroupReservation> ReserveAsync(
        ImportContext context, ImportGroup group, GroupWork work, Dictionary<(long Folder, string Name), NameGuard> known, GroupReservation? earlier,
        CancellationToken cancellationToken)
    {
        var digest = SourceReader.Digest(work.Entries);
        if (earlier?.Digest == digest)
            return earlier;
        if (earlier is not null)
            await AbandonAsync(context, group, earlier, cancellationToken);
        var blobs = work.Entries.Count(e => e.Type == FileType.File);
        var folders = work.Entries.Count - blobs;
        var reservation = new GroupReservation(
            digest,
            // Its first id names the charge, so folders alone take one, too.
            work.Entries.Count == 0 ? default : await ids.ReserveAsync(IdKind.File, Math.Max(blobs, 1), cancellationToken),
            blobs == 0 ? default : await ids.ReserveAsync(IdKind.Entity, blobs, cancellationToken),
            work.Entries.Where(e => !known.ContainsKey((e.Item.FolderId, e.Name))).Sum(e => e.Blob?.Size ?? 0),
            [.. work.Entries.Select(e => e.Item.FolderId).Distinct()],
            QuotaFit: null)
        {
            OwnFolders = folders == 0 ? default : await ids.ReserveFoldersAsync(context.Job.UserId, folders, cancellationToken),
            ETag = earlier?.ETag,
        };
        return work.Entries.Count > 0
            ? await frontier.ReserveAsync(context.TaskId, group.Key, reservation, cancellationToken)
            : reservation;
    }

    /// <summary>The source changed between two tries: what the earlier one charged but did not use is given back.</summary>
    private async Task AbandonAsync(ImportContext context, ImportGroup group, GroupReservation earlier, CancellationToken cancellationToken)
    {
        await frontier.AbandonAsync(context.TaskId, group.Key, earlier, cancellationToken);
        var arrived = await FindArrivedAsync(earlier, cancellationToken);
        await RefundAsync(context.TaskId, context.Job.UserId, group.Key, earlier, arrived.Bytes, cancellationToken);
    }

    /// <summary>
    /// Cleans up at the end of an import: groups that began and did not end keep what they inserted, the rest of their charge
    /// is given back, and rows of entries that never came into being are removed. Harmless to repeat.
    /// </summary>
    /// <param name="taskId">The task, none of whose groups runs any more.</param>
    /// <param name="userId">Whose drive.</param>
    /// <returns>What all groups did.</returns>
    public async Task<ImportTotals> SettleAsync(long taskId, long userId, CancellationToken cancellationToken)
    {
        var totals = ImportTotals.Zero;
        await foreach (var group in frontier.ReadGroupsAsync(taskId, cancellationToken))
        {
            if (group.Result is { } result)
                totals = totals.Add(result.Totals);
            else if (group.Reservation is not null)
                totals = totals.Add(await SettleAsync(taskId, userId, group.Key, group.Reservation, cancellationToken));
        }
        // Their files are counted by the try that came after; where there was none, they are in the drive all the same.
        await foreach (var group in frontier.ReadAbandonedAsync(taskId, cancellationToken))
            await SettleAsync(taskId, userId, group.Key, group.Reservation!, cancellationToken);
        return totals;
    }

    private async Task<ImportTotals> SettleAsync(
        long taskId, long userId, string groupKey, GroupReservation reservation, CancellationToken cancellationToken)
    {
        var arrived = await FindArrivedAsync(reservation, cancellationToken);
        await RefundAsync(taskId, userId, groupKey, reservation, arrived.Bytes, cancellationToken);
        foreach (var run in reservation.Runs)
            await writer.SweepAsync(reservation.Folders, run, arrived.Ids, cancellationToken);
        await entities.SweepAsync(reservation.Entities, arrived.EntityIds, cancellationToken);
        return new ImportTotals(arrived.Ids.Count, arrived.Files, 0, 0, arrived.Bytes);
    }

    /// <summary>What earlier tries brought into the drive, wherever its owner has renamed or moved it to since.</summary>
    private async Task<Arrived> FindArrivedAsync(GroupReservation reservation, CancellationToken cancellationToken)
    {
        var inPlace = await writer.FindInsertedAsync(reservation.Folders, reservation.Files, reservation.FolderIds, cancellationToken);
        var moved = new HashSet<long>();
        foreach (var run in reservation.Runs)
            moved.UnionWith(await writer.FindMovedAsync(reservation.Folders, run, cancellationToken));
        var fileIds = inPlace.Select(f => f.Id).Concat(moved).ToHashSet();
        var entityIds = inPlace.Select(f => f.PrimaryEntityId).ToHashSet();
        var bytes = inPlace.Sum(f => f.Size);
        var files = inPlace.Count(f => f.Type == FileType.File);
        if (moved.Except(inPlace.Select(f => f.Id)).Any())
        {
            await foreach (var entity in entities.ReadAsync(reservation.Entities, cancellationToken))
            {
                if (!fileIds.Contains(entity.FileId) || !entityIds.Add(entity.Id))
                    continue;
                files++;
                bytes += entity.Size;
            }
        }
        return new Arrived(fileIds, entityIds, files, bytes);
    }

    private async Task RefundAsync(
        long taskId, long userId, string groupKey, GroupReservation reservation, long used, CancellationToken cancellationToken)
    {
        // A charge of nothing leaves no trace in the ledger.
        if (reservation.Charge == 0 || await quota.IsChargedAsync(userId, ChargeId(taskId, groupKey, reservation), cancellationToken))
            await quota.TryChargeAsync(userId, RefundId(taskId, groupKey, reservation), used - reservation.Charge, null, cancellationToken);
    }

    /// <summary>Deals out the reserved ids in the order of the listing, and sorts out the names that exist.</summary>
    private List<Candidate> MakeCandidates(
        ImportContext context, GroupWork work, Dictionary<(long Folder, string Name), NameGuard> known, GroupReservation reservation,
        IReadOnlySet<long> arrived, GroupOutcome outcome)
    {
        var now = clock.GetUtcNow();
        var candidates = new List<Candidate>(work.Entries.Count);
        var blobIndex = 0;
        var nextFile = reservation.Files.First;
        var nextFolder = reservation.FolderIds.First;
        foreach (var entry in work.Entries)
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
            var candidate = new Candidate(entry, record, entity, blobIndex - 1);
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
    /// <returns>The reservation with what was charged in the end.</returns>
    private async Task<GroupReservation> ChargeAsync(
        ImportContext context, ImportGroup group, GroupReservation reservation, List<Candidate> candidates, CancellationToken cancellationToken)
    {
        while (!await quota.TryChargeAsync(
            context.Job.UserId, ChargeId(context.TaskId, group.Key, reservation), reservation.Charge, context.QuotaLimit, cancellationToken))
        {
            var free = context.QuotaLimit - await quota.GetUsedAsync(context.Job.UserId, cancellationToken);
            // Kept, so that a repetition leaves out the same files.
            reservation = await frontier.ReserveAsync(
                context.TaskId, group.Key, Shrink(reservation, candidates, Math.Min(free, reservation.Charge - 1)), cancellationToken);
        }
        return reservation;
    }

    private static GroupReservation Shrink(GroupReservation reservation, List<Candidate> candidates, long free)
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

    private static List<Candidate> Admit(List<Candidate> candidates, int? quotaFit, GroupOutcome outcome)
    {
        if (quotaFit is not { } fit)
            return candidates;
        foreach (var refused in candidates.Where(c => c.Entity is not null && c.BlobIndex >= fit))
            outcome.Fail(refused.Entry.Path, "The storage quota is exceeded.");
        return [.. candidates.Where(c => c.Entity is null || c.BlobIndex < fit)];
    }

    private async Task InsertAsync(List<Candidate> candidates, GroupOutcome outcome, CancellationToken cancellationToken)
    {
        var missing = candidates.Where(c => !c.IsInserted).ToList();
        await entities.WriteNewAsync([.. missing.Where(c => c.Entity is not null).Select(c => c.Entity!)], cancellationToken);
        await writer.PrepareAsync([.. missing.Select(c => c.Record)], cancellationToken);
        foreach (var inserted in candidates.Where(c => c.IsInserted))
            outcome.AddInserted(inserted);
        foreach (var folder in missing.GroupBy(c => c.Record.ParentId))
            await InsertIntoAsync(folder.Key, [.. folder], outcome, cancellationToken);
    }

    private async Task InsertIntoAsync(long folderId, List<Candidate> candidates, GroupOutcome outcome, CancellationToken cancellationToken)
    {
        var discarded = new List<Candidate>();
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

    private static string ChargeId(long taskId, string groupKey, GroupReservation reservation) =>
        $"import-{taskId:x}-{groupKey}-{reservation.Files.First:x}-{reservation.QuotaFit ?? -1}";

    private static string RefundId(long taskId, string groupKey, GroupReservation reservation) => ChargeId(taskId, groupKey, reservation) + "-refund";

    private static List<ImportFailure> FirstOf(IReadOnlyList<ImportFailure> failures)
    {
        var characters = 0;
        return [.. failures.Take(FailuresInResult).TakeWhile(f => (characters += f.Path.Length + f.Reason.Length + 10) < FailureCharactersInResult)];
    }

    private sealed class GroupWork
    {
        public List<FrontierItem> Done { get; } = [];

        public List<SourceEntry> Entries { get; } = [];

        public List<ImportFailure> Failures { get; } = [];

        public List<FrontierItem> Next { get; } = [];

        public int Indexed { get; set; }
    }

    /// <summary>What came into the drive under a reservation.</summary>
    /// <param name="Ids">Ids of files and folders.</param>
    /// <param name="EntityIds">Entities of the files.</param>
    /// <param name="Files">How many files.</param>
    /// <param name="Bytes">Their bytes.</param>
    private sealed record Arrived(IReadOnlySet<long> Ids, IReadOnlySet<long> EntityIds, int Files, long Bytes)
    {
        public static Arrived None { get; } = new(new HashSet<long>(), new HashSet<long>(), 0, 0);
    }

    /// <summary>An entry with its ids. BlobIndex counts the blobs of the listing up to it.</summary>
    private sealed record Candidate(SourceEntry Entry, FileRecord Record, EntityRecord? Entity, int BlobIndex)
    {
        /// <summary>Whether an earlier try inserted it.</summary>
        public bool IsInserted { get; init; }
    }

    /// <summary>Gathers what became of each entry.</summary>
    /// <param name="work">The entries.</param>
    /// <param name="settled">An earlier try over another listing, whose charge is settled already; null for none.</param>
    private sealed class GroupOutcome(GroupWork work, GroupReservation? settled)
    {
        public List<ImportFailure> Failures { get; } = [.. work.Failures];

        /// <summary>Pages to list next: further pages of folders, and the folders that were found.</summary>
        public List<FrontierItem> Found { get; } = [.. work.Next];

        private long _imported;
        private long _skipped;
        private long _bytes;

        /// <summary>Bytes of inserted files that this try's charge pays for.</summary>
        public long UsedCharge { get; private set; }

        public ImportTotals Totals => new(work.Indexed, _imported, _skipped, Failures.Count, _bytes);

        public void AddInserted(Candidate candidate)
        {
            if (candidate.Entity is null)
            {
                Descend(candidate, candidate.Record.Id, isNew: true);
                return;
            }
            UsedCharge += candidate.Record.Size;
            CountImported(candidate.Record.Size);
        }

        public void AddClash(Candidate candidate, NameGuard guard)
        {
            if (candidate.Entity is not null && settled?.Files.Contains(guard.Id) == true)
                CountImported(guard.Size);
            else if (candidate.Entity is not null)
                _skipped++;
            else if (guard.IsSymbolic)
                Fail(candidate.Entry.Path, "A shortcut of the same name exists in the drive.");
            else if (guard.Type == FileType.Folder)
                Descend(candidate, guard.Id, isNew: false);
            else
                Fail(candidate.Entry.Path, "A file with the same name already exists in the drive.");
        }

        public void Fail(string path, string reason) => Failures.Add(new ImportFailure(path, reason));

        private void CountImported(long size)
        {
            _imported++;
            _bytes += size;
        }

        private void Descend(Candidate candidate, long folderId, bool isNew) =>
            Found.Add(new FrontierItem("", candidate.Entry.Path, folderId, isNew));
    }
}

using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports.Mirrors;

namespace Cloudreve.Core.Imports;

/// <summary>Entries that were created in the drive under a reservation.</summary>
/// <param name="Ids">Ids of files and folders.</param>
/// <param name="EntityIds">Entities of the files.</param>
/// <param name="Files">Number of files.</param>
/// <param name="Bytes">Bytes that they, and the new versions, have added to those in use.</param>
internal sealed record ArrivedEntries(IReadOnlySet<long> Ids, IReadOnlySet<long> EntityIds, int Files, long Bytes)
{
    /// <summary>New versions of files that the drive had already, with their files, by entity.</summary>
    public IReadOnlyDictionary<long, (FileRecord File, EntityRecord Entity)> Updates { get; init; } = new Dictionary<long, (FileRecord, EntityRecord)>();

    public static ArrivedEntries None { get; } = new(new HashSet<long>(), new HashSet<long>(), 0, 0);
}

/// <summary>Brings charges, rows and totals of an import's groups in line with what is in the drive, also of groups that were interrupted.</summary>
internal sealed class GroupSettlement(
    ImportFrontier frontier, FolderWriter writer, EntityStore entities, QuotaLedger quota, EntriesById byId, MirrorUpdates updates)
{
    /// <summary>The name under which the ledger knows a try's charge.</summary>
    public static string ChargeId(long taskId, string groupKey, GroupReservation reservation) =>
        $"import-{taskId:x}-{groupKey}-{reservation.Files.First:x}-{reservation.QuotaFit ?? -1}";

    /// <summary>The name under which the ledger knows its refund.</summary>
    public static string RefundId(long taskId, string groupKey, GroupReservation reservation) => ChargeId(taskId, groupKey, reservation) + "-refund";

    /// <summary>
    /// Cleans up at the end of an import: groups that began and did not end keep their inserted entries, the rest of their charge
    /// is refunded, and rows of entries that were never created are removed. Harmless to repeat.
    /// </summary>
    /// <param name="taskId">The task, none of whose groups runs any more.</param>
    /// <param name="userId">The owner of the drive.</param>
    /// <returns>The totals of all groups.</returns>
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
        // Their files are counted by the next try; if there was none, they are in the drive anyway.
        await foreach (var group in frontier.ReadAbandonedAsync(taskId, cancellationToken))
            await SettleAsync(taskId, userId, group.Key, group.Reservation!, cancellationToken);
        return totals;
    }

    private async Task<ImportTotals> SettleAsync(
        long taskId, long userId, string groupKey, GroupReservation reservation, CancellationToken cancellationToken)
    {
        var arrived = await FindArrivedAsync(reservation, cancellationToken);
        if (!reservation.IsSettled)
            await RefundAsync(taskId, userId, groupKey, reservation, arrived.Bytes, cancellationToken);
        foreach (var run in reservation.Runs)
            await writer.SweepAsync(reservation.Folders, run, arrived.Ids, cancellationToken);
        await entities.SweepAsync(reservation.Entities, arrived.EntityIds, arrived.Ids, cancellationToken);
        if (!reservation.IsMirror)
            return new ImportTotals(arrived.Ids.Count, arrived.Files, 0, 0, arrived.Bytes);
        var growth = arrived.Updates.Values.Sum(u => u.Entity.Size - (u.Entity.ReplacedSize ?? 0));
        await updates.ReleaseAsync([.. arrived.Updates.Values.Select(u => u.Entity)], cancellationToken);
        return new ImportTotals(arrived.Ids.Count + arrived.Updates.Count, arrived.Files, 0, 0, arrived.Bytes - growth)
        {
            Details = new ImportDetails(Updated: arrived.Updates.Count, UpdatedBytes: growth),
        };
    }

    /// <summary>Finds what earlier tries created in the drive, wherever its owner has renamed or moved it to since.</summary>
    public async Task<ArrivedEntries> FindArrivedAsync(GroupReservation reservation, CancellationToken cancellationToken)
    {
        var inPlace = await writer.FindInsertedAsync(reservation.Folders, reservation.Files, reservation.FolderIds, cancellationToken);
        var moved = new HashSet<long>();
        foreach (var run in reservation.Runs)
            moved.UnionWith(await writer.FindMovedAsync(reservation.Folders, run, cancellationToken));
        var fileIds = inPlace.Select(f => f.Id).Concat(moved).ToHashSet();
        // Its owner may have written a file anew: what the import brought is an older version then.
        var entityIds = inPlace.SelectMany(f => f.EntityIds).ToHashSet();
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
        var updated = new Dictionary<long, (FileRecord, EntityRecord)>();
        if (reservation.IsMirror)
        {
            await foreach (var entity in entities.ReadAsync(reservation.Entities, cancellationToken).Where(e => e.ReplacedSize is not null))
            {
                // Its file has had it and gave it up since, with what it was charged: a newer version counts from its size.
                if (entity.FileId == 0)
                {
                    bytes += entity.Size - (entity.ReplacedSize ?? 0);
                    continue;
                }
                if (await byId.FindAsync(entity.FileId, cancellationToken) is not { } file || !file.EntityIds.Contains(entity.Id))
                    continue;
                updated.Add(entity.Id, (file, entity));
                entityIds.Add(entity.Id);
                bytes += entity.Size - (entity.ReplacedSize ?? 0);
            }
        }
        return new ArrivedEntries(fileIds, entityIds, files, bytes) { Updates = updated };
    }

    /// <summary>Refunds the unused part of a try's charge.</summary>
    /// <param name="used">Bytes of the entries that it added to the drive.</param>
    public async Task RefundAsync(
        long taskId, long userId, string groupKey, GroupReservation reservation, long used, CancellationToken cancellationToken)
    {
        // A charge of zero leaves no trace in the ledger.
        if (reservation.Charge == 0 || await quota.IsChargedAsync(userId, ChargeId(taskId, groupKey, reservation), cancellationToken))
            await quota.TryChargeAsync(userId, RefundId(taskId, groupKey, reservation), used - reservation.Charge, null, cancellationToken);
    }
}

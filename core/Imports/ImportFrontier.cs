using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Imports;

/// <summary>A page of a listing that is still to be imported.</summary>
/// <param name="Key">The frontier row.</param>
/// <param name="Prefix">The folder's prefix in the container; empty for the container's root.</param>
/// <param name="FolderId">The drive's folder that receives the entries; 0 for one that a dry run does not make.</param>
/// <param name="IsNew">True if this import made the folder, so that its names are most likely free.</param>
internal sealed record FrontierItem(string Key, string Prefix, long FolderId, bool IsNew)
{
    /// <summary>The listing's token; null for the folder's first page.</summary>
    public string? Token { get; init; }

    /// <summary>Number of the page within its folder.</summary>
    public int Page { get; init; }

    /// <summary>The last subfolder of the previous page, which some services list again.</summary>
    public string? LastPrefix { get; init; }

    /// <summary>For a mirror: the name up to which the drive's folder has been compared, in the order of its rows; null on the first page.</summary>
    public string? After { get; init; }

    /// <summary>For a mirror: true for names of the drive's folder alone, after <see cref="After"/>, that were too many for one page.</summary>
    public bool IsRest { get; init; }

    /// <summary>The last name of such a rest; null for the folder's last.</summary>
    public string? Until { get; init; }
}

/// <summary>The ids that a group took before it inserted anything, so that a repetition uses the same.</summary>
/// <param name="Digest">Fingerprint of the listing that the ids were assigned for.</param>
/// <param name="Files">Ids of files; also of folders, in reservations from before folders had blocks of their own.</param>
/// <param name="Entities">Ids of entities.</param>
/// <param name="Charge">Bytes that are charged before anything is inserted; the unused part is refunded at the end.</param>
/// <param name="Folders">The drive's folders that receive the entries.</param>
/// <param name="QuotaFit">Number of blobs of the listing, in order, that fit into the quota when it was too small; null when all did.</param>
internal sealed record GroupReservation(string Digest, IdRange Files, IdRange Entities, long Charge, IReadOnlyList<long> Folders, int? QuotaFit)
{
    /// <summary>Ids of folders; null where <see cref="Files"/> has them.</summary>
    public IdRange? OwnFolders { get; init; }

    /// <summary>True if it may have given new content to files that the drive had already.</summary>
    public bool IsMirror { get; init; }

    /// <summary>True if its charge is settled: the end of the import only removes what was not put to use.</summary>
    public bool IsSettled { get; init; }

    /// <summary>The version of the row that holds it; null when there is no such row yet.</summary>
    public string? ETag { get; init; }

    /// <summary>The run of the folders' ids.</summary>
    public IdRange FolderIds => OwnFolders ?? Files;

    /// <summary>The runs of all ids.</summary>
    public IEnumerable<IdRange> Runs => OwnFolders is { Count: > 0 } folders ? [Files, folders] : [Files];
}

/// <summary>The recorded state of one group.</summary>
/// <param name="Key">The group's key.</param>
/// <param name="Reservation">Its last reservation; null for none.</param>
/// <param name="Result">Its result; null while it has not ended.</param>
internal sealed record GroupState(string Key, GroupReservation? Reservation, ImportGroupResult? Result);

/// <summary>The outcome of a group.</summary>
/// <param name="Done">The pages that it has imported.</param>
/// <param name="Found">The pages that it has found.</param>
/// <param name="Failures">The items that it could not import.</param>
/// <param name="Result">The numbers.</param>
internal sealed record GroupEnd(
    IReadOnlyList<FrontierItem> Done, IReadOnlyList<FrontierItem> Found, IReadOnlyList<ImportFailure> Failures, ImportGroupResult Result);

/// <summary>
/// The bookkeeping of a running import: rows of its partition hold the pages still to be listed (<c>q|</c>), what each group
/// reserved or did (<c>g|</c>), reservations that were given up since the source changed (<c>a|</c>), and what failed
/// (<c>e|</c>).
/// </summary>
internal sealed class ImportFrontier(StorageLayout layout)
{
    private const string Queue = "q|";
    private const string Groups = "g|";
    private const string Abandoned = "a|";
    private const string Errors = "e|";

    public async Task SeedAsync(long taskId, string prefix, long folderId, bool isNew, CancellationToken cancellationToken) =>
        await layout.TaskItems.UpsertAsync(ToRow(taskId, 0, new FrontierItem("", prefix, folderId, isNew)), cancellationToken);

    /// <summary>The next rows to work on, in order: one transaction.</summary>
    public async Task<IReadOnlyList<FrontierItem>> PeekAsync(long taskId, int take, CancellationToken cancellationToken) =>
        [.. (await layout.TaskItems.QueryPageAsync(RowRange.Prefix(Partition(taskId), Queue), take, null, cancellationToken)).Rows.Select(FromRow)];

    public async Task<IReadOnlyList<FrontierItem>> ReadAsync(long taskId, ImportGroup group, CancellationToken cancellationToken)
    {
        var range = new RowRange(Partition(taskId), group.From, group.To + "~");
        return [.. (await layout.TaskItems.QueryPageAsync(range, 1000, null, cancellationToken)).Rows.Select(FromRow)];
    }

    public async Task<GroupState?> FindGroupAsync(long taskId, string groupKey, CancellationToken cancellationToken) =>
        await layout.TaskItems.FindAsync(Partition(taskId), Groups + groupKey, cancellationToken) is { } row ? StateOf(row) : null;

    /// <summary>Every group that has begun.</summary>
    public IAsyncEnumerable<GroupState> ReadGroupsAsync(long taskId, CancellationToken cancellationToken) =>
        layout.TaskItems.QueryAsync(RowRange.Prefix(Partition(taskId), Groups), cancellationToken).Select(StateOf);

    /// <summary>Reservations that were given up, since the source changed between two tries of a group.</summary>
    public IAsyncEnumerable<GroupState> ReadAbandonedAsync(long taskId, CancellationToken cancellationToken) =>
        layout.TaskItems.QueryAsync(RowRange.Prefix(Partition(taskId), Abandoned), cancellationToken).Select(StateOf);

    /// <summary>Remembers a reservation that is about to be replaced by one for the changed source, or whose rows were not all put to use.</summary>
    public Task AbandonAsync(long taskId, string groupKey, GroupReservation reservation, CancellationToken cancellationToken) =>
        layout.TaskItems.UpsertAsync(
            ReservationRow(taskId, $"{Abandoned}{groupKey}|{FileKeys.Id(reservation.Files.First)}", groupKey, reservation), cancellationToken);

    /// <summary>
    /// Stores a reservation in place of the version that was read. Where the same group runs twice at once, both runs have to
    /// work with the same ids: the second one is given the reservation of the first.
    /// </summary>
    /// <returns>The reservation to work with.</returns>
    /// <exception cref="StorageException">The other run saw another listing: try again with the stored one.</exception>
    public async Task<GroupReservation> ReserveAsync(long taskId, string groupKey, GroupReservation reservation, CancellationToken cancellationToken)
    {
        var row = ReservationRow(taskId, Groups + groupKey, groupKey, reservation);
        try
        {
            var etag = reservation.ETag is { } version
                ? await layout.TaskItems.ReplaceAsync(row, version, cancellationToken)
                : await layout.TaskItems.InsertAsync(row, cancellationToken);
            return reservation with { ETag = etag };
        }
        catch (StorageException e) when (e is StorageExistsException or StorageChangedException)
        {
            var stored = (await FindGroupAsync(taskId, groupKey, cancellationToken))?.Reservation;
            if (stored is null || stored.Digest != reservation.Digest)
                throw;
            return stored;
        }
    }

    /// <summary>
    /// Ends a group: its failures and findings are written, then one batch removes its rows from the frontier and stores
    /// its result. Usually everything fits into that one batch.
    /// </summary>
    public async Task CompleteAsync(long taskId, ImportGroup group, GroupEnd end, CancellationToken cancellationToken)
    {
        var partition = Partition(taskId);
        var last = new TableBatch(partition);
        foreach (var item in end.Done)
            last.Delete(item.Key);
        var groupRow = new Row(partition, Groups + group.Key) { [Columns.Result] = JsonSerializer.Serialize(end.Result, ImportJson.Default.ImportGroupResult) };
        last.UpsertMerge(groupRow);
        var others = end.Found.Select(item => ToRow(taskId, group.Round, item))
            .Concat(end.Failures.Select((failure, i) => ErrorRow(taskId, group, i, failure)));
        var batch = new TableBatch(partition);
        foreach (var row in others)
        {
            if (last.Room > 0)
            {
                last.Upsert(row);
                continue;
            }
            if (batch.Room == 0)
            {
                await layout.TaskItems.SubmitAsync(batch, cancellationToken);
                batch = new TableBatch(partition);
            }
            // A slow run of a group that another run has ended must not restore rows that were removed from the frontier.
            if (batch.Count == 0)
                batch.Merge(new Row(partition, end.Done[0].Key));
            batch.Upsert(row);
        }
        // Findings must be on the frontier before the rows that led to them are removed.
        await layout.TaskItems.SubmitAsync(batch, cancellationToken);
        await layout.TaskItems.SubmitAsync(last, cancellationToken);
    }

    /// <summary>All recorded failures of a task, in order.</summary>
    public async IAsyncEnumerable<ImportFailure> ReadFailuresAsync(
        long taskId, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in layout.TaskItems.QueryAsync(RowRange.Prefix(Partition(taskId), Errors), cancellationToken))
            yield return new ImportFailure(row.Text(Columns.Path) ?? "", row.Text(Columns.Reason) ?? "");
    }

    private static string Partition(long taskId) => "import" + taskId.ToString("x", CultureInfo.InvariantCulture);

    private static Row ReservationRow(long taskId, string rowKey, string groupKey, GroupReservation reservation) => new(Partition(taskId), rowKey)
    {
        [Columns.GroupKey] = groupKey,
        [Columns.Digest] = reservation.Digest,
        [Columns.FirstFile] = reservation.Files.First,
        [Columns.FileCount] = reservation.Files.Count,
        [Columns.FirstFolder] = reservation.OwnFolders?.First,
        [Columns.FolderCount] = reservation.OwnFolders?.Count,
        [Columns.FirstEntity] = reservation.Entities.First,
        [Columns.EntityCount] = reservation.Entities.Count,
        [Columns.Charge] = reservation.Charge,
        [Columns.Folders] = string.Join(',', reservation.Folders),
        [Columns.QuotaFit] = reservation.QuotaFit,
        [Columns.IsMirror] = reservation.IsMirror ? true : null,
        [Columns.IsSettled] = reservation.IsSettled ? true : null,
    };

    private static GroupState StateOf(Row row) => new(
        row.Text(Columns.GroupKey) ?? row.RowKey[Groups.Length..],
        row.Text(Columns.Digest) is { } digest ? ReservationOf(row, digest) : null,
        row.Text(Columns.Result) is { } json ? JsonSerializer.Deserialize(json, ImportJson.Default.ImportGroupResult) : null);

    private static GroupReservation ReservationOf(Row row, string digest) => new(
        digest,
        new IdRange(row.RequiredNumber(Columns.FirstFile), (int)row.RequiredNumber(Columns.FileCount)),
        new IdRange(row.RequiredNumber(Columns.FirstEntity), (int)row.RequiredNumber(Columns.EntityCount)),
        row.RequiredNumber(Columns.Charge),
        [.. row.RequiredText(Columns.Folders).Split(',').Select(id => long.Parse(id, CultureInfo.InvariantCulture))],
        (int?)row.Number(Columns.QuotaFit))
    {
        OwnFolders = row.Number(Columns.FirstFolder) is { } folders ? new IdRange(folders, (int)row.RequiredNumber(Columns.FolderCount)) : null,
        IsMirror = row.Flag(Columns.IsMirror),
        IsSettled = row.Flag(Columns.IsSettled),
        ETag = row.ETag,
    };

    private static Row ErrorRow(long taskId, ImportGroup group, int index, ImportFailure failure) =>
        new(Partition(taskId), $"{Errors}{group.Key}|{index:x6}") { [Columns.Path] = failure.Path, [Columns.Reason] = failure.Reason };

    private static Row ToRow(long taskId, int round, FrontierItem item) =>
        new(Partition(taskId), $"{Queue}{round:x6}|{FolderKey(item)}|{item.Page:x6}")
        {
            [Columns.Prefix] = item.Prefix,
            [Columns.FolderId] = item.FolderId,
            [Columns.IsNew] = item.IsNew,
            [Columns.Token] = item.Token,
            [Columns.Page] = item.Page,
            [Columns.LastPrefix] = item.LastPrefix,
            [Columns.After] = item.After,
            [Columns.IsRest] = item.IsRest ? true : null,
            [Columns.Until] = item.Until,
        };

    // A folder that is not in the drive has no id.
    private static string FolderKey(FrontierItem item) =>
        (item.FolderId != 0 ? FileKeys.Id(item.FolderId) : "n" + Hash(item.Prefix)) + (item.IsRest ? "-" + Hash(item.After ?? "") : "");

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));

    private static FrontierItem FromRow(Row row) =>
        new(row.RowKey, row.Text(Columns.Prefix) ?? "", row.RequiredNumber(Columns.FolderId), row.Flag(Columns.IsNew))
        {
            Token = row.Text(Columns.Token),
            Page = (int)row.RequiredNumber(Columns.Page),
            LastPrefix = row.Text(Columns.LastPrefix),
            After = row.Text(Columns.After),
            IsRest = row.Flag(Columns.IsRest),
            Until = row.Text(Columns.Until),
        };

    private static class Columns
    {
        public const string Result = "result";
        public const string Path = "path";
        public const string Reason = "reason";
        public const string GroupKey = "key";
        public const string Digest = "digest";
        public const string FirstFile = "f";
        public const string FileCount = "fc";
        public const string FirstFolder = "d";
        public const string FolderCount = "dc";
        public const string FirstEntity = "e";
        public const string EntityCount = "ec";
        public const string Charge = "charge";
        public const string Folders = "folders";
        public const string QuotaFit = "fit";
        public const string Prefix = "prefix";
        public const string FolderId = "folder";
        public const string IsNew = "new";
        public const string Token = "token";
        public const string Page = "page";
        public const string LastPrefix = "last";
        public const string After = "after";
        public const string IsMirror = "m";
        public const string IsRest = "rest";
        public const string Until = "until";
        public const string IsSettled = "settled";
    }
}

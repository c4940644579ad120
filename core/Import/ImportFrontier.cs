using System.Globalization;
using System.Text.Json;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.Ids;
using Cloudreve.Core.Tables;

namespace Cloudreve.Core.Import;

/// <summary>A page of a listing that is still to be imported.</summary>
/// <param name="Key">The frontier row.</param>
/// <param name="Prefix">The folder's prefix in the container; empty for the container's root.</param>
/// <param name="FolderId">The drive's folder that receives the entries.</param>
/// <param name="IsNew">Whether this import made the folder, so that its names are most likely free.</param>
internal sealed record FrontierItem(string Key, string Prefix, long FolderId, bool IsNew)
{
    /// <summary>The listing's token; null for the folder's first page.</summary>
    public string? Token { get; init; }

    /// <summary>Number of the page within its folder.</summary>
    public int Page { get; init; }

    /// <summary>The last sub-folder of the page before, which some services list again.</summary>
    public string? LastPrefix { get; init; }
}

/// <summary>The ids that a group took before it inserted anything, so that a repetition uses the same.</summary>
/// <param name="Digest">Fingerprint of the listing that the ids were dealt out for.</param>
/// <param name="Files">Ids of files and folders.</param>
/// <param name="Entities">Ids of entities.</param>
/// <param name="Charge">Bytes that are charged before anything is inserted; what is not used is given back at the end.</param>
/// <param name="QuotaFit">When the quota was too small: how many blobs of the listing, in order, fit into it; null when all did.</param>
internal sealed record GroupReservation(string Digest, IdRange Files, IdRange Entities, long Charge, int? QuotaFit);

/// <summary>
/// The bookkeeping of a running import: rows of its partition hold what is still to be listed (<c>q|</c>), what each group
/// reserved or did (<c>g|</c>) and what failed (<c>e|</c>).
/// </summary>
/// <param name="layout">Where the rows are.</param>
internal sealed class ImportFrontier(StorageLayout layout)
{
    private const string Queue = "q|";
    private const string Groups = "g|";
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

    public Task<Row?> FindGroupAsync(long taskId, ImportGroup group, CancellationToken cancellationToken) =>
        layout.TaskItems.FindAsync(Partition(taskId), Groups + group.Key, cancellationToken);

    public Task ReserveAsync(long taskId, ImportGroup group, GroupReservation reservation, CancellationToken cancellationToken) =>
        layout.TaskItems.UpsertAsync(GroupRow(taskId, group, reservation), cancellationToken);

    public static GroupReservation? ReservationOf(Row row) => row.Text("digest") is { } digest
        ? new GroupReservation(
            digest,
            new IdRange(row.RequiredNumber("f"), (int)row.RequiredNumber("fc")),
            new IdRange(row.RequiredNumber("e"), (int)row.RequiredNumber("ec")),
            row.RequiredNumber("charge"),
            (int?)row.Number("fit"))
        : null;

    public static ImportGroupResult? ResultOf(Row row) =>
        row.Text("result") is { } json ? JsonSerializer.Deserialize(json, ImportJson.Default.ImportGroupResult) : null;

    /// <summary>
    /// Ends a group: its failures and what it found are written, then one batch takes its rows off the frontier and keeps
    /// its result. Usually everything fits into that one batch.
    /// </summary>
    public async Task CompleteAsync(
        long taskId, ImportGroup group, IReadOnlyList<FrontierItem> done, IReadOnlyList<FrontierItem> found,
        IReadOnlyList<ImportFailure> failures, ImportGroupResult result, CancellationToken cancellationToken)
    {
        var partition = Partition(taskId);
        var last = new TableBatch(partition);
        foreach (var item in done)
            last.Delete(item.Key);
        var groupRow = new Row(partition, Groups + group.Key) { ["result"] = JsonSerializer.Serialize(result, ImportJson.Default.ImportGroupResult) };
        last.UpsertMerge(groupRow);
        var others = found.Select(item => ToRow(taskId, group.Round, item))
            .Concat(failures.Select((failure, i) => ErrorRow(taskId, group, i, failure)));
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
            batch.Upsert(row);
        }
        // What was found must be on the frontier before the rows that led to it are taken off.
        await layout.TaskItems.SubmitAsync(batch, cancellationToken);
        await layout.TaskItems.SubmitAsync(last, cancellationToken);
    }

    /// <summary>All recorded failures of a task, in order.</summary>
    public async IAsyncEnumerable<ImportFailure> ReadFailuresAsync(
        long taskId, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in layout.TaskItems.QueryAsync(RowRange.Prefix(Partition(taskId), Errors), cancellationToken))
            yield return new ImportFailure(row.Text("path") ?? "", row.Text("reason") ?? "");
    }

    private static string Partition(long taskId) => "import" + taskId.ToString("x", CultureInfo.InvariantCulture);

    private static Row GroupRow(long taskId, ImportGroup group, GroupReservation reservation) => new(Partition(taskId), Groups + group.Key)
    {
        ["digest"] = reservation.Digest,
        ["f"] = reservation.Files.First,
        ["fc"] = reservation.Files.Count,
        ["e"] = reservation.Entities.First,
        ["ec"] = reservation.Entities.Count,
        ["charge"] = reservation.Charge,
        ["fit"] = reservation.QuotaFit,
    };

    private static Row ErrorRow(long taskId, ImportGroup group, int index, ImportFailure failure) =>
        new(Partition(taskId), $"{Errors}{group.Key}|{index:x6}") { ["path"] = failure.Path, ["reason"] = failure.Reason };

    private static Row ToRow(long taskId, int round, FrontierItem item) =>
        new(Partition(taskId), $"{Queue}{round:x6}|{FileKeys.Id(item.FolderId)}|{item.Page:x6}")
        {
            ["prefix"] = item.Prefix,
            ["folder"] = item.FolderId,
            ["new"] = item.IsNew,
            ["token"] = item.Token,
            ["page"] = item.Page,
            ["last"] = item.LastPrefix,
        };

    private static FrontierItem FromRow(Row row) =>
        new(row.RowKey, row.Text("prefix") ?? "", row.RequiredNumber("folder"), row.Flag("new"))
        {
            Token = row.Text("token"),
            Page = (int)row.RequiredNumber("page"),
            LastPrefix = row.Text("last"),
        };
}

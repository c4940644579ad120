using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.FullText.Rebuild;

/// <summary>
/// The note which rebuild is the latest to begin. It overtakes the one before: rebuilds cannot be cancelled, each goes through the whole site, and what the
/// earlier one would find the later one finds as well.
/// </summary>
internal sealed class LatestRebuild(StorageLayout layout)
{
    private const string Partition = "fulltext";
    private const string Key = "latest";
    private const string TaskId = "id";

    /// <summary>Notes that a rebuild begins: one transaction.</summary>
    public Task TakeAsync(long taskId, CancellationToken cancellationToken) =>
        layout.TaskItems.UpsertAsync(new Row(Partition, Key) { [TaskId] = taskId }, cancellationToken);

    /// <summary>Checks whether another rebuild has begun: one transaction.</summary>
    public async Task<bool> IsOvertakenAsync(long taskId, CancellationToken cancellationToken) =>
        await layout.TaskItems.FindAsync(Partition, Key, cancellationToken) is { } row && row.RequiredNumber(TaskId) != taskId;
}

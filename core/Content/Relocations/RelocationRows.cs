using System.Globalization;
using System.Text.Json;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.Relocations;

/// <summary>The state of relocations.</summary>
internal sealed class RelocationRows(StorageLayout layout)
{
    private const string StateKey = "a";
    private const string State = "state";

    /// <summary>The state with its version: one transaction; null before the first step.</summary>
    public async Task<(RelocationState State, string ETag)?> FindAsync(long taskId, CancellationToken cancellationToken) =>
        await layout.TaskItems.FindAsync(Partition(taskId), StateKey, cancellationToken) is { } row
            ? (JsonSerializer.Deserialize(LongText.Read(row, State)!, RelocationJson.Short.RelocationState)!, row.ETag)
            : null;

    /// <summary>Writes the state in place of the version that was read: one transaction.</summary>
    /// <param name="taskId">The task.</param>
    /// <param name="etag">The version that was read; null when there was none.</param>
    /// <returns>The new version.</returns>
    /// <exception cref="StorageException">Another run got further meanwhile.</exception>
    public async Task<string> WriteAsync(long taskId, RelocationState state, string? etag, CancellationToken cancellationToken)
    {
        var row = new Row(Partition(taskId), StateKey);
        LongText.Write(row, State, JsonSerializer.Serialize(state, RelocationJson.Short.RelocationState));
        return etag is null
            ? await layout.TaskItems.InsertAsync(row, cancellationToken)
            : await layout.TaskItems.ReplaceAsync(row, etag, cancellationToken);
    }

    /// <summary>Removes the state: one transaction. Harmless to repeat.</summary>
    public Task ClearAsync(long taskId, CancellationToken cancellationToken) =>
        layout.TaskItems.DeleteAsync(Partition(taskId), StateKey, cancellationToken: cancellationToken);

    private static string Partition(long taskId) => "relocate" + taskId.ToString("x", CultureInfo.InvariantCulture);
}

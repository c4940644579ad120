using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Tasks;

/// <summary>
/// What the tasks of one kind remember from step to step: a row for each task, replaced under its version, so that of two runs of the same step one
/// loses.
/// </summary>
/// <typeparam name="TState">The state.</typeparam>
/// <param name="kind">The start of the tasks' partitions; never changes.</param>
/// <param name="type">The persistent form of the state.</param>
internal sealed class StepStates<TState>(StorageLayout layout, string kind, JsonTypeInfo<TState> type)
    where TState : class
{
    private const string StateKey = "a";
    private const string State = "state";

    /// <summary>The partition of all rows of a task.</summary>
    public string PartitionOf(long taskId) => kind + taskId.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>The state with its version: one transaction; null before the first step.</summary>
    public async Task<(TState State, string ETag)?> FindAsync(long taskId, CancellationToken cancellationToken) =>
        await layout.TaskItems.FindAsync(PartitionOf(taskId), StateKey, cancellationToken) is { } row
            ? (JsonSerializer.Deserialize(LongText.Read(row, State)!, type)!, row.ETag)
            : null;

    /// <summary>Writes the state in place of the version that was read: one transaction.</summary>
    /// <param name="etag">The version that was read; null when there was none.</param>
    /// <returns>The new version.</returns>
    /// <exception cref="StorageException">Another run got further meanwhile.</exception>
    public async Task<string> WriteAsync(long taskId, TState state, string? etag, CancellationToken cancellationToken)
    {
        var row = new Row(PartitionOf(taskId), StateKey);
        LongText.Write(row, State, JsonSerializer.Serialize(state, type));
        return etag is null
            ? await layout.TaskItems.InsertAsync(row, cancellationToken)
            : await layout.TaskItems.ReplaceAsync(row, etag, cancellationToken);
    }

    /// <summary>Removes the state: one transaction. Harmless to repeat.</summary>
    public Task ClearAsync(long taskId, CancellationToken cancellationToken) =>
        layout.TaskItems.DeleteAsync(PartitionOf(taskId), StateKey, cancellationToken: cancellationToken);
}

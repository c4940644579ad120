using System.Globalization;
using System.Text.Json;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.RemoteDownloads;

/// <summary>The state of downloads.</summary>
internal sealed class RemoteDownloadRows(StorageLayout layout)
{
    private const string StateKey = "a";
    private const string State = "state";

    /// <summary>The state with its version: one transaction; null before the first step.</summary>
    public async Task<(RemoteDownloadState State, string ETag)?> FindAsync(long taskId, CancellationToken cancellationToken) =>
        await layout.TaskItems.FindAsync(Partition(taskId), StateKey, cancellationToken) is { } row
            ? (JsonSerializer.Deserialize(LongText.Read(row, State)!, RemoteDownloadJson.Short.RemoteDownloadState)!, row.ETag)
            : null;

    /// <summary>Writes the state in place of the version that was read: one transaction.</summary>
    /// <param name="taskId">The task.</param>
    /// <param name="state">The state.</param>
    /// <param name="etag">The version that was read; null when there was none.</param>
    /// <returns>The new version.</returns>
    /// <exception cref="StorageException">Another run got further meanwhile.</exception>
    public async Task<string> WriteAsync(long taskId, RemoteDownloadState state, string? etag, CancellationToken cancellationToken)
    {
        var row = new Row(Partition(taskId), StateKey);
        LongText.Write(row, State, JsonSerializer.Serialize(state, RemoteDownloadJson.Short.RemoteDownloadState));
        return etag is null
            ? await layout.TaskItems.InsertAsync(row, cancellationToken)
            : await layout.TaskItems.ReplaceAsync(row, etag, cancellationToken);
    }

    /// <summary>Removes the state: one transaction. Harmless to repeat.</summary>
    public Task ClearAsync(long taskId, CancellationToken cancellationToken) =>
        layout.TaskItems.DeleteAsync(Partition(taskId), StateKey, cancellationToken: cancellationToken);

    private static string Partition(long taskId) => "download" + taskId.ToString("x", CultureInfo.InvariantCulture);
}

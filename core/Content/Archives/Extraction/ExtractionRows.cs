using System.Globalization;
using System.Text.Json;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Sealing;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>The state of extractions, and the passwords of archives, which are sealed and go with the task.</summary>
/// <param name="keys">Seal passwords.</param>
internal sealed class ExtractionRows(StorageLayout layout, SealingKeys keys)
{
    private const string StateKey = "a";
    private const string State = "state";
    private const string PasswordKey = "p";
    private const string Password = "password";

    /// <summary>The state with its version: one transaction; null before the first step.</summary>
    public async Task<(ExtractionState State, string ETag)?> FindAsync(long taskId, CancellationToken cancellationToken) =>
        await layout.TaskItems.FindAsync(Partition(taskId), StateKey, cancellationToken) is { } row
            ? (JsonSerializer.Deserialize(LongText.Read(row, State)!, ExtractionJson.Short.ExtractionState)!, row.ETag)
            : null;

    /// <summary>Writes the state in place of the version that was read: one transaction.</summary>
    /// <param name="taskId">The task.</param>
    /// <param name="etag">The version that was read; null when there was none.</param>
    /// <returns>The new version.</returns>
    /// <exception cref="StorageException">Another run got further meanwhile.</exception>
    public async Task<string> WriteAsync(long taskId, ExtractionState state, string? etag, CancellationToken cancellationToken)
    {
        var row = new Row(Partition(taskId), StateKey);
        LongText.Write(row, State, JsonSerializer.Serialize(state, ExtractionJson.Short.ExtractionState));
        return etag is null
            ? await layout.TaskItems.InsertAsync(row, cancellationToken)
            : await layout.TaskItems.ReplaceAsync(row, etag, cancellationToken);
    }

    /// <summary>Keeps the password of a task's archive: one transaction, none without a password.</summary>
    public async Task AddPasswordAsync(long taskId, string password, CancellationToken cancellationToken)
    {
        if (password.Length == 0)
            return;
        var row = new Row(Partition(taskId), PasswordKey);
        SealedColumn.Write(row, Password, password, keys);
        await layout.TaskItems.UpsertAsync(row, cancellationToken);
    }

    /// <summary>The password of a task's archive: one transaction; empty for none.</summary>
    public async Task<string> FindPasswordAsync(long taskId, CancellationToken cancellationToken) =>
        await layout.TaskItems.FindAsync(Partition(taskId), PasswordKey, cancellationToken) is { } row ? SealedColumn.Read(row, Password, keys) : "";

    /// <summary>Removes everything: two transactions. Harmless to repeat.</summary>
    public async Task ClearAsync(long taskId, CancellationToken cancellationToken)
    {
        await layout.TaskItems.DeleteAsync(Partition(taskId), PasswordKey, cancellationToken: cancellationToken);
        await layout.TaskItems.DeleteAsync(Partition(taskId), StateKey, cancellationToken: cancellationToken);
    }

    private static string Partition(long taskId) => "extract" + taskId.ToString("x", CultureInfo.InvariantCulture);
}

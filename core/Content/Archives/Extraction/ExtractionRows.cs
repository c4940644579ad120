using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Sealing;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>The state of extractions, and the passwords of archives, which are sealed and go with the task.</summary>
/// <param name="keys">Seal passwords.</param>
internal sealed class ExtractionRows(StorageLayout layout, SealingKeys keys)
{
    private const string PasswordKey = "p";
    private const string Password = "password";

    /// <summary>The states.</summary>
    public StepStates<ExtractionState> States { get; } = new(layout, "extract", ExtractionJson.Short.ExtractionState);

    /// <summary>Keeps the password of a task's archive: one transaction, none without a password.</summary>
    public async Task AddPasswordAsync(long taskId, string password, CancellationToken cancellationToken)
    {
        if (password.Length == 0)
            return;
        var row = new Row(States.PartitionOf(taskId), PasswordKey);
        SealedColumn.Write(row, Password, password, keys);
        await layout.TaskItems.UpsertAsync(row, cancellationToken);
    }

    /// <summary>The password of a task's archive: one transaction; empty for none.</summary>
    public async Task<string> FindPasswordAsync(long taskId, CancellationToken cancellationToken) =>
        await layout.TaskItems.FindAsync(States.PartitionOf(taskId), PasswordKey, cancellationToken) is { } row ? SealedColumn.Read(row, Password, keys) : "";

    /// <summary>Removes everything: two transactions. Harmless to repeat.</summary>
    public async Task ClearAsync(long taskId, CancellationToken cancellationToken)
    {
        await layout.TaskItems.DeleteAsync(States.PartitionOf(taskId), PasswordKey, cancellationToken: cancellationToken);
        await States.ClearAsync(taskId, cancellationToken);
    }
}

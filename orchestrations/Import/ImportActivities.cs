using Cloudreve.Core.Imports;
using Microsoft.Azure.Functions.Worker;

namespace Cloudreve.Orchestrations.Import;

/// <summary>
/// The steps of an import. Each may be repeated. They are functions, since only those get a token that is cancelled when the process stops.
/// </summary>
/// <param name="imports">Does the work.</param>
/// <param name="guard">Logs what fails.</param>
public sealed class ImportActivities(ImportService imports, ActivityGuard guard)
{
    /// <summary>Name of <see cref="BeginAsync"/>.</summary>
    public const string BeginImport = "BeginImport";

    /// <summary>Name of <see cref="ClaimAsync"/>.</summary>
    public const string ClaimImportFolders = "ClaimImportFolders";

    /// <summary>Name of <see cref="ImportAsync"/>.</summary>
    public const string ImportFolders = "ImportFolders";

    /// <summary>Name of <see cref="FinishAsync"/>.</summary>
    public const string FinishImport = "FinishImport";

    /// <summary>Moves the task from queued to processing; false when there is nothing to do.</summary>
    /// <param name="cancellationToken">Fires when the process stops.</param>
    [Function(BeginImport)]
    public Task<bool> BeginAsync([ActivityTrigger] ImportTaskReference task, CancellationToken cancellationToken) =>
        guard.RunAsync(BeginImport, task.TaskId, () => imports.BeginAsync(task, cancellationToken));

    /// <summary>Writes the task's progress and takes the next groups from the frontier.</summary>
    /// <param name="state">The results of the rounds before.</param>
    /// <param name="cancellationToken">Fires when the process stops.</param>
    [Function(ClaimImportFolders)]
    public Task<ImportGroup[]> ClaimAsync([ActivityTrigger] ImportState state, CancellationToken cancellationToken) =>
        guard.RunAsync<ImportGroup[]>(
            ClaimImportFolders, state.Task.TaskId,
            async () => [.. await imports.ClaimAsync(state.Task, state.Round, state.Totals, state.Failures, cancellationToken)]);

    /// <summary>Imports one group of folders.</summary>
    /// <param name="input">The group.</param>
    /// <param name="cancellationToken">Fires when the process stops.</param>
    [Function(ImportFolders)]
    public Task<ImportGroupResult> ImportAsync([ActivityTrigger] ImportFoldersInput input, CancellationToken cancellationToken) =>
        guard.RunAsync(ImportFolders, input.Task.TaskId, () => imports.RunGroupAsync(input.Task, input.Group, cancellationToken));

    /// <summary>Ends the task.</summary>
    /// <param name="input">The totals of the import.</param>
    /// <param name="cancellationToken">Fires when the process stops.</param>
    [Function(FinishImport)]
    public Task<bool> FinishAsync([ActivityTrigger] FinishImportInput input, CancellationToken cancellationToken) =>
        guard.RunAsync(FinishImport, input.State.Task.TaskId, async () =>
        {
            await imports.FinishAsync(input.State.Task, input.State.Failures, input.Error, cancellationToken);
            return true;
        });
}

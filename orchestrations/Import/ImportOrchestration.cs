using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Errors;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Cloudreve.Orchestrations.Import;

/// <summary>
/// The coordinator of an import. Each round takes groups of folders from the frontier, has sub-orchestrations import them in
/// parallel, and continues as new: the history stays short whatever the size of the import.
/// </summary>
public static class ImportOrchestration
{
    /// <summary>The orchestrator's name.</summary>
    public const string Name = "ImportOrchestration";

    private const string Interrupted = "The import failed: storage was unavailable for too long, or an internal error occurred.";

    /// <summary>Runs one round, or ends the task.</summary>
    /// <param name="context">The orchestration.</param>
    /// <param name="input">The results of the rounds before.</param>
    [Function(Name)]
    public static async Task<ImportTotals> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, ImportState input)
    {
        context.SetCustomStatus(ImportProgress.Of(input));
        var round = new ImportRound(input);
        try
        {
            if (input.Round == 0 && !await context.CallActivityAsync<bool>(ImportActivities.BeginImport, input.Task, ImportRetry.Options))
                return input.Totals;
            var groups = await context.CallActivityAsync<ImportGroup[]>(ImportActivities.ClaimImportFolders, input, ImportRetry.Options);
            if (groups.Length > 0)
                round = await RunGroupsAsync(context, input, groups);
            if (round is { IsDone: true, Error: null })
            {
                context.ContinueAsNew(round.State);
                return round.State.Totals;
            }
        }
        catch (Exception e)
        {
            // A failure of this code itself must also end the task.
            round = round with { Error = Describe(e) };
        }
        await context.CallActivityAsync<bool>(ImportActivities.FinishImport, new FinishImportInput(round.State, round.Error), ImportRetry.Options);
        return round.State.Totals;
    }

    /// <summary>Waits for all groups, even when one fails: the others' results count, and none may be running when the task ends.</summary>
    private static async Task<ImportRound> RunGroupsAsync(TaskOrchestrationContext context, ImportState state, ImportGroup[] groups)
    {
        var running = groups.Select(group => context.CallSubOrchestratorAsync<ImportGroupResult>(
            ImportFoldersOrchestration.Name, new ImportFoldersInput(state.Task, group))).ToList();
        var results = new List<ImportGroupResult>(running.Count);
        string? error = null;
        foreach (var group in running)
        {
            try
            {
                results.Add(await group);
            }
            catch (Exception e)
            {
                error ??= Describe(e);
            }
        }
        return new ImportRound(state.After(results), IsDone: true, error);
    }

    // Only domain errors have messages for users; others may contain addresses. A group's failure wraps its activity's.
    private static string Describe(Exception failure)
    {
        for (var details = (failure as TaskFailedException)?.FailureDetails; details is not null; details = details.InnerFailure)
        {
            if (details.IsCausedBy<CloudreveException>())
                return details.ErrorMessage;
        }
        return Interrupted;
    }

    private sealed record ImportRound(ImportState State, bool IsDone = false, string? Error = null);
}

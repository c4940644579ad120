using System.Text.Json.Serialization;
using Cloudreve.Core.Errors;
using Cloudreve.Core.Import;
using Cloudreve.DurableTask;

namespace Cloudreve.Orchestrations.Import;

/// <summary>State of an import between its rounds. A start message names the task alone.</summary>
/// <param name="Task">The task.</param>
/// <param name="Round">Number of the next round; 0 before the task has begun.</param>
/// <param name="Sum">What all rounds before did; null for nothing.</param>
/// <param name="FirstFailures">The first failures; null for none.</param>
internal sealed record ImportState(
    ImportTaskReference Task, int Round = 0, ImportTotals? Sum = null, IReadOnlyList<ImportFailure>? FirstFailures = null)
{
    private const int MaxFailures = 20;

    /// <summary>What all rounds before did.</summary>
    [JsonIgnore]
    public ImportTotals Totals => Sum ?? ImportTotals.Zero;

    /// <summary>The first failures.</summary>
    [JsonIgnore]
    public IReadOnlyList<ImportFailure> Failures => FirstFailures ?? [];

    /// <summary>The state after a round.</summary>
    /// <param name="results">What the round's groups did.</param>
    public ImportState After(IReadOnlyList<ImportGroupResult> results) => this with
    {
        Round = Round + 1,
        Sum = results.Aggregate(Totals, static (sum, r) => sum.Add(r.Totals)),
        FirstFailures = [.. Failures.Concat(results.SelectMany(r => r.Failures)).Take(MaxFailures)],
    };
}

/// <summary>
/// The coordinator of an import. Each round takes groups of folders off the frontier, has sub-orchestrations import them side
/// by side, and continues as new: the history stays short whatever the size of the import.
/// </summary>
internal sealed class ImportOrchestration : TaskOrchestrator<ImportState, ImportTotals>
{
    public const string Name = ImportService.OrchestratorName;

    public override async Task<ImportTotals> RunAsync(TaskOrchestrationContext context, ImportState input)
    {
        string? error = null;
        try
        {
            if (input.Round == 0 && !await context.CallActivityAsync<bool>(BeginImport.Name, input.Task, ImportRetry.Options))
                return input.Totals;
            var groups = await context.CallActivityAsync<ImportGroup[]>(ClaimImportFolders.Name, input, ImportRetry.Options);
            if (groups.Length > 0)
            {
                var running = groups.Select(group => context.CallSubOrchestratorAsync<ImportGroupResult>(
                    ImportFoldersOrchestration.Name, new ImportFoldersInput(input.Task, group))).ToList();
                var results = new List<ImportGroupResult>(running.Count);
                foreach (var group in running)
                {
                    try
                    {
                        results.Add(await group);
                    }
                    catch (TaskFailedException e)
                    {
                        error ??= Describe(e);
                    }
                }
                // What the others of the round did counts, whether or not one failed.
                input = input.After(results);
                if (error is null)
                {
                    context.ContinueAsNew(input);
                    return input.Totals;
                }
            }
        }
        catch (TaskFailedException e)
        {
            error = Describe(e);
        }
        await context.CallActivityAsync<bool>(FinishImport.Name, new FinishImportInput(input, error), ImportRetry.Options);
        return input.Totals;
    }

    // Only the domain's own messages are meant for people; others may name addresses. A group's failure wraps its activity's.
    private static string Describe(TaskFailedException failure)
    {
        for (var details = failure.FailureDetails; details is not null; details = details.InnerFailure)
        {
            if (details.IsCausedBy<CloudreveException>())
                return details.ErrorMessage;
        }
        return "The import could not go on: storage was not available for too long, or an internal error occurred.";
    }
}

/// <summary>What a group's orchestration works on.</summary>
/// <param name="Task">The task.</param>
/// <param name="Group">The group.</param>
internal sealed record ImportFoldersInput(ImportTaskReference Task, ImportGroup Group);

/// <summary>Imports one group of folders, with retries of its own.</summary>
internal sealed class ImportFoldersOrchestration : TaskOrchestrator<ImportFoldersInput, ImportGroupResult>
{
    public const string Name = "ImportFoldersOrchestration";

    public override Task<ImportGroupResult> RunAsync(TaskOrchestrationContext context, ImportFoldersInput input) =>
        context.CallActivityAsync<ImportGroupResult>(ImportFolders.Name, input, ImportRetry.Options);
}

/// <summary>
/// How often activities of an import are tried again: storage may be down for some minutes. What the domain refuses, it will
/// refuse again.
/// </summary>
internal static class ImportRetry
{
    public static TaskOptions Options { get; } = TaskOptions.FromRetryPolicy(
        new RetryPolicy(8, TimeSpan.FromSeconds(2), 2, TimeSpan.FromMinutes(2))
        {
            HandleFailure = static failure => !failure.IsCausedBy<CloudreveException>(),
        });
}

using Cloudreve.Core.Imports;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Cloudreve.Orchestrations.Import;

/// <summary>Imports one group of folders, with retries of its own.</summary>
public static class ImportFoldersOrchestration
{
    /// <summary>The orchestrator's name.</summary>
    public const string Name = "ImportFoldersOrchestration";

    /// <summary>Runs the group's activity.</summary>
    /// <param name="context">The orchestration.</param>
    /// <param name="input">The group.</param>
    [Function(Name)]
    public static Task<ImportGroupResult> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, ImportFoldersInput input) =>
        context.CallActivityAsync<ImportGroupResult>(ImportActivities.ImportFolders, input, ImportRetry.Options);
}

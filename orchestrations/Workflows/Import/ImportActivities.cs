using Cloudreve.Core.Import;
using Cloudreve.DurableTask;

namespace Cloudreve.Orchestrations.Import;

/// <summary>Takes the task from queued to processing; false when there is nothing to do.</summary>
internal sealed class BeginImport(ImportService imports) : TaskActivity<ImportTaskReference, bool>
{
    public const string Name = "BeginImport";

    public override Task<bool> RunAsync(TaskActivityContext context, ImportTaskReference input) =>
        imports.BeginAsync(input, context.CancellationToken);
}

/// <summary>Writes the task's progress and takes the next groups off the frontier.</summary>
internal sealed class ClaimImportFolders(ImportService imports) : TaskActivity<ImportState, ImportGroup[]>
{
    public const string Name = "ClaimImportFolders";

    public override async Task<ImportGroup[]> RunAsync(TaskActivityContext context, ImportState input) =>
        [.. await imports.ClaimAsync(input.Task, input.Round, input.Totals, input.Failures, context.CancellationToken)];
}

/// <summary>Imports one group of folders.</summary>
internal sealed class ImportFolders(ImportService imports) : TaskActivity<ImportFoldersInput, ImportGroupResult>
{
    public const string Name = "ImportFolders";

    public override Task<ImportGroupResult> RunAsync(TaskActivityContext context, ImportFoldersInput input) =>
        imports.RunGroupAsync(input.Task, input.Group, context.CancellationToken);
}

/// <summary>The end of an import.</summary>
/// <param name="State">What it did.</param>
/// <param name="Error">What ended it before its time; null when nothing did.</param>
internal sealed record FinishImportInput(ImportState State, string? Error);

/// <summary>Ends the task.</summary>
internal sealed class FinishImport(ImportService imports) : TaskActivity<FinishImportInput, bool>
{
    public const string Name = "FinishImport";

    public override async Task<bool> RunAsync(TaskActivityContext context, FinishImportInput input)
    {
        await imports.FinishAsync(input.State.Task, input.State.Failures, input.Error, context.CancellationToken);
        return true;
    }
}

using Cloudreve.Core.Content.FullText.Rebuild;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Steps;

namespace Cloudreve.Orchestrations.FullTextRebuilds;

/// <summary>The workflow of tasks that rebuild full-text indexes.</summary>
/// <param name="rebuild">Does the work.</param>
public sealed class FullTextRebuildWorkflow(FullTextRebuild rebuild) : TaskWorkflow
{
    /// <inheritdoc/>
    public override string Type => FullTextRebuild.TaskType;

    /// <inheritdoc/>
    public override string Orchestrator => FullTextRebuildOrchestration.Name;

    /// <inheritdoc/>
    public override Task FinishAsync(TaskReference task, string? error, CancellationToken cancellationToken = default) =>
        rebuild.FinishAsync(task, error, cancellationToken);
}

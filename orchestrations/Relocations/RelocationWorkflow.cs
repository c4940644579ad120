using Cloudreve.Core.Content.Relocations;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Steps;

namespace Cloudreve.Orchestrations.Relocations;

/// <summary>The workflow of tasks that relocate files.</summary>
/// <param name="relocation">Does the work.</param>
public sealed class RelocationWorkflow(Relocation relocation) : TaskWorkflow
{
    /// <inheritdoc/>
    public override string Type => Relocation.TaskType;

    /// <inheritdoc/>
    public override string Orchestrator => RelocationOrchestration.Name;

    /// <inheritdoc/>
    public override Task FinishAsync(TaskReference task, string? error, CancellationToken cancellationToken = default) =>
        relocation.FinishAsync(task, error, cancellationToken);
}

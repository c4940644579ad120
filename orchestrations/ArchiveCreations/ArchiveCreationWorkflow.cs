using Cloudreve.Core.Content.Archives.Creation;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Steps;

namespace Cloudreve.Orchestrations.ArchiveCreations;

/// <summary>The workflow of tasks that create archives.</summary>
/// <param name="creation">Does the work.</param>
public sealed class ArchiveCreationWorkflow(ArchiveCreation creation) : TaskWorkflow
{
    /// <inheritdoc/>
    public override string Type => ArchiveCreation.TaskType;

    /// <inheritdoc/>
    public override string Orchestrator => ArchiveCreationOrchestration.Name;

    /// <inheritdoc/>
    public override Task FinishAsync(TaskReference task, string? error, CancellationToken cancellationToken = default) =>
        creation.FinishAsync(task, error, cancellationToken);
}

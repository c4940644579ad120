using Cloudreve.Core.Content.Archives.Extraction;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Steps;

namespace Cloudreve.Orchestrations.ArchiveExtractions;

/// <summary>The workflow of tasks that extract archives.</summary>
/// <param name="extraction">Does the work.</param>
public sealed class ArchiveExtractionWorkflow(ArchiveExtraction extraction) : TaskWorkflow
{
    /// <inheritdoc/>
    public override string Type => ArchiveExtraction.TaskType;

    /// <inheritdoc/>
    public override string Orchestrator => ArchiveExtractionOrchestration.Name;

    /// <inheritdoc/>
    public override Task FinishAsync(TaskReference task, string? error, CancellationToken cancellationToken = default) =>
        extraction.FinishAsync(task, error, cancellationToken);
}

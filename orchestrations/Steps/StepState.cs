using Cloudreve.Core.Tasks;

namespace Cloudreve.Orchestrations.Steps;

/// <summary>The progress of a workflow of steps. The steps keep their own state in rows.</summary>
/// <param name="Failures">Number of failures since it last made progress.</param>
/// <param name="Count">Total number of failures.</param>
public sealed record StepState(TaskReference Task, int Failures = 0, int Count = 0);

/// <summary>A task that failed and may be restarted.</summary>
/// <param name="Failures">Number of failures since it last made progress, this one included.</param>
/// <param name="Count">Total number of failures, this one included.</param>
/// <param name="Error">The error message.</param>
public sealed record SuspendTaskInput(TaskReference Task, int Failures, int Count, string Error);

/// <summary>The end of a task.</summary>
/// <param name="Error">The error that ended it early; null for none.</param>
public sealed record FinishTaskInput(TaskReference Task, string? Error);

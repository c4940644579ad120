using Cloudreve.Core.Tasks;

namespace Cloudreve.Orchestrations.Steps;

/// <summary>Where a workflow of steps is. The steps keep their own state in rows.</summary>
/// <param name="Task">The task.</param>
/// <param name="Failures">How often it failed since it last got any further.</param>
/// <param name="Count">How often it failed in all.</param>
public sealed record StepState(TaskReference Task, int Failures = 0, int Count = 0);

/// <summary>A task that failed and may be begun again.</summary>
/// <param name="Task">The task.</param>
/// <param name="Failures">How often it failed since it last got any further, this time included.</param>
/// <param name="Count">How often it failed in all, this time included.</param>
/// <param name="Error">What it failed with.</param>
public sealed record SuspendTaskInput(TaskReference Task, int Failures, int Count, string Error);

/// <summary>The end of a task.</summary>
/// <param name="Task">The task.</param>
/// <param name="Error">What ended it before its time; null when nothing did.</param>
public sealed record FinishTaskInput(TaskReference Task, string? Error);

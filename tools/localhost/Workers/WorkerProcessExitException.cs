namespace Cloudreve.LocalHost.Workers;

/// <summary>
/// The worker ended while it ran a function. The durable extension knows this type by its name and repeats the work
/// instead of failing the orchestration.
/// </summary>
internal sealed class WorkerProcessExitException() : Exception("The worker ended while it ran the function.");

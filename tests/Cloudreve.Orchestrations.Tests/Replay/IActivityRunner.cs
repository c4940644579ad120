using Microsoft.DurableTask.Protobuf;

namespace Cloudreve.Orchestrations.Tests.Replay;

/// <summary>Runs the activities that orchestrations call.</summary>
internal interface IActivityRunner
{
    /// <summary>Runs one.</summary>
    /// <returns>Its result as JSON, or the reason that it failed.</returns>
    Task<(string? Result, TaskFailureDetails? Failure)> RunActivityAsync(string activity, string input);
}

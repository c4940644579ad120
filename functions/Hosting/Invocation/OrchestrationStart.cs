using System.Text.Json;

namespace Cloudreve.Functions.Hosting.Invocation;

/// <summary>The value of a durableClient output: an instance to start.</summary>
/// <param name="FunctionName">The orchestrator.</param>
/// <param name="InstanceId">The instance's id.</param>
/// <param name="Input">The input, any JSON.</param>
internal sealed record OrchestrationStart(string FunctionName, string InstanceId, JsonElement Input);

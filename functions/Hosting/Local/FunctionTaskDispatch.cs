using Cloudreve.DurableTask;
using Cloudreve.Functions.Hosting.Bindings;

namespace Cloudreve.Functions.Hosting.Local;

/// <summary>Carries the task hub's work to functions, in the payloads of a Functions host.</summary>
internal sealed class FunctionTaskDispatch(TriggerFunctions functions, LocalInvoker invoker)
{
    // A name that no function has is answered as an executor answers one that it does not know: the instance fails.
    private static readonly DurableTaskRegistry Nothing = new();

    /// <summary>Runs a turn of an orchestration.</summary>
    /// <param name="name">The orchestrator.</param>
    /// <param name="instanceId">The instance.</param>
    /// <param name="request">The encoded <c>OrchestratorRequest</c>.</param>
    /// <param name="cancellationToken">Cancels the turn.</param>
    /// <returns>The encoded <c>OrchestratorResponse</c>.</returns>
    public async Task<byte[]> RunOrchestratorAsync(string name, string instanceId, byte[] request, CancellationToken cancellationToken)
    {
        if (functions.Find(name) is not { Trigger: OrchestrationTrigger trigger } function)
            return await new OrchestratorExecutor(Nothing).ExecuteAsync(request);
        var response = await invoker.InvokeAsync(function, PayloadWriter.Orchestration(trigger.Name, request), cancellationToken);
        return Convert.FromBase64String(response.ReturnValue ?? throw NoAnswer(name, instanceId));
    }

    /// <summary>Runs an activity.</summary>
    /// <param name="name">The activity.</param>
    /// <param name="instanceId">The orchestration that calls it.</param>
    /// <param name="inputJson">The input as JSON text.</param>
    /// <param name="cancellationToken">Cancels the activity.</param>
    /// <returns>The answer of <see cref="ActivityExecutor"/>.</returns>
    public async Task<string> RunActivityAsync(string name, string instanceId, string inputJson, CancellationToken cancellationToken)
    {
        if (functions.Find(name) is not { Trigger: ActivityTrigger trigger } function)
            return await new ActivityExecutor(Nothing, EmptyServices.Instance).ExecuteAsync(name, instanceId, inputJson, cancellationToken);
        var response = await invoker.InvokeAsync(function, PayloadWriter.Activity(trigger.Name, instanceId, inputJson), cancellationToken);
        return response.ReturnValue ?? throw NoAnswer(name, instanceId);
    }

    private static InvalidOperationException NoAnswer(string name, string instanceId) => new($"{name} answered nothing to instance {instanceId}.");

    private sealed class EmptyServices : IServiceProvider
    {
        public static EmptyServices Instance { get; } = new();

        public object? GetService(Type serviceType) => null;
    }
}

using Cloudreve.DurableTask;
using Cloudreve.Functions.Hosting;
using Cloudreve.Functions.Hosting.Bindings;
using Cloudreve.Functions.Hosting.Invocation;
using Google.Protobuf;

namespace Cloudreve.Functions.Triggers;

/// <summary>One function for each orchestrator and each activity of the registry. Their results are implicit return values.</summary>
internal static class DurableFunctions
{
    private const string Request = "request";
    private const string Input = "input";
    private const string InstanceId = "instanceId";

    /// <summary>Creates the functions.</summary>
    /// <param name="registry">The app's orchestrators and activities.</param>
    public static IEnumerable<TriggerFunction> Create(DurableTaskRegistry registry)
    {
        var executor = new OrchestratorExecutor(registry);
        return
        [
            .. registry.OrchestratorNames.Select(name => new TriggerFunction(
                name, new OrchestrationTrigger(Request), (request, _, _) => OrchestrateAsync(executor, request))),
            .. registry.ActivityNames.Select(name => new TriggerFunction(
                name, new ActivityTrigger(Input), (request, services, token) => ActAsync(new ActivityExecutor(registry, services), name, request, token))),
        ];
    }

    private static async Task<InvocationResponse> OrchestrateAsync(OrchestratorExecutor executor, InvocationRequest request)
    {
        try
        {
            return new InvocationResponse { ReturnValue = Convert.ToBase64String(await executor.ExecuteAsync(request.QuotedBytes(Request))) };
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvocationFormatException("The request is no OrchestratorRequest.", e);
        }
    }

    private static async Task<InvocationResponse> ActAsync(
        ActivityExecutor executor, string name, InvocationRequest request, CancellationToken cancellationToken) =>
        new() { ReturnValue = await executor.ExecuteAsync(name, request.Metadata(InstanceId) ?? "", request.OptionalText(Input), cancellationToken) };
}

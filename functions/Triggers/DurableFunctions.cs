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
    public static IEnumerable<TriggerFunction> Create(DurableTaskRegistry registry) =>
    [
        .. registry.OrchestratorNames.Select(name => new TriggerFunction(name, new OrchestrationTrigger(Request), OrchestrateAsync)),
        .. registry.ActivityNames.Select(name => new TriggerFunction(
            name, new ActivityTrigger(Input), (request, services, token) => ActAsync(name, request, services, token))),
    ];

    private static async Task<InvocationResponse> OrchestrateAsync(InvocationRequest request, IServiceProvider services, CancellationToken cancellationToken)
    {
        try
        {
            var response = await services.GetRequiredService<OrchestratorExecutor>().ExecuteAsync(request.QuotedBytes(Request));
            return new InvocationResponse { ReturnValue = Convert.ToBase64String(response) };
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvocationFormatException("The request is no OrchestratorRequest.", e);
        }
    }

    private static async Task<InvocationResponse> ActAsync(
        string name, InvocationRequest request, IServiceProvider services, CancellationToken cancellationToken)
    {
        var result = await services.GetRequiredService<ActivityExecutor>().ExecuteAsync(
            name, request.Metadata(InstanceId) ?? "", request.OptionalText(Input), cancellationToken);
        return new InvocationResponse { ReturnValue = result };
    }
}

using System.Text.Json;
using Cloudreve.Core.Tasks;
using Cloudreve.DurableTask;
using Cloudreve.Functions.Hosting;
using Cloudreve.Functions.Hosting.Bindings;
using Cloudreve.Functions.Hosting.Invocation;

namespace Cloudreve.Functions.Triggers;

/// <summary>
/// Wakes and steers running orchestrations: carries out the messages of the control queue with the host's client of the task hub.
/// A message that nobody understands, or whose instance does not exist, ends in the poison queue.
/// </summary>
internal static class ControlOrchestrationFunction
{
    private const string Message = "message";
    private const string Client = "client";

    /// <summary>Creates the function.</summary>
    /// <param name="queueName">The control queue.</param>
    public static TriggerFunction Create(string queueName) =>
        new("ControlOrchestration", new QueueTrigger(Message, queueName), ControlAsync)
        {
            OtherBindings = [new DurableClient(Client, FunctionBinding.In)],
        };

    private static async Task<InvocationResponse> ControlAsync(InvocationRequest request, IServiceProvider services, CancellationToken cancellationToken)
    {
        var message = Parse(request.Text(Message));
        var client = services.GetRequiredService<TaskHubConnector>()(request.Text(Client));
        await ControlAsync(client, message, cancellationToken);
        return InvocationResponse.Done;
    }

    private static Task ControlAsync(DurableTaskClient client, OrchestrationControlMessage message, CancellationToken token)
    {
        var id = message.InstanceId;
        return message.Operation switch
        {
            OrchestrationOperation.RaiseEvent when message.EventName is { Length: > 0 } name => client.RaiseEventAsync(id, name, message.Payload, token),
            OrchestrationOperation.Terminate => client.TerminateInstanceAsync(id, new TerminateInstanceOptions(message.Payload, Recursive: true), token),
            OrchestrationOperation.Suspend => client.SuspendInstanceAsync(id, cancellation: token),
            OrchestrationOperation.Resume => client.ResumeInstanceAsync(id, cancellation: token),
            _ => throw new InvocationFormatException($"The control message for '{id}' names no event, or the unknown operation {message.Operation}."),
        };
    }

    private static OrchestrationControlMessage Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, OrchestrationControlJson.Default.OrchestrationControlMessage)
                ?? throw new InvocationFormatException("The control message is null.");
        }
        catch (JsonException e)
        {
            throw new InvocationFormatException("The control message is not understood: " + e.Message, e);
        }
    }
}

using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.Functions.Hosting;
using Cloudreve.Functions.Hosting.Bindings;
using Cloudreve.Functions.Hosting.Invocation;

namespace Cloudreve.Functions.Triggers;

/// <summary>
/// Starts orchestrations: turns a message of the start queue into a durableClient output. A queue stands between because HTTP
/// functions carry no durableClient, and because an accepted task must start even if this process dies now.
/// </summary>
internal static class StartOrchestrationFunction
{
    private const string Message = "message";
    private const string Starter = "starter";

    /// <summary>Creates the function.</summary>
    /// <param name="queueName">The start queue.</param>
    public static TriggerFunction Create(string queueName) =>
        new("StartOrchestration", new QueueTrigger(Message, queueName), (request, _, _) => Task.FromResult(Start(request)))
        {
            OtherBindings = [new DurableClient(Starter, FunctionBinding.Out)],
        };

    private static InvocationResponse Start(InvocationRequest request)
    {
        var message = Parse(request.Text(Message));
        var start = new OrchestrationStart(message.Name, message.InstanceId, message.Input);
        return new InvocationResponse
        {
            Outputs = new Dictionary<string, JsonElement>
            {
                [Starter] = JsonSerializer.SerializeToElement(start, InvocationJson.Default.OrchestrationStart),
            },
        };
    }

    private static StartMessage Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, StartJson.Default.StartMessage) ?? throw new InvocationFormatException("The start message is null.");
        }
        catch (JsonException e)
        {
            throw new InvocationFormatException("The start message is not understood.", e);
        }
    }
}

/// <summary>A message of the start queue.</summary>
/// <param name="Name">The orchestrator.</param>
/// <param name="InstanceId">The instance's id; starting a running one again does nothing.</param>
/// <param name="Input">The input, any JSON.</param>
internal sealed record StartMessage(
    [property: JsonRequired] string Name, [property: JsonRequired] string InstanceId, JsonElement Input);

/// <summary>JSON of the start queue.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StartMessage))]
internal sealed partial class StartJson : JsonSerializerContext;

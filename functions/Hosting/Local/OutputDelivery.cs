using System.Text.Json;
using Cloudreve.Core.Tables;
using Cloudreve.Functions.Hosting.Bindings;
using Cloudreve.Functions.Hosting.Invocation;

namespace Cloudreve.Functions.Hosting.Local;

/// <summary>Starts an orchestration; starting a running instance again does nothing.</summary>
/// <param name="start">What to start.</param>
/// <param name="cancellationToken">Cancels the call.</param>
internal delegate Task OrchestrationStarter(OrchestrationStart start, CancellationToken cancellationToken);

/// <summary>Carries out the output bindings of an answer, as a Functions host does after the invocation.</summary>
internal sealed class OutputDelivery(StorageLayout layout, OrchestrationStarter starter)
{
    /// <summary>Delivers every output that the answer has a value for.</summary>
    /// <param name="function">The function that answered.</param>
    /// <param name="response">The answer.</param>
    /// <param name="cancellationToken">Cancels the delivery.</param>
    public async Task DeliverAsync(TriggerFunction function, InvocationResponse response, CancellationToken cancellationToken)
    {
        foreach (var binding in function.OtherBindings)
        {
            if (binding.Direction == FunctionBinding.Out && response.Outputs.TryGetValue(binding.Name, out var value))
                await DeliverAsync(binding, value, cancellationToken);
        }
    }

    private Task DeliverAsync(FunctionBinding binding, JsonElement value, CancellationToken cancellationToken) => binding switch
    {
        DurableClient => starter(
            value.Deserialize(InvocationJson.Default.OrchestrationStart) ?? throw new InvocationFormatException("A start is null."), cancellationToken),
        QueueOutput output => layout.Queue(output.QueueName).SendAsync(
            value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText(), cancellationToken: cancellationToken),
        _ => throw new InvocationFormatException($"The output '{binding.Name}' cannot be delivered here."),
    };
}

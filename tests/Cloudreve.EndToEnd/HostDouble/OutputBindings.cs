using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Cloudreve.AzureStorage;
using Cloudreve.EndToEnd.HostDouble.TaskHub;

namespace Cloudreve.EndToEnd.HostDouble;

/// <summary>Carries out the output bindings of an answer.</summary>
internal sealed class OutputBindings(FunctionAppFolder folder, StorageAccount storage, InMemoryTaskHub hub)
{
    /// <summary>Delivers every output that the answer has a value for.</summary>
    /// <exception cref="InvalidOperationException">An output cannot be delivered: the invocation has failed.</exception>
    public async Task DeliverAsync(HostedFunction function, InvocationResult.Succeeded result, CancellationToken cancellationToken)
    {
        foreach (var binding in function.Bindings.Where(b => b.IsOutput))
        {
            if (result.Output(binding.Name) is { ValueKind: not JsonValueKind.Null } value)
                await DeliverAsync(function, binding, value, cancellationToken);
        }
    }

    private async Task DeliverAsync(HostedFunction function, HostedBinding binding, JsonElement value, CancellationToken cancellationToken)
    {
        if (binding.Is("durableClient"))
            Start(value);
        else if (binding.Is("queue"))
            await storage.Queue(binding.Text("queueName")).SendAsync(Text(value), cancellationToken: cancellationToken);
        else
            throw new InvalidOperationException($"The output {binding.Name} of {function.Name} is of the unknown kind {binding.Type}.");
    }

    private void Start(JsonElement value)
    {
        var name = value.GetProperty("FunctionName").GetString()!;
        if (folder.Find(name) is not { } function || !function.Trigger.Is("orchestrationTrigger"))
            throw new InvalidOperationException($"The function '{name}' doesn't exist, is disabled, or is not an orchestrator function.");
        var input = value.TryGetProperty("Input", out var given) && given.ValueKind != JsonValueKind.Null ? given.GetRawText() : null;
        hub.Start(function.Name, value.GetProperty("InstanceId").GetString()!, input);
    }

    /// <summary>A string that happens to be base64 is decoded.</summary>
    private static string Text(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
            return value.GetRawText();
        var text = value.GetString()!;
        return text.Length > 0 && Base64.IsValid(text) ? Encoding.UTF8.GetString(Convert.FromBase64String(text)) : text;
    }
}

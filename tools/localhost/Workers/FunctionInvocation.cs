using System.Diagnostics;
using System.Text.Json;
using Cloudreve.LocalHost.Protocol;

namespace Cloudreve.LocalHost.Workers;

/// <summary>One run of a function and what it receives.</summary>
/// <param name="trigger">The trigger's value.</param>
internal sealed class FunctionInvocation(string function, TypedData trigger)
{
    /// <summary>The function's name.</summary>
    public string Function => function;

    /// <summary>The id of this run.</summary>
    public string Id { get; init; } = Guid.NewGuid().ToString();

    /// <summary>Trigger data beside the value, by name.</summary>
    public Dictionary<string, TypedData> Metadata { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Completes with the address of the worker that runs it.</summary>
    public TaskCompletionSource<Uri?> HttpAddress { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Adds metadata as text.</summary>
    public FunctionInvocation With(string name, string? value)
    {
        if (value is not null)
            Metadata[name] = new TypedData { String = value };
        return this;
    }

    /// <summary>Adds the properties of a JSON object as metadata; any other text adds nothing.</summary>
    public void AddProperties(string text)
    {
        if (!text.AsSpan().TrimStart().StartsWith("{"))
            return;
        try
        {
            using var json = JsonDocument.Parse(text);
            foreach (var property in json.RootElement.EnumerateObject())
            {
                if (property.Value.ValueKind == JsonValueKind.String)
                    With(property.Name, property.Value.GetString());
                else if (property.Value.ValueKind is not (JsonValueKind.Array or JsonValueKind.Null))
                    Metadata[property.Name] = new TypedData { Json = property.Value.GetRawText() };
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // It only looked like JSON, or contains text that is not Unicode.
        }
    }

    /// <summary>Builds the message for the worker.</summary>
    public InvocationRequest ToRequest(FunctionDefinition definition, string? durableClient)
    {
        var request = new InvocationRequest
        {
            InvocationId = Id,
            FunctionId = definition.Id,
            TraceContext = new RpcTraceContext
            {
                TraceParent = Activity.Current?.Id ?? "",
                TraceState = Activity.Current?.TraceStateString ?? "",
            },
        };
        request.InputData.Add(new ParameterBinding { Name = definition.TriggerName, Data = trigger });
        foreach (var client in definition.NamesOfBindings("durableClient"))
            request.InputData.Add(new ParameterBinding { Name = client, Data = new TypedData { String = durableClient ?? "" } });
        request.TriggerMetadata.Add(Metadata);
        return request;
    }
}

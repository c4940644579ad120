using System.Diagnostics;
using Cloudreve.LocalHost.Protocol;

namespace Cloudreve.LocalHost.Workers;

/// <summary>One run of a function and what it receives.</summary>
/// <param name="function">The function's name.</param>
/// <param name="trigger">The trigger's value.</param>
internal sealed class FunctionInvocation(string function, TypedData trigger)
{
    /// <summary>The function's name.</summary>
    public string Function => function;

    /// <summary>The id of this run.</summary>
    public string Id { get; init; } = Guid.NewGuid().ToString();

    /// <summary>What the trigger tells beside its value, by name.</summary>
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

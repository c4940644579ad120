using Cloudreve.LocalHost.Protocol;
using Cloudreve.LocalHost.Workers;
using Google.Protobuf;
using Microsoft.Azure.WebJobs;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Cloudreve.LocalHost.Jobs;

/// <summary>Passes deliveries of the WebJobs SDK on to the worker.</summary>
internal sealed class TriggerBridge(FunctionInvoker invoker, WorkerSlot slot, HostSettings settings)
{
    /// <summary>Runs a function; its signature is that of <see cref="TriggerHandler"/>.</summary>
    public async Task<object?> RunAsync(string function, object trigger, Binder binder, CancellationToken cancellationToken)
    {
        var definition = (await slot.GetAsync(cancellationToken)).Find(function);
        var invocation = new FunctionInvocation(function, ToData(trigger));
        foreach (var (name, value) in binder.BindingData)
        {
            if (value is not null && !string.Equals(name, "sys", StringComparison.OrdinalIgnoreCase))
                invocation.Metadata[name] = ToData(value);
        }
        if (trigger is string text && definition.IsTriggeredBy("queueTrigger"))
            invocation.AddProperties(text);
        var response = await invoker.RunAsync(invocation, ReasonOf(definition), cancellationToken);
        return ToObject(response.ReturnValue);
    }

    private string ReasonOf(FunctionDefinition function) => function.TriggerType.ToUpperInvariant() switch
    {
        "QUEUETRIGGER" => $"New queue message detected on '{settings.Expand(function.Setting("queueName"))}'.",
        "BLOBTRIGGER" => $"New blob detected({function.Setting("source") ?? "LogsAndContainerScan"}): {settings.Expand(function.Setting("path"))}",
        _ => "(null)",
    };

    private static TypedData ToData(object value) => value switch
    {
        string text => new TypedData { String = text },
        byte[] bytes => new TypedData { Bytes = ByteString.CopyFrom(bytes) },
        ParameterBindingData reference => new TypedData
        {
            ModelBindingData = new ModelBindingData
            {
                Version = reference.Version,
                Source = reference.Source,
                ContentType = reference.ContentType,
                Content = ByteString.CopyFrom(reference.Content),
            },
        },
        // JSON by the library that the extensions' types are made for; the worker does not accept plain numbers.
        _ => new TypedData { Json = JsonConvert.SerializeObject(value) },
    };

    private static object? ToObject(TypedData? data) => data?.DataCase switch
    {
        TypedData.DataOneofCase.String => (object)data.String,
        TypedData.DataOneofCase.Json => JToken.Parse(data.Json),
        TypedData.DataOneofCase.Bytes => data.Bytes.ToByteArray(),
        TypedData.DataOneofCase.Int => data.Int,
        TypedData.DataOneofCase.Double => data.Double,
        _ => null,
    };
}

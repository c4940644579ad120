using Cloudreve.LocalHost.Protocol;
using Cloudreve.LocalHost.Workers;
using Google.Protobuf;
using Microsoft.Azure.WebJobs;

namespace Cloudreve.LocalHost.Jobs;

/// <summary>Passes what the WebJobs SDK delivers on to the worker.</summary>
internal sealed class TriggerBridge(FunctionInvoker invoker, WorkerSlot slot)
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

    private static string ReasonOf(FunctionDefinition function) => function.TriggerType.ToUpperInvariant() switch
    {
        "QUEUETRIGGER" => $"New queue message detected on '{function.Setting("queueName")}'.",
        "BLOBTRIGGER" => $"New blob detected({function.Setting("source") ?? "LogsAndContainerScan"}): {function.Setting("path")}",
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
        int or long => new TypedData { Int = Convert.ToInt64(value) },
        double number => new TypedData { Double = number },
        _ => new TypedData { Json = ToJson(value) },
    };

    /// <summary>JSON of the extensions' types (JObject, BlobProperties, dates), by the library that they are made for.</summary>
    private static string ToJson(object value) => Newtonsoft.Json.JsonConvert.SerializeObject(value);

    private static object? ToObject(TypedData? data) => data?.DataCase switch
    {
        TypedData.DataOneofCase.String => (object)data.String,
        TypedData.DataOneofCase.Json => Newtonsoft.Json.Linq.JToken.Parse(data.Json),
        TypedData.DataOneofCase.Bytes => data.Bytes.ToByteArray(),
        TypedData.DataOneofCase.Int => data.Int,
        TypedData.DataOneofCase.Double => data.Double,
        _ => null,
    };
}

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudreve.AzureStorage.Queues;
using Google.Protobuf;

namespace Cloudreve.EndToEnd.HostDouble;

/// <summary>
/// Bodies of invocations as a Functions host writes them. Deliberately not the product's own writer: a mistake that both sides
/// shared would not be found.
/// </summary>
internal static class TriggerPayload
{
    /// <summary>A message is a JSON string within the string.</summary>
    public static byte[] Queue(HostedFunction function, QueueMessage message, DurableClientInput? client = null)
    {
        var metadata = Metadata(function);
        metadata["DequeueCount"] = message.DequeueCount.ToString(CultureInfo.InvariantCulture);
        metadata["ExpirationTime"] = Encoded(message.ExpiresOn);
        metadata["Id"] = Encoded(message.Id);
        metadata["InsertionTime"] = Encoded(message.InsertedOn);
        metadata["NextVisibleTime"] = Encoded(message.NextVisibleOn);
        metadata["PopReceipt"] = Encoded(message.PopReceipt);
        return Write(function, Encoded(message.Body), metadata, client);
    }

    /// <summary>A timer's state is an object.</summary>
    public static byte[] Timer(HostedFunction function, DateTimeOffset now, DurableClientInput? client = null) => Write(
        function,
        new JsonObject
        {
            ["Schedule"] = new JsonObject { ["AdjustForDST"] = true },
            ["ScheduleStatus"] = new JsonObject { ["Last"] = now.AddMinutes(-1), ["Next"] = now, ["LastUpdated"] = now.AddMinutes(-1) },
            ["IsPastDue"] = false,
        },
        Metadata(function),
        client);

    /// <summary>The input's JSON text is a JSON string within the string.</summary>
    public static byte[] Activity(HostedFunction function, string instanceId, string? inputJson)
    {
        var metadata = Metadata(function);
        metadata["instanceId"] = Encoded(instanceId);
        return Write(function, Encoded(inputJson ?? "null"), metadata);
    }

    /// <summary>The request is quoted base64.</summary>
    public static byte[] Orchestration(HostedFunction function, string instanceId, IMessage request)
    {
        var metadata = Metadata(function);
        metadata["instanceId"] = Encoded(instanceId);
        return Write(function, Encoded(Convert.ToBase64String(request.ToByteArray())), metadata);
    }

    private static JsonObject Metadata(HostedFunction function) => new()
    {
        ["sys"] = new JsonObject
        {
            ["MethodName"] = function.Name,
            ["UtcNow"] = TimeProvider.System.GetUtcNow().UtcDateTime,
            ["RandGuid"] = Guid.NewGuid(),
        },
    };

    private static byte[] Write(HostedFunction function, JsonNode value, JsonObject metadata, DurableClientInput? client = null)
    {
        var data = new JsonObject { [function.Trigger.Name] = value };
        foreach (var binding in function.Bindings.Where(b => b.Is("durableClient") && !b.IsOutput))
            data[binding.Name] = Encoded((client ?? throw new InvalidOperationException($"{function.Name} needs a client of the task hub.")).ToJson());
        return JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["Data"] = data, ["Metadata"] = metadata });
    }

    private static string Encoded<T>(T value) => JsonSerializer.Serialize(value);
}

using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cloudreve.AzureStorage.Queues;
using Cloudreve.Functions.Hosting.Invocation;

namespace Cloudreve.Functions.Hosting.Local;

/// <summary>Writes invocation payloads byte for byte as a Functions host does, so that both hosts are read by the same code.</summary>
internal static class PayloadWriter
{
    /// <summary>What a client of the task hub is told. A Functions host adds addresses; here nothing has to be called.</summary>
    private const string HubOfThisProcess = """{"taskHubName":"embedded"}""";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The payload of a queue trigger.</summary>
    /// <param name="name">The binding's name.</param>
    /// <param name="message">The message.</param>
    /// <param name="clients">Inputs that are clients of the task hub.</param>
    public static byte[] Queue(string name, QueueMessage message, params IEnumerable<string> clients) =>
        Write(data => data.WriteString(name, Quoted(message.Body)), clients, metadata =>
        {
            metadata.WriteString("DequeueCount", Number(message.DequeueCount));
            Time(metadata, "ExpirationTime", message.ExpiresOn);
            metadata.WriteString("Id", Quoted(message.Id));
            Time(metadata, "InsertionTime", message.InsertedOn);
            Time(metadata, "NextVisibleTime", message.NextVisibleOn);
            metadata.WriteString("PopReceipt", Quoted(message.PopReceipt));
        });

    /// <summary>The payload of an activity trigger.</summary>
    /// <param name="name">The binding's name.</param>
    /// <param name="instanceId">The orchestration that calls it.</param>
    /// <param name="inputJson">The input as JSON text.</param>
    public static byte[] Activity(string name, string instanceId, string inputJson) =>
        Write(data => data.WriteString(name, Quoted(inputJson)), [], metadata => metadata.WriteString("instanceId", Quoted(instanceId)));

    /// <summary>The payload of an orchestration trigger.</summary>
    /// <param name="name">The binding's name.</param>
    /// <param name="request">The encoded <c>OrchestratorRequest</c>.</param>
    public static byte[] Orchestration(string name, byte[] request) =>
        Write(data => data.WriteString(name, Quoted(Convert.ToBase64String(request))), [], _ => { });

    /// <summary>The payload of a timer trigger.</summary>
    /// <param name="name">The binding's name.</param>
    /// <param name="state">When it fired and fires.</param>
    /// <param name="clients">Inputs that are clients of the task hub.</param>
    public static byte[] Timer(string name, TimerState state, params IEnumerable<string> clients) => Write(
        data =>
        {
            data.WritePropertyName(name);
            JsonSerializer.Serialize(data, state, InvocationJson.Default.TimerState);
        },
        clients,
        _ => { });

    private static byte[] Write(Action<Utf8JsonWriter> trigger, IEnumerable<string> clients, Action<Utf8JsonWriter> metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteStartObject("Data");
            trigger(json);
            foreach (var client in clients)
                json.WriteString(client, Quoted(HubOfThisProcess));
            json.WriteEndObject();
            json.WriteStartObject("Metadata");
            metadata(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static void Time(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } known)
            json.WriteString(name, known);
    }

    private static string Number(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The JSON text of a string.</summary>
    private static string Quoted(string text) => string.Concat("\"", JsonEncodedText.Encode(text, Options.Encoder).Value, "\"");
}

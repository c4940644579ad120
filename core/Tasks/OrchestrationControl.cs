using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.Core.Tables;

namespace Cloudreve.Core.Tasks;

/// <summary>What can be done to a running orchestration.</summary>
public enum OrchestrationOperation
{
    /// <summary>Raise an event, which wakes an instance that waits for it. What the event is about stands in the task's row.</summary>
    RaiseEvent,

    /// <summary>End the instance and all that it has called.</summary>
    Terminate,

    /// <summary>Pause the instance.</summary>
    Suspend,

    /// <summary>Let a paused instance go on.</summary>
    Resume,
}

/// <summary>A message of the control queue. It wakes and steers; data goes through the task's row.</summary>
/// <param name="InstanceId">The orchestration.</param>
/// <param name="Operation">What to do.</param>
/// <param name="EventName">The event; for <see cref="OrchestrationOperation.RaiseEvent"/> alone.</param>
/// <param name="Payload">The event's content or the result of the ended instance, any small JSON; null for nothing.</param>
public sealed record OrchestrationControlMessage(
    [property: JsonRequired] string InstanceId,
    [property: JsonRequired] OrchestrationOperation Operation,
    string? EventName = null,
    JsonElement? Payload = null);

/// <summary>
/// Steers orchestrations from anywhere in the app: a queue stands between, since HTTP functions carry no client of the task hub.
/// The instance may get a message twice.
/// </summary>
/// <param name="layout">Where the queue is.</param>
public sealed class OrchestrationControl(StorageLayout layout)
{
    /// <summary>Characters of the largest payload: a message travels several times, and a queue takes 48 KiB of text.</summary>
    public const int MaxPayloadCharacters = 4096;

    /// <summary>Sends a message. One transaction.</summary>
    /// <param name="message">What to do.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ArgumentException">The payload is too large, or an event has no name.</exception>
    public Task SendAsync(OrchestrationControlMessage message, CancellationToken cancellationToken = default)
    {
        if (message.Payload?.GetRawText().Length > MaxPayloadCharacters)
            throw new ArgumentException($"A payload has at most {MaxPayloadCharacters} characters: pass a reference.", nameof(message));
        if (message.Operation == OrchestrationOperation.RaiseEvent && string.IsNullOrEmpty(message.EventName))
            throw new ArgumentException("An event needs a name.", nameof(message));
        return layout.Queue(layout.ControlQueueName).SendAsync(
            JsonSerializer.Serialize(message, OrchestrationControlJson.Default.OrchestrationControlMessage), cancellationToken: cancellationToken);
    }
}

/// <summary>JSON of the control queue.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OrchestrationControlMessage))]
public sealed partial class OrchestrationControlJson : JsonSerializerContext;

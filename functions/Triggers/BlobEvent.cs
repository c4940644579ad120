using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cloudreve.Functions.Triggers;

/// <summary>A blob that was written, as an event tells.</summary>
/// <param name="ContainerName">Its container.</param>
/// <param name="BlobName">Its whole name.</param>
internal sealed record BlobEvent(string ContainerName, string BlobName)
{
    private const string SubjectPrefix = "/blobServices/default/containers/";
    private const string BlobSegment = "/blobs/";

    /// <summary>Reads an event of Event Grid, in its own schema or as CloudEvents 1.0; both name the blob in their subject.</summary>
    /// <param name="json">The event.</param>
    /// <returns>Null when it is another event than that of a blob that was written.</returns>
    /// <exception cref="FormatException">The text is no event.</exception>
    public static BlobEvent? Parse(string json)
    {
        var message = Deserialize(json);
        if ((message.EventType ?? message.Type) != "Microsoft.Storage.BlobCreated")
            return null;
        if (message.Subject is not { } subject || !subject.StartsWith(SubjectPrefix, StringComparison.Ordinal))
            throw new FormatException("The event's subject is no blob.");
        var end = subject.IndexOf(BlobSegment, SubjectPrefix.Length, StringComparison.Ordinal);
        return end < 0
            ? throw new FormatException("The event's subject is no blob.")
            : new BlobEvent(subject[SubjectPrefix.Length..end], subject[(end + BlobSegment.Length)..]);
    }

    private static EventMessage Deserialize(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, BlobEventJson.Default.EventMessage) ?? throw new FormatException("The event is null.");
        }
        catch (JsonException e)
        {
            throw new FormatException("The event is not JSON.", e);
        }
    }
}

/// <summary>What both schemas of events have in common.</summary>
/// <param name="EventType">The kind, in Event Grid's schema.</param>
/// <param name="Type">The kind, in CloudEvents.</param>
/// <param name="Subject">What happened to.</param>
internal sealed record EventMessage(string? EventType, string? Type, string? Subject);

/// <summary>JSON of events.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(EventMessage))]
internal sealed partial class BlobEventJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using Cloudreve.AzureStorage.Blobs;

namespace Cloudreve.Functions.Hosting.Local;

/// <summary>The event that Event Grid sends when a blob was written, in its own schema.</summary>
/// <param name="Subject">Container and blob.</param>
/// <param name="EventType">Always <c>Microsoft.Storage.BlobCreated</c>.</param>
/// <param name="Id">An id of the event; the same for the same version of a blob.</param>
/// <param name="EventTime">When the blob was written.</param>
/// <param name="Data">What was written.</param>
internal sealed record BlobCreatedEvent(string Subject, string EventType, string Id, DateTimeOffset EventTime, BlobCreatedData Data)
{
    /// <summary>Describes a blob that a listing showed.</summary>
    /// <param name="container">Its container.</param>
    /// <param name="blob">The blob.</param>
    public static BlobCreatedEvent Of(BlobContainer container, BlobItem blob) =>
        new(
            $"/blobServices/default/containers/{container.Name}/blobs/{blob.Name}",
            "Microsoft.Storage.BlobCreated",
            blob.ETag,
            blob.LastModified,
            new BlobCreatedData(blob.ETag.Trim('"'), blob.ContentType, blob.Size, "BlockBlob"));

    /// <summary>The version of the envelope.</summary>
    public string MetadataVersion { get; init; } = "1";

    /// <summary>The version of <see cref="Data"/>.</summary>
    public string DataVersion { get; init; } = "";
}

/// <summary>What was written.</summary>
/// <param name="ETag">The blob's version, without quotes.</param>
/// <param name="ContentType">Its content type.</param>
/// <param name="ContentLength">Its size in bytes.</param>
/// <param name="BlobType">Its kind.</param>
internal sealed record BlobCreatedData([property: JsonPropertyName("eTag")] string ETag, string? ContentType, long ContentLength, string BlobType);

/// <summary>JSON of blob events.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BlobCreatedEvent))]
internal sealed partial class BlobCreatedJson : JsonSerializerContext;

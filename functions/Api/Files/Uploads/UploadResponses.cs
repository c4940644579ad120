using System.Text.Json.Serialization;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Site;

namespace Cloudreve.Functions.Api.Files.Uploads;

/// <summary>Body of a new upload (contract, section 14).</summary>
internal sealed record CreateUploadRequest(
    string Uri,
    long Size,
    string? PolicyId = null,
    long? LastModified = null,
    string? MimeType = null,
    IReadOnlyDictionary<string, string>? Metadata = null,
    string? EntityType = null,
    IReadOnlyList<string>? EncryptionSupported = null,
    string? Previous = null);

/// <summary>Body of a cancellation.</summary>
internal sealed record DeleteUploadRequest(string Id, string Uri);

/// <summary>Names a version of a file.</summary>
internal sealed record FileVersionRequest(string Uri, string Version);

/// <summary>What a client needs to upload a file.</summary>
internal sealed record UploadCredentialResponse(
    string SessionId,
    string UploadId,
    long ChunkSize,
    long Expires,
    StoragePolicyResponse StoragePolicy,
    string Uri,
    string CallbackSecret)
{
    /// <summary>Where the chunks go; left out when they go to the API.</summary>
    public IReadOnlyList<string>? UploadUrls { get; init; }

    /// <summary>Where the client says that all chunks are there; left out when they go to the API.</summary>
    [JsonPropertyName("completeURL")]
    public string? CompleteUrl { get; init; }

    public string? MimeType { get; init; }

    /// <summary>How the client shall encrypt; left out when it shall not.</summary>
    public EncryptMetadataResponse? EncryptMetadata { get; init; }
}

/// <summary>A key for one upload.</summary>
internal sealed record EncryptMetadataResponse(string Algorithm, string KeyPlainText, string Iv);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ApiResponse<UploadCredentialResponse>))]
[JsonSerializable(typeof(CreateUploadRequest))]
[JsonSerializable(typeof(DeleteUploadRequest))]
[JsonSerializable(typeof(FileVersionRequest))]
internal sealed partial class UploadJsonContext : JsonSerializerContext;

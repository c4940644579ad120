using System.Text.Json.Serialization;
using Cloudreve.Functions.Api.Site;

namespace Cloudreve.Functions.Api.Files.Uploads;

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

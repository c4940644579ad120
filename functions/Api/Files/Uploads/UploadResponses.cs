using System.Text.Json.Serialization;
using Cloudreve.Functions.Api.Site;

namespace Cloudreve.Functions.Api.Files.Uploads;

/// <summary>The credentials with which a client uploads a file.</summary>
internal sealed record UploadCredentialResponse(
    string SessionId,
    string UploadId,
    long ChunkSize,
    long Expires,
    StoragePolicyResponse StoragePolicy,
    string Uri,
    string CallbackSecret)
{
    /// <summary>The addresses that chunks are sent to; left out when they are sent to the API.</summary>
    public IReadOnlyList<string>? UploadUrls { get; init; }

    /// <summary>The address at which the client reports that all chunks are sent; left out when they are sent to the API.</summary>
    [JsonPropertyName("completeURL")]
    public string? CompleteUrl { get; init; }

    public string? MimeType { get; init; }

    /// <summary>The encryption that the client must use; left out when it must not encrypt.</summary>
    public EncryptMetadataResponse? EncryptMetadata { get; init; }
}

/// <summary>A key for one upload.</summary>
internal sealed record EncryptMetadataResponse(string Algorithm, string KeyPlainText, string Iv);

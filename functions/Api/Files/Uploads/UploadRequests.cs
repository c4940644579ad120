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

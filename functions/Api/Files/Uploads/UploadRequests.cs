using Cloudreve.Core.Drive.Properties;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Uploads;

/// <summary>Body of a new upload (contract, section 14).</summary>
internal sealed record CreateUploadRequest(
    [property: LongestUri] string Uri,
    long Size,
    string? PolicyId = null,
    long? LastModified = null,
    string? MimeType = null,
    [property: Longest(MetadataRules.MaxCharacters)] IReadOnlyDictionary<string, string>? Metadata = null,
    string? EntityType = null,
    IReadOnlyList<string>? EncryptionSupported = null,
    string? Previous = null);

/// <summary>Body of a cancellation.</summary>
internal sealed record DeleteUploadRequest(string Id, [property: LongestUri] string Uri);

/// <summary>Names a version of a file.</summary>
internal sealed record FileVersionRequest([property: LongestUri] string Uri, string Version);

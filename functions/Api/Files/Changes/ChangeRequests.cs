using System.Text.Json.Serialization;

namespace Cloudreve.Functions.Api.Files.Changes;

/// <summary>Body of a renaming.</summary>
internal sealed record RenameFileRequest(string Uri, string NewName);

/// <summary>Body of a move or copy.</summary>
internal sealed record MoveFilesRequest(IReadOnlyList<string> Uris, string Dst, bool? Copy = null);

/// <summary>Body of a deletion.</summary>
internal sealed record DeleteFilesRequest(IReadOnlyList<string> Uris, bool? Unlink = null, bool? SkipSoftDelete = null);

/// <summary>Body of a restoration.</summary>
internal sealed record RestoreFilesRequest(IReadOnlyList<string> Uris);

/// <summary>Body of a forced unlock.</summary>
internal sealed record UnlockRequest(IReadOnlyList<string> Tokens);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RenameFileRequest))]
[JsonSerializable(typeof(MoveFilesRequest))]
[JsonSerializable(typeof(DeleteFilesRequest))]
[JsonSerializable(typeof(RestoreFilesRequest))]
[JsonSerializable(typeof(UnlockRequest))]
internal sealed partial class ChangeJsonContext : JsonSerializerContext;

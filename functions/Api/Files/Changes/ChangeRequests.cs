using Cloudreve.Core.Drive.Properties;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Changes;

/// <summary>Body of a creation.</summary>
internal sealed record CreateFileRequest(
    [property: LongestUri] string Uri,
    string Type,
    [property: Longest(MetadataRules.MaxCharacters)] IReadOnlyDictionary<string, string>? Metadata = null,
    bool ErrOnConflict = false);

/// <summary>Body of a renaming.</summary>
internal sealed record RenameFileRequest([property: LongestUri] string Uri, string NewName);

/// <summary>Body of a move or copy.</summary>
internal sealed record MoveFilesRequest([property: LongestUri] IReadOnlyList<string> Uris, [property: LongestUri] string Dst, bool? Copy = null);

/// <summary>Body of a deletion.</summary>
internal sealed record DeleteFilesRequest([property: LongestUri] IReadOnlyList<string> Uris, bool? Unlink = null, bool? SkipSoftDelete = null);

/// <summary>Body of a restoration.</summary>
internal sealed record RestoreFilesRequest([property: LongestUri] IReadOnlyList<string> Uris);

/// <summary>Body of a forced unlock.</summary>
internal sealed record UnlockRequest(IReadOnlyList<string> Tokens);

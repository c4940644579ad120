namespace Cloudreve.Functions.Api.Files.Changes;

/// <summary>Body of a creation.</summary>
internal sealed record CreateFileRequest(string Uri, string Type, IReadOnlyDictionary<string, string>? Metadata = null, bool ErrOnConflict = false);

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

namespace Cloudreve.Functions.Api.Files.Archives;

/// <summary>The entries of an archive.</summary>
internal sealed record ArchiveListingResponse(IReadOnlyList<ArchivedFileResponse> Files);

/// <summary>An entry of an archive.</summary>
internal sealed record ArchivedFileResponse(string Name, long Size, DateTimeOffset UpdatedAt, bool IsDirectory);

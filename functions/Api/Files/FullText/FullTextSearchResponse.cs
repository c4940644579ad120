namespace Cloudreve.Functions.Api.Files.FullText;

/// <summary>A page of files whose text matches.</summary>
internal sealed record FullTextSearchResponse(IReadOnlyList<FullTextHitResponse> Hits, long Total);

/// <summary>A file, and the part of its text that matches, with the words between em tags.</summary>
internal sealed record FullTextHitResponse(FileResponse File, string Content);

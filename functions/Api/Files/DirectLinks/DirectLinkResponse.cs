using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.DirectLinks;

/// <summary>Body of a request for direct links.</summary>
internal sealed record DirectLinksRequest([property: LongestUri] IReadOnlyList<string> Uris);

/// <summary>A direct link and the file that it leads to.</summary>
internal sealed record DirectLinkResponse(string Link, string FileUrl);

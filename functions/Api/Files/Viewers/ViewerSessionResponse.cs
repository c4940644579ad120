using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Viewers;

/// <summary>Body of a request for a viewer's session.</summary>
internal sealed record ViewerSessionRequest([property: LongestUri] string Uri, string ViewerId, string PreferredAction, string? Version = null);

/// <summary>The token by which a viewer proves that it may work on a file.</summary>
/// <param name="Id">The session's id.</param>
/// <param name="Expires">Its end, in Unix milliseconds.</param>
internal sealed record ViewerSessionToken(string Id, string AccessToken, long Expires);

/// <summary>A viewer's session.</summary>
internal sealed record ViewerSessionResponse(ViewerSessionToken Session)
{
    /// <summary>The page of a WOPI viewer; null for others.</summary>
    public string? WopiSrc { get; init; }
}

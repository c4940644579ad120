namespace Cloudreve.Functions.Api.Files.Downloads;

/// <summary>Download addresses, in the order of the request.</summary>
internal sealed record FileUrlResponse(IReadOnlyList<EntityUrlResponse> Urls, DateTimeOffset Expires);

/// <summary>One download address.</summary>
internal sealed record EntityUrlResponse(string Url)
{
    /// <summary>The name under which the client must save the file itself.</summary>
    public string? StreamSaverDisplayName { get; init; }
}

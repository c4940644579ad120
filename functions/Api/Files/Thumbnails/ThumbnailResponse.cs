namespace Cloudreve.Functions.Api.Files.Thumbnails;

/// <summary>The address of a file's thumbnail.</summary>
/// <param name="Url">The address.</param>
/// <param name="Expires">The time it expires.</param>
internal sealed record ThumbnailResponse(string Url, DateTimeOffset Expires);

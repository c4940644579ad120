namespace Cloudreve.Functions.Api.Files.Downloads;

/// <summary>A download address.</summary>
/// <param name="Url">The address.</param>
/// <param name="Expires">The time it expires.</param>
/// <param name="SaveAs">The name under which the client must save the file itself; null when the address says it.</param>
internal sealed record DownloadAddress(string Url, DateTimeOffset Expires, string? SaveAs);

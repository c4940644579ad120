using Cloudreve.Core.Content.Entities;

namespace Cloudreve.Functions.Api.Files.Downloads;

/// <summary>The target of a download address.</summary>
/// <param name="Entity">The blob; null for an empty file.</param>
/// <param name="IsDownload">True if browsers save the file instead of showing it.</param>
/// <param name="BytesPerSecond">The speed limit when the site sends it; 0 for none.</param>
internal sealed record DownloadTarget(EntityRecord? Entity, string Name, bool IsDownload, long BytesPerSecond);

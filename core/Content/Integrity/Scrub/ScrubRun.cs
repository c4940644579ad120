namespace Cloudreve.Core.Content.Integrity.Scrub;

/// <summary>One run of a scrub.</summary>
/// <param name="Report">Hears of what is found.</param>
/// <param name="Repairs">True if unreachable data is removed.</param>
/// <param name="Before">Younger data may still be in progress.</param>
/// <param name="Most">Number of rows that each part checks.</param>
internal sealed record ScrubRun(ScrubReport Report, bool Repairs, DateTimeOffset Before, int Most);

namespace Cloudreve.Core.Content.Integrity.Scrub;

/// <summary>One run of a scrub.</summary>
/// <param name="Report">Hears of what is found.</param>
/// <param name="Repairs">Whether what nobody can reach is removed.</param>
/// <param name="Before">What is younger may be on its way.</param>
/// <param name="Most">How many rows each part looks at.</param>
internal sealed record ScrubRun(ScrubReport Report, bool Repairs, DateTimeOffset Before, int Most);

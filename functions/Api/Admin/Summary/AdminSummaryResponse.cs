using Cloudreve.Core.Site.Summaries;

namespace Cloudreve.Functions.Api.Admin.Summary;

/// <summary>The content of the administration's first page.</summary>
/// <param name="SiteUrls">The site's addresses.</param>
/// <param name="Version">The version of this build.</param>
internal sealed record AdminSummaryResponse(IReadOnlyList<string> SiteUrls, AdminVersionResponse Version)
{
    /// <summary>The site's totals; left out when they were not counted recently.</summary>
    public AdminMetricsResponse? MetricsSummary { get; init; }
}

/// <summary>A version.</summary>
/// <param name="Version">Three numbers.</param>
/// <param name="Pro">True if it is the paid edition.</param>
/// <param name="Commit">The commit that was built; empty when unknown.</param>
internal sealed record AdminVersionResponse(string Version, bool Pro, string Commit);

/// <summary>The totals of a site.</summary>
internal sealed record AdminMetricsResponse(
    IReadOnlyList<DateTimeOffset> Dates, IReadOnlyList<long> Files, IReadOnlyList<long> Users, IReadOnlyList<long> Shares, long FileTotal, long UserTotal,
    long ShareTotal, long EntitiesTotal, DateTimeOffset GeneratedAt)
{
    /// <summary>Shapes numbers.</summary>
    public static AdminMetricsResponse Of(SiteNumbers numbers) => new(
        numbers.Days, numbers.Files, numbers.Users, numbers.Shares, numbers.TotalFiles, numbers.TotalUsers, numbers.TotalShares, numbers.TotalEntities,
        numbers.CountedAt);
}

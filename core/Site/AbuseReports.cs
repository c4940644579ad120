using System.Globalization;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Site;

/// <summary>A report of abuse.</summary>
/// <param name="ReporterId">The user who reports; 0 for one who has not signed in.</param>
/// <param name="Category">The reason of the report, 0 to 3 by the clients' list.</param>
/// <param name="Description">The reporter's description.</param>
/// <param name="ShareId">The share link that is reported; null for none.</param>
/// <param name="UserId">The user who is reported; null for none.</param>
/// <param name="FileUri">The file that the report is about, as the reporter sees it; null for none.</param>
public sealed record AbuseReport(long ReporterId, int Category, string Description, long? ShareId, long? UserId, string? FileUri);

/// <summary>Reports of abuse, kept for the administration: a partition for each month, the newest first.</summary>
/// <param name="clock">Stamps reports.</param>
public sealed class AbuseReports(StorageLayout layout, TimeProvider clock)
{
    /// <summary>Stores a report. One transaction.</summary>
    public async Task AddAsync(AbuseReport report, CancellationToken cancellationToken = default)
    {
        var now = clock.GetUtcNow();
        var order = (DateTimeOffset.MaxValue.Ticks - now.Ticks).ToString("d19", CultureInfo.InvariantCulture);
        var row = new Row(now.ToString("yyyy-MM", CultureInfo.InvariantCulture), $"{order}-{Guid.NewGuid():N}")
        {
            [Columns.At] = now,
            [Columns.ReporterId] = report.ReporterId,
            [Columns.Category] = report.Category,
            [Columns.Description] = report.Description,
            [Columns.ShareId] = report.ShareId,
            [Columns.UserId] = report.UserId,
            [Columns.FileUri] = report.FileUri,
        };
        // The key is random: an existing row is our own, whose response was lost.
        await layout.Reports.UpsertAsync(row, cancellationToken);
    }

    private static class Columns
    {
        public const string At = "at";
        public const string ReporterId = "by";
        public const string Category = "category";
        public const string Description = "description";
        public const string ShareId = "share";
        public const string UserId = "user";
        public const string FileUri = "uri";
    }
}

using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Tables.Numbered;

namespace Cloudreve.Core.Site.Summaries;

/// <summary>The totals of a site, and the additions of each of the last days.</summary>
/// <param name="Days">The days, the oldest first, each by its beginning.</param>
/// <param name="Files">Files that came on each day.</param>
/// <param name="Users">Accounts.</param>
/// <param name="Shares">Share links.</param>
public sealed record SiteNumbers(
    IReadOnlyList<DateTimeOffset> Days, IReadOnlyList<long> Files, IReadOnlyList<long> Users, IReadOnlyList<long> Shares)
{
    /// <summary>Files in all, as far as they are counted.</summary>
    public long TotalFiles { get; init; }

    /// <summary>Accounts in all.</summary>
    public long TotalUsers { get; init; }

    /// <summary>Share links in all.</summary>
    public long TotalShares { get; init; }

    /// <summary>Blobs in all.</summary>
    public long TotalEntities { get; init; }

    /// <summary>The time they were counted.</summary>
    public DateTimeOffset CountedAt { get; init; }
}

/// <summary>Counts a site's objects, for the administration's first page (contract, section 24). The last result is kept for a day.</summary>
/// <param name="layout">The storage of the result.</param>
/// <param name="lists">The counted lists.</param>
/// <param name="clock">Determines the current day.</param>
public sealed class SiteSummary(StorageLayout layout, SiteLists lists, TimeProvider clock)
{
    /// <summary>Number of days that are shown.</summary>
    public const int Days = 12;

    private const string Partition = "summary";
    private const string Key = "numbers";
    private const string Json = "json";

    private static readonly TimeSpan MaxAge = TimeSpan.FromHours(24);

    /// <summary>The last result. One transaction.</summary>
    /// <returns>Null when the last result is older than a day.</returns>
    public async Task<SiteNumbers?> FindAsync(CancellationToken cancellationToken = default)
    {
        var row = await layout.Site.FindAsync(Partition, Key, cancellationToken);
        return row?.Text(Json) is { } json && JsonSerializer.Deserialize(json, SummaryJson.Default.SiteNumbers) is { } numbers
            && numbers.CountedAt > clock.GetUtcNow() - MaxAge
            ? numbers
            : null;
    }

    /// <summary>
    /// Counts again. For each of the four lists at most what <see cref="NumberedRows"/> costs, and for recent additions at most 200
    /// transactions; on a site with some thousand rows, some twenty in all.
    /// </summary>
    public async Task<SiteNumbers> CountAsync(CancellationToken cancellationToken = default)
    {
        var now = clock.GetUtcNow();
        var days = Enumerable.Range(0, Days).Select(day => new DateTimeOffset(now.UtcDateTime.Date.AddDays(day - Days + 1), TimeSpan.Zero)).ToList();
        var totals = await Task.WhenAll(((NumberedRows[])[lists.Files, lists.Users, lists.Shares, lists.Entities]).Select(list => list.CountAsync(null, cancellationToken)));
        var recent = await Task.WhenAll(
            ((NumberedRows[])[lists.Files, lists.Users, lists.Shares]).Select(list => list.ReadRecentAsync(SiteLists.Created, days[0], cancellationToken)));
        var numbers = new SiteNumbers(days, PerDay(recent[0], days), PerDay(recent[1], days), PerDay(recent[2], days))
        {
            TotalFiles = totals[0],
            TotalUsers = totals[1],
            TotalShares = totals[2],
            TotalEntities = totals[3],
            CountedAt = now,
        };
        await layout.Site.UpsertAsync(new Row(Partition, Key) { [Json] = JsonSerializer.Serialize(numbers, SummaryJson.Default.SiteNumbers) }, cancellationToken);
        return numbers;
    }

    private static List<long> PerDay(IReadOnlyList<DateTimeOffset> times, IReadOnlyList<DateTimeOffset> days)
    {
        var byDay = times.CountBy(time => time.UtcDateTime.Date).ToDictionary(day => day.Key, day => (long)day.Value);
        return [.. days.Select(day => byDay.GetValueOrDefault(day.UtcDateTime.Date))];
    }
}

[JsonSerializable(typeof(SiteNumbers))]
internal sealed partial class SummaryJson : JsonSerializerContext;

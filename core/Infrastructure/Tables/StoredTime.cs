using System.Globalization;

namespace Cloudreve.Core.Infrastructure.Tables;

/// <summary>Times as tables can keep them ("Understanding the Table service data model").</summary>
public static class StoredTime
{
    /// <summary>The first time that a table keeps.</summary>
    public static readonly DateTimeOffset Earliest = new(1601, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The last time that RFC 3339 can write, in milliseconds.</summary>
    public static readonly DateTimeOffset Latest = new(9999, 12, 31, 23, 59, 59, 999, TimeSpan.Zero);

    /// <summary>A time in Unix milliseconds; the nearest storable one for a time that cannot be stored.</summary>
    /// <param name="milliseconds">Milliseconds since 1970, less than 0 for times before.</param>
    public static DateTimeOffset OfUnixMilliseconds(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(
        Math.Clamp(milliseconds, Earliest.ToUnixTimeMilliseconds(), Latest.ToUnixTimeMilliseconds()));

    /// <summary>A time in a condition of a query, to the tick.</summary>
    internal static string InCondition(DateTimeOffset time) => $"datetime'{time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture)}'";
}

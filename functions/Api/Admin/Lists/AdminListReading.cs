using System.Globalization;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables.Numbered;

namespace Cloudreve.Functions.Api.Admin.Lists;

/// <summary>Reads the page, order and filters of lists that may be long.</summary>
internal static class AdminListReading
{
    /// <summary>Checks a request.</summary>
    /// <param name="orders">Columns besides the id that the list can be sorted by.</param>
    /// <param name="filters">Conditions and searches that the list supports.</param>
    /// <exception cref="CloudreveException">40001: the page, order or filter is invalid.</exception>
    public static void Require(this AdminListRequest request, IReadOnlyCollection<string> orders, IReadOnlyCollection<string> filters)
    {
        request.Check();
        if (request.Order != "id" && !orders.Contains(request.Order))
            throw new CloudreveException(ErrorCode.BadParameter, "The list cannot be sorted by this column.");
        var given = (request.Conditions ?? Nothing).Concat(request.Searches ?? Nothing).Where(filter => !string.IsNullOrEmpty(filter.Value));
        // An ignored filter would show rows that were not requested, and let them be deleted.
        if (given.Any(filter => !filters.Contains(filter.Key)))
            throw new CloudreveException(ErrorCode.BadParameter, "The list does not have this filter.");
    }

    /// <summary>The requested rows.</summary>
    public static ListWindow Rows(this AdminListRequest request) => new(request.Offset, request.PageSize, request.IsDescending);

    /// <summary>A condition that is a number; null for any.</summary>
    /// <param name="name">The condition's name.</param>
    /// <exception cref="CloudreveException">40001: it is not a number.</exception>
    public static long? Number(this AdminListRequest request, string name) => request.Condition(name) is not { } text
        ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new CloudreveException(ErrorCode.BadParameter, "The filter must be a number.");

    /// <summary>A condition that is one of a few names; null for any.</summary>
    /// <param name="name">The condition's name.</param>
    /// <exception cref="CloudreveException">40001: none of them.</exception>
    public static T? Choice<T>(this AdminListRequest request, string name, IReadOnlyDictionary<string, T> values)
        where T : struct => request.Condition(name) is not { } text
        ? null
        : values.TryGetValue(text, out var value) ? value : throw new CloudreveException(ErrorCode.BadParameter, "The filter has an unknown value.");

    private static readonly Dictionary<string, string?> Nothing = [];
}

using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Files;

namespace Cloudreve.Functions.Api.Admin.Lists;

/// <summary>The body of every list of the administration (contract, section 24).</summary>
/// <param name="Page">The page, starting at 1.</param>
/// <param name="PageSize">Number of items of a page.</param>
/// <param name="OrderBy">The column to sort by; empty for the id.</param>
/// <param name="OrderDirection"><c>asc</c>, or <c>desc</c> when empty.</param>
/// <param name="Conditions">Values that columns must have; an empty value sets no condition.</param>
/// <param name="Searches">Texts that columns must contain; an empty text sets no condition.</param>
internal sealed record AdminListRequest(
    int Page,
    int PageSize,
    string? OrderBy = null,
    string? OrderDirection = null,
    IReadOnlyDictionary<string, string?>? Conditions = null,
    IReadOnlyDictionary<string, string?>? Searches = null)
{
    /// <summary>The largest page.</summary>
    public const int MaxPageSize = 1_000;

    /// <summary>Checks the parts that all lists share.</summary>
    /// <exception cref="CloudreveException">40001: the page, its size or the direction is invalid.</exception>
    public void Check()
    {
        if (Page < 1)
            throw new CloudreveException(ErrorCode.BadParameter, "Pages are numbered from 1.");
        if (PageSize is < 1 or > MaxPageSize)
            throw new CloudreveException(ErrorCode.BadParameter, "The page size must be between 1 and 1,000.");
        if (OrderDirection is not (null or "" or "asc" or "desc"))
            throw new CloudreveException(ErrorCode.BadParameter, "The order direction must be asc or desc.");
    }

    /// <summary>True if the list is in descending order, which is the default.</summary>
    public bool IsDescending => OrderDirection is not "asc";

    /// <summary>The column to sort by; <c>id</c> unless given.</summary>
    public string Order => string.IsNullOrEmpty(OrderBy) ? "id" : OrderBy;

    /// <summary>Number of items before the page.</summary>
    public long Offset => (Page - 1L) * PageSize;

    /// <summary>The value that a column must have; null for any.</summary>
    /// <param name="name">The condition's name, such as <c>policy_type</c>.</param>
    public string? Condition(string name) => Given(Conditions, name);

    /// <summary>The text that a column must contain; null for any.</summary>
    /// <param name="name">The search's name.</param>
    public string? Search(string name) => Given(Searches, name);

    /// <summary>The position of the page in its list; responses number pages from 0.</summary>
    /// <param name="total">The length of the list; null when it is unknown.</param>
    public PaginationResponse Pagination(long? total) => new(Page - 1, PageSize, IsCursor: false) { TotalItems = total };

    /// <summary>Sorts items in memory and returns the page.</summary>
    /// <param name="items">All items that meet the conditions.</param>
    /// <param name="orders">The value of each column that can be sorted by.</param>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <exception cref="CloudreveException">40001: the list cannot be sorted by that column.</exception>
    public IReadOnlyList<T> PageOf<T>(IEnumerable<T> items, IReadOnlyDictionary<string, Func<T, IComparable>> orders)
    {
        if (!orders.TryGetValue(Order, out var key))
            throw new CloudreveException(ErrorCode.BadParameter, $"The list cannot be sorted by '{Order}'.");
        var sorted = IsDescending ? items.OrderByDescending(key) : items.OrderBy(key);
        return [.. sorted.Skip((int)Math.Min(Offset, int.MaxValue)).Take(PageSize)];
    }

    private static string? Given(IReadOnlyDictionary<string, string?>? values, string name) =>
        values?.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
}

using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Loops;

namespace Cloudreve.Core.Infrastructure.Tables.Numbered;

/// <summary>Pages of lists in orders, and by filters, without an index: all candidates are read, up to a limit.</summary>
internal static class SortedRows
{
    private const int Readers = 16;

    /// <summary>Collects items, up to a maximum number.</summary>
    /// <param name="most">At most how many.</param>
    /// <exception cref="CloudreveException">40001: there are more.</exception>
    public static async Task<List<T>> GatherAsync<T>(IAsyncEnumerable<T> items, long most, CancellationToken cancellationToken)
    {
        var gathered = new List<T>();
        await foreach (var item in items.WithCancellation(cancellationToken))
        {
            if (gathered.Count >= most)
                throw new CloudreveException(ErrorCode.BadParameter, $"There are more than {most} entries to sort or search. Add a filter, or sort by id.");
            gathered.Add(item);
        }
        return gathered;
    }

    /// <summary>Reads the related object of each item, several at once; items without one are left out.</summary>
    /// <param name="read">Reads the related object; null when there is none.</param>
    public static async Task<List<TDetail>> ReadAsync<T, TDetail>(
        IReadOnlyList<T> items, Func<T, CancellationToken, Task<TDetail?>> read, CancellationToken cancellationToken)
        where TDetail : class
    {
        var details = await BoundedParallel.SelectAsync(items, Readers, read, cancellationToken);
        return [.. details.OfType<TDetail>()];
    }

    /// <summary>A page of sorted items.</summary>
    /// <param name="items">All of them.</param>
    /// <param name="key">The sort key; items with equal keys are ordered by id.</param>
    public static NumberedItems<T> Take<T, TKey>(IReadOnlyCollection<T> items, ListWindow page, Func<T, TKey> key, Func<T, long> id)
    {
        var sorted = page.Descending
            ? items.OrderByDescending(key).ThenByDescending(id)
            : items.OrderBy(key).ThenBy(id);
        return new NumberedItems<T>([.. sorted.Skip((int)Math.Min(page.Skip, int.MaxValue)).Take(page.Take)], items.Count);
    }
}

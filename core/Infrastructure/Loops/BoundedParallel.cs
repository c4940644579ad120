namespace Cloudreve.Core.Infrastructure.Loops;

/// <summary>
/// Loops that work on several items at a time. Each states its bound, so that one request cannot occupy all connections and memory.
/// The first failure stops the loop: items that have not begun are left, those under way end first.
/// </summary>
public static class BoundedParallel
{
    /// <summary>Runs a body for each item, in no particular order.</summary>
    /// <param name="degree">How many items are worked on at a time, at most.</param>
    /// <param name="body">Gets the item, and a token that is also cancelled once another item has failed.</param>
    public static Task ForEachAsync<T>(
        IEnumerable<T> items, int degree, Func<T, CancellationToken, Task> body, CancellationToken cancellationToken = default) =>
        Parallel.ForEachAsync(items, Options(degree, cancellationToken), async (item, token) => await body(item, token));

    /// <summary>Like <see cref="ForEachAsync{T}(IEnumerable{T}, int, Func{T, CancellationToken, Task}, CancellationToken)"/>, for items that are read meanwhile.</summary>
    /// <param name="degree">How many items are worked on at a time, at most.</param>
    public static Task ForEachAsync<T>(
        IAsyncEnumerable<T> items, int degree, Func<T, CancellationToken, Task> body, CancellationToken cancellationToken = default) =>
        Parallel.ForEachAsync(items, Options(degree, cancellationToken), async (item, token) => await body(item, token));

    /// <summary>Maps each item to a result.</summary>
    /// <param name="degree">How many items are worked on at a time, at most.</param>
    /// <returns>The results in the order of the items.</returns>
    public static async Task<TResult[]> SelectAsync<T, TResult>(
        IReadOnlyList<T> items, int degree, Func<T, CancellationToken, Task<TResult>> map, CancellationToken cancellationToken = default)
    {
        var results = new TResult[items.Count];
        await Parallel.ForAsync(0, items.Count, Options(degree, cancellationToken), async (i, token) => results[i] = await map(items[i], token));
        return results;
    }

    private static ParallelOptions Options(int degree, CancellationToken cancellationToken) =>
        new() { MaxDegreeOfParallelism = degree, CancellationToken = cancellationToken };
}

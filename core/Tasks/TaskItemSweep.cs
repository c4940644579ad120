using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Tasks;

/// <summary>Removes the working rows of tasks that ended long ago: remaining work, results of parts, and error lists.</summary>
/// <param name="clock">Determines what is old.</param>
public sealed class TaskItemSweep(StorageLayout layout, TimeProvider clock)
{
    /// <summary>No task runs that long without touching its rows, and nobody reads an error list of that age.</summary>
    public static readonly TimeSpan ItemsAreKept = TimeSpan.FromDays(90);

    /// <summary>Removes rows that nobody has touched for <see cref="ItemsAreKept"/>. Scans the table.</summary>
    /// <param name="most">Maximum number; the rest is left to the next call.</param>
    /// <param name="cancellationToken">Cancels the sweep; harmless.</param>
    /// <returns>The number removed.</returns>
    public Task<int> RunAsync(int most, CancellationToken cancellationToken = default)
    {
        var before = StoredTime.InCondition(clock.GetUtcNow() - ItemsAreKept);
        return RowSweep.DeleteAsync(
            layout.TaskItems, layout.TaskItems.ScanAsync($"Timestamp lt {before}", cancellationToken), most, cancellationToken, RowSweep.Lanes);
    }
}

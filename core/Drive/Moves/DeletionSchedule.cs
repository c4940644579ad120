using System.Globalization;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Moves;

/// <summary>Drives with deletions of large folders that continue in the background.</summary>
/// <param name="layout">The storage of notes.</param>
/// <param name="clock">Determines whose turn it is.</param>
internal sealed class DeletionSchedule(StorageLayout layout, TimeProvider clock)
{
    private const string Partition = "deletions";
    private const string Due = "due";
    private const string OwnerId = "o";

    /// <summary>Notes a drive. One transaction.</summary>
    public Task AddAsync(long ownerId, CancellationToken cancellationToken) =>
        layout.Schedules.UpsertAsync(new Row(Partition, Key(ownerId)) { [OwnerId] = ownerId }, cancellationToken);

    /// <summary>The drives that are due. One transaction for each 1,000.</summary>
    public async Task<IReadOnlyList<Row>> ReadDueAsync(CancellationToken cancellationToken)
    {
        var drives = new List<Row>();
        await foreach (var row in layout.Schedules.QueryAsync(new RowRange(Partition), cancellationToken))
        {
            if (row.Time(Due) is not { } due || due <= clock.GetUtcNow())
                drives.Add(row);
        }
        return drives;
    }

    /// <summary>Postpones a drive whose deletions all fail, longer each time. One transaction.</summary>
    public async Task PostponeAsync(Row drive, CancellationToken cancellationToken)
    {
        var tries = (drive.Number(RetryDistance.Tries) ?? 0) + 1;
        var change = new Row(Partition, drive.RowKey) { [RetryDistance.Tries] = tries, [Due] = clock.GetUtcNow() + RetryDistance.After(tries) };
        try
        {
            await layout.Schedules.MergeAsync(change, drive.ETag, cancellationToken);
        }
        catch (StorageException e) when (e is StorageNotFoundException or StorageChangedException)
        {
            // Noted again, or another run has dealt with it.
        }
    }

    /// <summary>The owner of a drive.</summary>
    public static long OwnerOf(Row drive) => drive.RequiredNumber(OwnerId);

    /// <summary>Forgets a drive. One transaction.</summary>
    public Task RemoveAsync(long ownerId, CancellationToken cancellationToken) =>
        layout.Schedules.DeleteAsync(Partition, Key(ownerId), cancellationToken: cancellationToken);

    private static string Key(long ownerId) => ownerId.ToString("x", CultureInfo.InvariantCulture);
}

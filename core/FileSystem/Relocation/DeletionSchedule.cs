using System.Globalization;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Tables;

namespace Cloudreve.Core.FileSystem.Relocation;

/// <summary>Drives with deletions of large folders that go on in the background.</summary>
/// <param name="layout">Where the notes are.</param>
internal sealed class DeletionSchedule(StorageLayout layout)
{
    private const string Partition = "deletions";

    /// <summary>Notes a drive. One transaction.</summary>
    public Task AddAsync(long ownerId, CancellationToken cancellationToken) =>
        layout.Schedules.UpsertAsync(new Row(Partition, Key(ownerId)) { ["o"] = ownerId }, cancellationToken);

    /// <summary>The drives. One transaction for each 1,000.</summary>
    public async Task<IReadOnlyList<long>> ReadAsync(CancellationToken cancellationToken)
    {
        var owners = new List<long>();
        await foreach (var row in layout.Schedules.QueryAsync(new RowRange(Partition), cancellationToken))
            owners.Add(row.RequiredNumber("o"));
        return owners;
    }

    /// <summary>Forgets a drive. One transaction.</summary>
    public Task RemoveAsync(long ownerId, CancellationToken cancellationToken) =>
        layout.Schedules.DeleteAsync(Partition, Key(ownerId), cancellationToken: cancellationToken);

    private static string Key(long ownerId) => ownerId.ToString("x", CultureInfo.InvariantCulture);
}

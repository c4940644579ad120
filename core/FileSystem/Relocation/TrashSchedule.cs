using System.Globalization;
using System.Runtime.CompilerServices;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Tables;

namespace Cloudreve.Core.FileSystem.Relocation;

/// <summary>An entry of a trash whose time has come.</summary>
/// <param name="OwnerId">Whose trash.</param>
/// <param name="Name">The entry's name there.</param>
/// <param name="Key">The note's key.</param>
internal sealed record ExpiredTrash(long OwnerId, string Name, string Key);

/// <summary>When what is in the trash is deleted for good. A note is written first and proves wrong when the move fails.</summary>
/// <param name="layout">Where the rows are.</param>
/// <param name="clock">Tells what is due.</param>
internal sealed class TrashSchedule(StorageLayout layout, TimeProvider clock)
{
    private const string Partition = "trash";

    /// <summary>Notes an entry. One transaction.</summary>
    public Task AddAsync(long ownerId, FileRecord trashed, DateTimeOffset expires, CancellationToken cancellationToken) =>
        layout.Schedules.UpsertAsync(
            new Row(Partition, $"{Key(expires)}|{trashed.Name}") { ["o"] = ownerId, ["n"] = trashed.Name }, cancellationToken);

    /// <summary>What is due: one transaction for each 1,000.</summary>
    public async IAsyncEnumerable<ExpiredTrash> ReadDueAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in layout.Schedules.QueryAsync(new RowRange(Partition, null, Key(clock.GetUtcNow())), cancellationToken))
            yield return new ExpiredTrash(row.RequiredNumber("o"), row.RequiredText("n"), row.RowKey);
    }

    /// <summary>Forgets a note. One transaction.</summary>
    public Task RemoveAsync(ExpiredTrash expired, CancellationToken cancellationToken) =>
        layout.Schedules.DeleteAsync(Partition, expired.Key, cancellationToken: cancellationToken);

    private static string Key(DateTimeOffset time) => time.ToUnixTimeSeconds().ToString("x12", CultureInfo.InvariantCulture);
}

using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Moves;

/// <summary>An entry of a trash that is due for deletion.</summary>
/// <param name="OwnerId">The owner of the trash.</param>
/// <param name="Name">The entry's name there.</param>
internal sealed record ExpiredTrash(long OwnerId, string Name, Row Note);

/// <summary>The schedule by which trash is deleted for good. A note is written first and proves wrong when the move fails.</summary>
/// <param name="notes">Finds what is due.</param>
internal sealed class TrashSchedule(StorageLayout layout, DueNotes notes)
{
    private const string Kind = "trash";

    /// <summary>Notes an entry. One transaction.</summary>
    public Task AddAsync(long ownerId, FileRecord trashed, DateTimeOffset expires, CancellationToken cancellationToken) =>
        layout.Schedules.UpsertAsync(
            new Row(DueNotes.PartitionOf(Kind, ownerId), DueNotes.Key(expires, trashed.Name)) { [Columns.OwnerId] = ownerId, [Columns.Name] = trashed.Name }, cancellationToken);

    /// <summary>Works on what is due, one transaction for each 1,000. An entry that fails is postponed and does not hold up the others.</summary>
    public Task ForEachDueAsync(Func<ExpiredTrash, CancellationToken, Task> work, CancellationToken cancellationToken) =>
        notes.RunAsync(
            Kind, 1, (row, token) => work(new ExpiredTrash(row.RequiredNumber(Columns.OwnerId), row.RequiredText(Columns.Name), row), token), cancellationToken);

    /// <summary>Forgets a note. One transaction.</summary>
    public Task RemoveAsync(ExpiredTrash expired, CancellationToken cancellationToken) =>
        layout.Schedules.DeleteAsync(expired.Note.PartitionKey, expired.Note.RowKey, cancellationToken: cancellationToken);

    private static class Columns
    {
        public const string OwnerId = "o";
        public const string Name = "n";
    }
}

using System.Globalization;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.Versions;

/// <summary>
/// Releases what a file held through entities that it no longer refers to: first the bytes, then the reference. The
/// reference goes last, so as long as it exists without the file's link, the bytes may still have to be refunded.
/// </summary>
/// <param name="layout">The storage of notes and id rows.</param>
/// <param name="quota">Gets back the bytes.</param>
/// <param name="notes">Finds what is due, and postpones what fails.</param>
/// <param name="clock">Determines what is due.</param>
public sealed class LinkReleases(StorageLayout layout, EntriesById byId, EntityReferences references, QuotaLedger quota, DueNotes notes, TimeProvider clock)
{
    private const string Kind = "releases";

    /// <summary>Finds all notes, due or not.</summary>
    internal static readonly string NotesFilter = DueNotes.FilterOf(Kind);

    // Longer than any request takes.
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMinutes(10);

    /// <summary>Releases links that a file has given up for certain. Three transactions, and two for each that counts for the quota.</summary>
    /// <param name="ownerId">The owner of the file.</param>
    /// <param name="links">The links that it gave up.</param>
    /// <param name="cancellationToken">Cancels the calls; harmless to repeat.</param>
    internal async Task ReleaseAsync(long ownerId, long fileId, IReadOnlyCollection<EntityLink> links, CancellationToken cancellationToken)
    {
        if (links.Count == 0)
            return;
        foreach (var link in links.Where(l => l.Type != EntityType.Thumbnail))
            await quota.ChargeAsync(ownerId, OperationOf(fileId, link.Id), -link.Size, null, cancellationToken);
        await references.RemoveAsync([.. links.Select(l => new EntityReference(l.Id, fileId))], keepBlobs: false, cancellationToken);
    }

    /// <summary>
    /// Releases those of a file's links that it has given up. A file that is gone released everything it held when it was deleted.
    /// </summary>
    /// <param name="ownerId">The owner of the file.</param>
    /// <param name="links">The links that it may have given up.</param>
    /// <param name="cancellationToken">Cancels the calls; harmless to repeat.</param>
    /// <returns>False when it cannot be decided yet, because the file is being deleted.</returns>
    internal async Task<bool> TrySettleAsync(long ownerId, long fileId, IReadOnlyCollection<EntityLink> links, CancellationToken cancellationToken)
    {
        var file = await byId.FindAsync(fileId, cancellationToken);
        if (file is not null)
        {
            var held = file.EntityIds.ToHashSet();
            await ReleaseAsync(ownerId, fileId, [.. links.Where(l => !held.Contains(l.Id))], cancellationToken);
            return true;
        }
        // The id row is the last thing that a deletion removes.
        if (await layout.FileIds.FindAsync(FileKeys.IdBlock(fileId), FileKeys.Id(fileId), cancellationToken) is not null)
            return false;
        foreach (var link in links)
        {
            if (await references.ExistsAsync(new EntityReference(link.Id, fileId), cancellationToken))
                await ReleaseAsync(ownerId, fileId, [link], cancellationToken);
        }
        return true;
    }

    /// <summary>Notes that a file is about to give up links, so that a crash afterwards leaves nothing behind. One transaction.</summary>
    /// <returns>The note; remove it when the links are released.</returns>
    internal async Task<Row> NoteAsync(long ownerId, long fileId, IReadOnlyCollection<EntityLink> links, CancellationToken cancellationToken)
    {
        var key = DueNotes.Key(clock.GetUtcNow() + RetryDelay, Guid.NewGuid().ToString("N"));
        var row = new Row(DueNotes.PartitionOf(Kind, fileId), key) { [Columns.OwnerId] = ownerId, [Columns.FileId] = fileId };
        LongText.Write(row, Columns.Links, EntityLinks.Print(links));
        await layout.Schedules.UpsertAsync(row, cancellationToken);
        return row;
    }

    /// <summary>Removes a note. One transaction.</summary>
    internal Task<bool> ForgetAsync(Row note, CancellationToken cancellationToken) =>
        layout.Schedules.DeleteAsync(note.PartitionKey, note.RowKey, cancellationToken: cancellationToken);

    /// <summary>Settles what crashes left behind. One transaction when there is nothing.</summary>
    /// <param name="cancellationToken">Cancels the run between two files.</param>
    public Task RunAsync(CancellationToken cancellationToken = default) => notes.RunAsync(Kind, 1, SettleAsync, cancellationToken);

    private async Task SettleAsync(Row note, CancellationToken cancellationToken)
    {
        var (ownerId, fileId, links) = NotedBy(note);
        if (await TrySettleAsync(ownerId, fileId, links, cancellationToken))
            await ForgetAsync(note, cancellationToken);
    }

    /// <summary>Reads a note.</summary>
    internal static (long OwnerId, long FileId, IReadOnlyList<EntityLink> Links) NotedBy(Row note) =>
        (note.RequiredNumber(Columns.OwnerId), note.RequiredNumber(Columns.FileId), EntityLinks.Parse(LongText.Read(note, Columns.Links)!));

    internal static string OperationOf(long fileId, long entityId) => string.Create(CultureInfo.InvariantCulture, $"rel-{fileId:x}-{entityId:x}");

    private static class Columns
    {
        public const string OwnerId = "o";
        public const string FileId = "f";
        public const string Links = "d";
    }
}

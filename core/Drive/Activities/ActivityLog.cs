using System.Runtime.CompilerServices;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Activities.Streams;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Activities;

/// <summary>
/// The only code that records what happens to files: for the activities of a file, the event stream of folders, and
/// audits to come. An event takes two rows of its owner's partition, by time and by file, in one transaction (<see cref="ActivityRows"/>).
/// </summary>
/// <param name="clock">Stamps events.</param>
public sealed class ActivityLog(StorageLayout layout, TimeProvider clock)
{
    internal const string TimePrefix = "e|";
    internal const string FilePrefix = "f|";

    private const int RowsPerEvent = 2;

    // A batch takes four megabytes, and JSON writes six bytes for a character of each of the two rows of an event.
    private const int PathCharactersPerBatch = 300_000;

    /// <summary>Writes events of one drive: one transaction for each 50, or fewer of very long paths.</summary>
    /// <param name="events">The events, in order.</param>
    public async Task AppendAsync(long ownerId, IReadOnlyCollection<FileEvent> events, CancellationToken cancellationToken = default)
    {
        var ticks = clock.GetUtcNow().UtcTicks;
        var batch = new TableBatch(Partition(ownerId));
        var characters = 0;
        foreach (var entry in events)
        {
            var length = LengthOf(entry.From) + LengthOf(entry.To);
            if (batch.Room < RowsPerEvent || (batch.Count > 0 && characters + length > PathCharactersPerBatch))
            {
                await layout.Events.SubmitAsync(batch, cancellationToken);
                (batch, characters) = (new TableBatch(Partition(ownerId)), 0);
            }
            var key = ActivityRows.TimeKey(ticks++);
            var row = ActivityRows.ToRow(batch.PartitionKey, TimePrefix + key, entry);
            batch.Upsert(row).Upsert(row.CopyTo(row.PartitionKey, FileKey(entry.File.Id, key)));
            characters += length;
        }
        await layout.Events.SubmitAsync(batch, cancellationToken);
    }

    /// <summary>
    /// Writes two events, creation and upload, for each of some new files of one drive: one transaction for each 98 files of two folders, and for
    /// each 99 rows where there are more folders, or fewer of very long paths.
    /// </summary>
    /// <param name="files">The files.</param>
    internal async Task AppendNewAsync(long ownerId, Actor actor, IEnumerable<NewFile> files, CancellationToken cancellationToken = default)
    {
        var ticks = clock.GetUtcNow().UtcTicks;
        var batch = new TableBatch(Partition(ownerId));
        var characters = 0;
        foreach (var chunk in files.GroupBy(file => file.Path.Parent).SelectMany(Chunk))
        {
            var length = chunk.Sum(file => LengthOf(file.Path));
            if (batch.Room <= chunk.Count || (batch.Count > 0 && characters + length > PathCharactersPerBatch))
            {
                await layout.Events.SubmitAsync(batch, cancellationToken);
                (batch, characters) = (new TableBatch(Partition(ownerId)), 0);
            }
            var key = ActivityRows.TimeKey(ticks++);
            batch.Upsert(ActivityRows.ToRow(batch.PartitionKey, TimePrefix + key, actor, chunk));
            foreach (var file in chunk)
                batch.Upsert(ActivityRows.ToRow(batch.PartitionKey, FileKey(file.File.Id, key), actor, file));
            characters += length;
        }
        await layout.Events.SubmitAsync(batch, cancellationToken);
    }

    private static IEnumerable<IReadOnlyList<NewFile>> Chunk(IEnumerable<NewFile> folder)
    {
        var (chunk, characters) = (new List<NewFile>(), 0);
        foreach (var file in folder)
        {
            characters += LengthOf(file.Path);
            if (chunk.Count == ActivityRows.MostNewFiles || (chunk.Count > 0 && characters > PathCharactersPerBatch))
            {
                yield return chunk;
                (chunk, characters) = ([], LengthOf(file.Path));
            }
            chunk.Add(file);
        }
        if (chunk.Count > 0)
            yield return chunk;
    }

    private static int LengthOf(FilePath? path) => path?.Segments.Sum(name => name.Length + 1) ?? 0;

    /// <summary>Reads what happened to a file, page by page. One transaction for each 1,000 events that are passed over.</summary>
    /// <param name="query">Selects the events, and their number.</param>
    public async Task<ActivityPage> ReadAsync(long ownerId, long fileId, ActivityQuery query, CancellationToken cancellationToken = default)
    {
        var prefix = FileKey(fileId, "");
        var range = RowRange.Prefix(Partition(ownerId), prefix);
        // The row of the last event that was seen may have others.
        if (query.Token is { } last)
            range = query.IsAscending ? range with { From = prefix + ActivityRows.RowKeyOf(last) } : range with { To = RowRange.After(prefix + ActivityRows.RowKeyOf(last)) };
        // Tables read forwards only, so the newest are what remains of a pass over all: files have few events.
        var found = new LinkedList<Activity>();
        var activities = layout.Events.QueryAsync(range, cancellationToken).SelectMany(row => ActivityRows.ActivitiesOf(row, row.RowKey[prefix.Length..]));
        await foreach (var activity in activities)
        {
            if (!query.Accepts(activity))
                continue;
            found.AddLast(activity);
            if (found.Count <= query.PageSize + 1)
                continue;
            if (query.IsAscending)
                break;
            found.RemoveFirst();
        }
        var ordered = (query.IsAscending ? found : found.Reverse()).ToList();
        var page = ordered.Take(query.PageSize).ToList();
        return new ActivityPage(page, ordered.Count > page.Count ? page[^1].Key : null);
    }

    /// <summary>Reads what happened in a drive from a position in the order of events on. One transaction for each 1,000 events.</summary>
    /// <param name="position">The key of an event, or the beginning of one.</param>
    internal async IAsyncEnumerable<LoggedEvent> ReadFromAsync(
        long ownerId, string position, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var range = RowRange.Prefix(Partition(ownerId), TimePrefix) with { From = TimePrefix + position };
        await foreach (var row in layout.Events.QueryAsync(range, cancellationToken))
        {
            foreach (var entry in ActivityRows.EventsOf(row, row.RowKey[TimePrefix.Length..]))
                yield return entry;
        }
    }

    internal static string Partition(long ownerId) => FileKeys.Folder(ownerId);

    internal static string FileKey(long fileId, string timeKey) => $"{FilePrefix}{FileKeys.Id(fileId)}|{timeKey}";
}

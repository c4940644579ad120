using System.Globalization;
using System.Runtime.CompilerServices;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Activities.Streams;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Activities;

/// <summary>
/// The only code that records what happens to files: for the activities of a file, the event stream of folders, and
/// audits to come. An event takes two rows of its owner's partition, by time and by file, in one transaction.
/// </summary>
/// <param name="clock">Stamps events.</param>
public sealed class ActivityLog(StorageLayout layout, TimeProvider clock)
{
    internal const string TimePrefix = "e|";
    internal const string FilePrefix = "f|";

    private const int RowsPerEvent = 2;

    // A batch takes four megabytes, and JSON writes six bytes for a character of each of the two rows.
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
            var row = ToRow(ownerId, TimePrefix + TimeKey(ticks++), entry);
            batch.Upsert(row).Upsert(row.CopyTo(row.PartitionKey, FileKey(entry.File.Id, row.RowKey[TimePrefix.Length..])));
            characters += length;
        }
        await layout.Events.SubmitAsync(batch, cancellationToken);
    }

    private static int LengthOf(FilePath? path) => path?.Segments.Sum(name => name.Length + 1) ?? 0;

    /// <summary>Reads what happened to a file, page by page. One transaction for each 1,000 events that are passed over.</summary>
    /// <param name="query">Selects the events, and their number.</param>
    public async Task<ActivityPage> ReadAsync(long ownerId, long fileId, ActivityQuery query, CancellationToken cancellationToken = default)
    {
        var prefix = $"{FilePrefix}{FileKeys.Id(fileId)}|";
        var range = RowRange.Prefix(Partition(ownerId), prefix);
        if (query.IsAscending && query.Token is { } from)
            range = range.Behind(prefix + from);
        else if (query.Token is { } to)
            range = range with { To = prefix + to };
        // Tables read forwards only, so the newest are what remains of a pass over all: files have few events.
        var found = new LinkedList<Activity>();
        await foreach (var row in layout.Events.QueryAsync(range, cancellationToken))
        {
            var activity = FromRow(row, prefix);
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
            var key = row.RowKey[TimePrefix.Length..];
            yield return new LoggedEvent(
                key, TimeOf(key), (ActivityCategory)row.RequiredNumber(Columns.Category), row.Text(Columns.ClientId), row.RequiredNumber(Columns.FileId),
                PathText.Read(row, Columns.From), PathText.Read(row, Columns.To));
        }
    }

    private static Activity FromRow(Row row, string prefix) => new(
        row.RowKey[prefix.Length..], (ActivityCategory)row.RequiredNumber(Columns.Category), row.Number(Columns.UserId) ?? 0, TimeOf(row.RowKey[prefix.Length..]),
        PathText.Read(row, Columns.From), PathText.Read(row, Columns.To), row.Number(Columns.EntityId) ?? 0);

    private static DateTimeOffset TimeOf(string key) =>
        new(long.Parse(key.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), TimeSpan.Zero);

    internal static string Partition(long ownerId) => FileKeys.Folder(ownerId);

    internal static string FileKey(long fileId, string timeKey) => $"{FilePrefix}{FileKeys.Id(fileId)}|{timeKey}";

    /// <summary>Orders by time; the random part keeps processes from clashing.</summary>
    internal static string TimeKey(long ticks) =>
        string.Create(CultureInfo.InvariantCulture, $"{ticks:x16}-{Guid.NewGuid().ToString("N")[..8]}");

    private static Row ToRow(long ownerId, string rowKey, FileEvent entry)
    {
        var row = new Row(Partition(ownerId), rowKey)
        {
            [Columns.Category] = (int)entry.Category,
            [Columns.UserId] = entry.Actor.UserId,
            [Columns.ClientId] = entry.Actor.ClientId,
            [Columns.FileId] = entry.File.Id,
            [Columns.FileType] = (int)entry.File.Type,
            [Columns.FileName] = entry.File.Name,
            [Columns.EntityId] = entry.File.PrimaryEntityId == 0 ? null : entry.File.PrimaryEntityId,
        };
        PathText.Write(row, Columns.From, entry.From);
        PathText.Write(row, Columns.To, entry.To);
        return row;
    }

    private static class Columns
    {
        public const string Category = "c";
        public const string ClientId = "cl";
        public const string FileId = "id";
        public const string UserId = "by";
        public const string EntityId = "e";
        public const string FileType = "t";
        public const string FileName = "n";
        public const string From = "from";
        public const string To = "to";
    }
}

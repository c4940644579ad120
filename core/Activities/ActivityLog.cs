using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.Tables;

namespace Cloudreve.Core.Activities;

/// <summary>
/// The one place where is written what happened to files: for the activities of a file, the event stream of folders, and
/// whatever audits later. An event takes two rows of its owner's partition, by time and by file, in one transaction.
/// </summary>
/// <param name="layout">Where the rows are.</param>
/// <param name="clock">Stamps events.</param>
public sealed class ActivityLog(StorageLayout layout, TimeProvider clock)
{
    internal const string TimePrefix = "e|";
    internal const string FilePrefix = "f|";

    private const int PerBatch = AzureLimits.BatchOperations / 2;

    /// <summary>Writes events of one drive: one transaction for each 50.</summary>
    /// <param name="ownerId">Whose drive.</param>
    /// <param name="events">The events, in order.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task AppendAsync(long ownerId, IReadOnlyCollection<FileEvent> events, CancellationToken cancellationToken = default)
    {
        var ticks = clock.GetUtcNow().UtcTicks;
        foreach (var chunk in events.Chunk(PerBatch))
        {
            var batch = new TableBatch(Partition(ownerId));
            foreach (var entry in chunk)
            {
                var row = ToRow(ownerId, TimePrefix + TimeKey(ticks++), entry);
                batch.Upsert(row).Upsert(row.CopyTo(row.PartitionKey, FileKey(entry.File.Id, row.RowKey[TimePrefix.Length..])));
            }
            await layout.Events.SubmitAsync(batch, cancellationToken);
        }
    }

    internal static string Partition(long ownerId) => FileKeys.Folder(ownerId);

    internal static string FileKey(long fileId, string timeKey) => $"{FilePrefix}{FileKeys.Id(fileId)}|{timeKey}";

    /// <summary>Orders by time; the random part keeps processes from clashing.</summary>
    internal static string TimeKey(long ticks) =>
        string.Create(CultureInfo.InvariantCulture, $"{ticks:x16}-{Guid.NewGuid().ToString("N")[..8]}");

    private static Row ToRow(long ownerId, string rowKey, FileEvent entry) => new(Partition(ownerId), rowKey)
    {
        ["c"] = (int)entry.Category,
        ["by"] = entry.Actor.UserId,
        ["cl"] = entry.Actor.ClientId,
        ["id"] = entry.File.Id,
        ["t"] = (int)entry.File.Type,
        ["n"] = entry.File.Name,
        ["from"] = Print(entry.From),
        ["to"] = Print(entry.To),
        ["e"] = entry.File.PrimaryEntityId == 0 ? null : entry.File.PrimaryEntityId,
    };

    private static string? Print(FilePath? path) =>
        path is null ? null : JsonSerializer.Serialize([.. path.Segments], ActivityJson.Default.StringArray);
}

[JsonSerializable(typeof(string[]))]
internal sealed partial class ActivityJson : JsonSerializerContext;

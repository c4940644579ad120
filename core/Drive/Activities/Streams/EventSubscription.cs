using System.Globalization;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Drive.Activities.Streams;

/// <summary>
/// The subscription of a sync client to a folder, with the position that it has reached. It is kept while the client is offline, so that it
/// misses nothing.
/// </summary>
/// <param name="Folder">The path of the folder after the last event that was delivered; null when it was in the trash.</param>
/// <param name="Position">
/// The key that events are read from. It lies some time back, since processes write events concurrently and not in the order of keys.
/// </param>
/// <param name="Heard">The events behind the position that were heard.</param>
/// <param name="At">The time this was stored.</param>
public sealed record EventSubscription(
    long OwnerId, string ClientId, long FolderId, FilePath? Folder, string Position, IReadOnlyCollection<string> Heard, DateTimeOffset At)
{
    // A property of a row holds 32,768 characters; what does not fit is delivered twice, which does no harm.
    private const int MaxHeard = 1_100;
    internal const string Prefix = "s|";

    internal static string Key(string clientId, long folderId) => $"{Prefix}{clientId}|{FileKeys.Id(folderId)}";

    internal Row ToRow()
    {
        var row = new Row(ActivityLog.Partition(OwnerId), Key(ClientId, FolderId))
        {
            [Columns.Position] = Position,
            [Columns.Heard] = string.Join(',', Heard.OrderDescending(StringComparer.Ordinal).Take(MaxHeard)),
            [Columns.At] = At.UtcTicks,
        };
        PathText.Write(row, Columns.Path, Folder);
        return row;
    }

    internal static EventSubscription FromRow(Row row, long ownerId, string clientId, long folderId) => new(
        ownerId, clientId, folderId, PathText.Read(row, Columns.Path), row.Text(Columns.Position) ?? "",
        (row.Text(Columns.Heard) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries),
        new DateTimeOffset(row.RequiredNumber(Columns.At), TimeSpan.Zero));

    internal static string PositionAt(DateTimeOffset time) => string.Create(CultureInfo.InvariantCulture, $"{time.UtcTicks:x16}");

    internal static class Columns
    {
        public const string Position = "pos";
        public const string Heard = "heard";
        public const string At = "at";
        public const string Path = "path";
    }
}

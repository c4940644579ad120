using System.Globalization;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Activities.Streams;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Activities;

/// <summary>
/// The rows of events. An event has one by time and one by file. Files that were created with content together have two events each: one row by
/// file stands for both, and one row by time for those of all files. The keys of such events continue that of their row.
/// </summary>
internal static class ActivityRows
{
    /// <summary>Files that share a row by time: two such rows, and those of their files, fill a batch.</summary>
    public const int MostNewFiles = (AzureLimits.BatchOperations / 2) - 1;

    private const int TickCharacters = 16;
    private const int RandomCharacters = 8;
    private const int KeyCharacters = TickCharacters + 1 + RandomCharacters;

    public static Row ToRow(string partition, string rowKey, FileEvent entry)
    {
        var row = new Row(partition, rowKey)
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

    /// <summary>The row by time of new files of one folder. It begins like that of the first, for versions of the app that know no others.</summary>
    public static Row ToRow(string partition, string rowKey, Actor actor, IReadOnlyList<NewFile> files)
    {
        var row = ToRow(partition, rowKey, UploadOf(actor, files[0]));
        // No name holds a slash.
        LongText.Write(row, Columns.NewFiles, string.Join('/', files.Select(file => string.Create(CultureInfo.InvariantCulture, $"{file.File.Id:x}/{file.Path.Name}"))));
        return row;
    }

    /// <summary>The row by file of a new file.</summary>
    public static Row ToRow(string partition, string rowKey, Actor actor, NewFile file)
    {
        var row = ToRow(partition, rowKey, UploadOf(actor, file));
        row[Columns.IsNew] = true;
        return row;
    }

    private static FileEvent UploadOf(Actor actor, NewFile file) => new(ActivityCategory.EntityUploaded, actor, file.File, null, file.Path);

    /// <summary>The events of a row by file.</summary>
    /// <param name="row">The row.</param>
    /// <param name="key">Its key without the prefix.</param>
    public static IEnumerable<Activity> ActivitiesOf(Row row, string key)
    {
        var activity = new Activity(
            key, (ActivityCategory)row.RequiredNumber(Columns.Category), row.Number(Columns.UserId) ?? 0, TimeOf(key),
            PathText.Read(row, Columns.From), PathText.Read(row, Columns.To), row.Number(Columns.EntityId) ?? 0);
        return row.Flag(Columns.IsNew)
            ? [activity with { Key = EventKey(key, 0), Category = ActivityCategory.FileCreate }, activity with { Key = EventKey(key, 1), From = activity.To }]
            : [activity];
    }

    /// <summary>The events of a row by time.</summary>
    /// <param name="row">The row.</param>
    /// <param name="key">Its key without the prefix.</param>
    public static IEnumerable<LoggedEvent> EventsOf(Row row, string key)
    {
        var first = new LoggedEvent(
            key, TimeOf(key), (ActivityCategory)row.RequiredNumber(Columns.Category), row.Text(Columns.ClientId), row.RequiredNumber(Columns.FileId),
            PathText.Read(row, Columns.From), PathText.Read(row, Columns.To));
        return LongText.Read(row, Columns.NewFiles) is { } files ? EventsOf(first, first.To!.Parent, files.Split('/')) : [first];
    }

    private static IEnumerable<LoggedEvent> EventsOf(LoggedEvent first, FilePath folder, string[] files)
    {
        for (var i = 0; i < files.Length; i += 2)
        {
            var path = folder.Child(files[i + 1]);
            var upload = first with
            {
                Key = EventKey(first.Key, i + 1),
                FileId = long.Parse(files[i], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                From = path,
                To = path,
            };
            yield return upload with { Key = EventKey(first.Key, i), Category = ActivityCategory.FileCreate, From = null };
            yield return upload;
        }
    }

    /// <summary>The key of a row, without its prefix. It orders by time; the random part keeps processes from clashing.</summary>
    public static string TimeKey(long ticks) =>
        string.Create(CultureInfo.InvariantCulture, $"{ticks:x16}-{Guid.NewGuid().ToString("N")[..RandomCharacters]}");

    /// <summary>The key of the row that an event is in.</summary>
    /// <param name="key">The event's.</param>
    public static string RowKeyOf(string key) => key.Length > KeyCharacters ? key[..KeyCharacters] : key;

    private static string EventKey(string rowKey, int number) => string.Create(CultureInfo.InvariantCulture, $"{rowKey}{number:x2}");

    private static DateTimeOffset TimeOf(string key) =>
        new(long.Parse(key.AsSpan(0, TickCharacters), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), TimeSpan.Zero);

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
        public const string IsNew = "new";
        public const string NewFiles = "news";
    }
}

using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>The types of entries of a folder (contract, section 9).</summary>
public enum FileType
{
    /// <summary>A file.</summary>
    File = 0,

    /// <summary>A folder.</summary>
    Folder = 1,
}

/// <summary>An entity that a file refers to besides that of its current version.</summary>
/// <param name="Id">The entity.</param>
/// <param name="Type">An older version, a thumbnail or the motion part of a live photo.</param>
/// <param name="Size">Bytes.</param>
/// <param name="CreatedAt">The time the file came to refer to it.</param>
public sealed record EntityLink(long Id, EntityType Type, long Size, DateTimeOffset CreatedAt);

/// <summary>A file or folder as its folder's row holds it.</summary>
public sealed record FileRecord
{
    /// <summary>The id; a user's root folder has the id of the user.</summary>
    public required long Id { get; init; }

    /// <summary>The folder that holds it; 0 for a root.</summary>
    public required long ParentId { get; init; }

    /// <summary>The user whose drive it is in.</summary>
    public required long OwnerId { get; init; }

    /// <summary>File or folder.</summary>
    public required FileType Type { get; init; }

    /// <summary>The name; empty for a root.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes of the current version; 0 for folders.</summary>
    public long Size { get; init; }

    /// <summary>The entity of the current version; 0 for folders and empty files without a blob.</summary>
    public long PrimaryEntityId { get; init; }

    /// <summary>The time the entry was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time content or metadata last changed; for imported files the blob's own time.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Metadata, key to value.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = Empty;

    /// <summary>Entities besides that of the current version: older versions, thumbnails, live photos. Empty for folders.</summary>
    public IReadOnlyList<EntityLink> OtherEntities { get; init; } = NoLinks;

    /// <summary>The view that the owner chose for the folder, as JSON (contract, section 10); null for that of the folder above.</summary>
    public string? View { get; init; }

    /// <summary>Counts the moves of the entry; the id row's count decides which of two rows is current.</summary>
    internal long MoveVersion { get; init; } = 1;

    /// <summary>The version of the row that changes are checked against; empty when it was not read from that row.</summary>
    internal string ETag { get; init; } = "";

    /// <summary>The move that wants to bring the entry here and has not been finished; null for a settled entry.</summary>
    internal string? PendingMove { get; init; }

    /// <summary>Every entity that the file refers to, the current version first.</summary>
    [JsonIgnore]
    public IEnumerable<long> EntityIds => PrimaryEntityId == 0
        ? OtherEntities.Select(l => l.Id)
        : OtherEntities.Select(l => l.Id).Prepend(PrimaryEntityId);

    /// <summary>Bytes that the file counts for in its owner's quota: all versions and live photos (contract, section 12), not thumbnails.</summary>
    [JsonIgnore]
    public long ChargedSize => Size + OtherEntities.Where(l => l.Type != EntityType.Thumbnail).Sum(l => l.Size);

    /// <summary>
    /// True if the entry is a shortcut to a share, which cannot be walked into (contract, section 9). An entry is a shortcut from its creation
    /// on or never: an entry with content is none, whatever clients were once able to write into its metadata.
    /// </summary>
    [JsonIgnore]
    public bool IsSymbolic => PrimaryEntityId == 0 && Metadata.ContainsKey(SharedRedirect);

    /// <summary>The metadata key of a shortcut's destination.</summary>
    public const string SharedRedirect = "sys:shared_redirect";

    /// <summary>True if the entry is a user's root folder.</summary>
    public bool IsRoot => ParentId == 0;

    private static readonly Dictionary<string, string> Empty = [];

    private static readonly EntityLink[] NoLinks = [];

    internal static FileRecord FromRow(Row row, long parentId) => new()
    {
        Id = row.RequiredNumber(EntryColumns.Id),
        ParentId = parentId,
        OwnerId = row.RequiredNumber(EntryColumns.OwnerId),
        Type = row.EntryType,
        Name = row.Text(EntryColumns.Name) ?? "",
        Size = row.Number(EntryColumns.Size) ?? 0,
        PrimaryEntityId = row.Number(EntryColumns.PrimaryEntityId) ?? 0,
        CreatedAt = row.Time(EntryColumns.CreatedAt) ?? default,
        UpdatedAt = row.Time(EntryColumns.UpdatedAt) ?? default,
        Metadata = LongText.Read(row, EntryColumns.Metadata) is { Length: > 0 } json
            ? JsonSerializer.Deserialize(json, FileJson.Default.DictionaryStringString) ?? Empty
            : Empty,
        OtherEntities = LongText.Read(row, EntryColumns.OtherEntities) is { Length: > 0 } links ? EntityLinks.Parse(links) : NoLinks,
        View = row.Text(EntryColumns.View),
        MoveVersion = row.Number(EntryColumns.MoveVersion) ?? 1,
        PendingMove = row.Text(EntryColumns.PendingMove),
        ETag = row.RowKey.StartsWith(FileKeys.NamePrefix, StringComparison.Ordinal) || row.RowKey.StartsWith(FileKeys.FolderPrefix, StringComparison.Ordinal)
            ? row.ETag
            : "",
    };

    /// <summary>The row that changes of an entry are checked against: a file's name, a folder's full row.</summary>
    internal string GuardedKey => Type == FileType.File ? FileKeys.Name(Name) : FileKeys.FolderName(Name);

    /// <summary>The rows of an entry in its folder's partition. The first one is that of its name.</summary>
    internal IEnumerable<Row> ToRows()
    {
        var partition = FileKeys.Folder(ParentId);
        if (Type == FileType.File)
        {
            yield return ToRow(partition, FileKeys.Name(Name));
            yield return ToRow(partition, FileKeys.FileId(Id));
        }
        else
        {
            // The properties of a folder that a walk along a path needs are stored with its name.
            yield return new Row(partition, FileKeys.Name(Name)) { [EntryColumns.Id] = Id, [EntryColumns.Type] = (int)Type, [EntryColumns.View] = View, [EntryColumns.IsSymbolic] = IsSymbolic ? true : null };
            yield return ToRow(partition, FileKeys.FolderName(Name));
            yield return ToRow(partition, FileKeys.FolderId(Id));
        }
    }

    /// <summary>A condition for rows of folders.</summary>
    internal const string IsFolderCondition = EntryColumns.Type + " eq 1";

    /// <summary>A condition for id rows of files that are in a drive: ids that are only kept from being used have no owner.</summary>
    internal const string IsOwnedFileCondition = $"{EntryColumns.Type} eq 0 and {EntryColumns.OwnerId} gt 0L";

    /// <summary>A condition for rows of files of some size.</summary>
    /// <param name="least">The least size, above 0.</param>
    internal static string SizeCondition(long least) => string.Create(CultureInfo.InvariantCulture, $"{EntryColumns.Size} ge {least}L");

    /// <summary>A condition for rows by the time of creation.</summary>
    internal static string CreatedCondition(string comparison, DateTimeOffset time) => TimeCondition(EntryColumns.CreatedAt, comparison, time);

    /// <summary>A condition for rows by the time of the last change.</summary>
    internal static string UpdatedCondition(string comparison, DateTimeOffset time) => TimeCondition("u", comparison, time);

    private static string TimeCondition(string column, string comparison, DateTimeOffset time) =>
        $"{column} {comparison} {StoredTime.InCondition(time)}";

    /// <summary>All of the entry in one row.</summary>
    internal Row ToRow(string partition, string rowKey)
    {
        var row = new Row(partition, rowKey)
        {
            [EntryColumns.Id] = Id,
            [EntryColumns.OwnerId] = OwnerId,
            [EntryColumns.Type] = (int)Type,
            [EntryColumns.Name] = Name,
            [EntryColumns.Size] = Size == 0 ? null : Size,
            [EntryColumns.PrimaryEntityId] = PrimaryEntityId == 0 ? null : PrimaryEntityId,
            [EntryColumns.CreatedAt] = CreatedAt,
            [EntryColumns.UpdatedAt] = UpdatedAt,
            [EntryColumns.View] = View,
            [EntryColumns.MoveVersion] = MoveVersion == 1 ? null : MoveVersion,
        };
        if (Metadata.Count > 0)
            LongText.Write(row, EntryColumns.Metadata, FileJson.Print(Metadata));
        if (OtherEntities.Count > 0)
            LongText.Write(row, EntryColumns.OtherEntities, EntityLinks.Print(OtherEntities));
        return row;
    }
}

/// <summary>Entity links as a row keeps them: <c>id.type.size.ticks</c>, hexadecimal, separated by semicolons.</summary>
internal static class EntityLinks
{
    public static string Print(IEnumerable<EntityLink> links) => string.Join(
        ';', links.Select(l => string.Create(CultureInfo.InvariantCulture, $"{l.Id:x}.{(int)l.Type:x}.{l.Size:x}.{l.CreatedAt.UtcTicks:x}")));

    public static EntityLink[] Parse(string text) => [.. text.Split(';').Select(ParseLink)];

    private static EntityLink ParseLink(string text)
    {
        var parts = text.Split('.');
        return new EntityLink(Hex(parts[0]), (EntityType)Hex(parts[1]), Hex(parts[2]), new DateTimeOffset(Hex(parts[3]), TimeSpan.Zero));
    }

    private static long Hex(string text) => long.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}

[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class FileJson : JsonSerializerContext
{
    // The text is only read as JSON, so that no letter needs six characters.
    private static readonly FileJson s_short = new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static string Print(IReadOnlyDictionary<string, string> metadata) =>
        JsonSerializer.Serialize(metadata.ToDictionary(), s_short.DictionaryStringString);
}

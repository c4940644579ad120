using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Core.FileSystem;

/// <summary>What an entry of a folder is (contract, section 9).</summary>
public enum FileType
{
    /// <summary>A file.</summary>
    File = 0,

    /// <summary>A folder.</summary>
    Folder = 1,
}

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

    /// <summary>When the entry was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When content or metadata last changed; for imported files the blob's own time.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Metadata, key to value.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = Empty;

    /// <summary>Whether it is a user's root folder.</summary>
    public bool IsRoot => ParentId == 0;

    private static readonly Dictionary<string, string> Empty = [];

    internal static FileRecord FromRow(Row row, long parentId) => new()
    {
        Id = row.RequiredNumber("id"),
        ParentId = parentId,
        OwnerId = row.RequiredNumber("o"),
        Type = (FileType)row.RequiredNumber("t"),
        Name = row.Text("n") ?? "",
        Size = row.Number("s") ?? 0,
        PrimaryEntityId = row.Number("e") ?? 0,
        CreatedAt = row.Time("c") ?? default,
        UpdatedAt = row.Time("u") ?? default,
        Metadata = row.Text("m") is { Length: > 0 } json
            ? JsonSerializer.Deserialize(json, FileJson.Default.DictionaryStringString) ?? Empty
            : Empty,
    };

    /// <summary>The rows of a new entry in its folder's partition.</summary>
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
            yield return new Row(partition, FileKeys.Name(Name)) { ["id"] = Id, ["t"] = (int)Type };
            yield return ToRow(partition, FileKeys.FolderName(Name));
            yield return ToRow(partition, FileKeys.FolderId(Id));
        }
    }

    internal Row ToRow(string partition, string rowKey) => new(partition, rowKey)
    {
        ["id"] = Id,
        ["o"] = OwnerId,
        ["t"] = (int)Type,
        ["n"] = Name,
        ["s"] = Size == 0 ? null : Size,
        ["e"] = PrimaryEntityId == 0 ? null : PrimaryEntityId,
        ["c"] = CreatedAt,
        ["u"] = UpdatedAt,
        ["m"] = Metadata.Count == 0 ? null : JsonSerializer.Serialize(Metadata.ToDictionary(), FileJson.Default.DictionaryStringString),
    };
}

[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class FileJson : JsonSerializerContext;

using System.Globalization;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>The state of a write.</summary>
internal enum WriteState
{
    /// <summary>Content is being stored; nobody sees it.</summary>
    Open,

    /// <summary>Given up: its writer can no longer commit.</summary>
    Closed,

    /// <summary>The file has the content; the links that it dropped are being released.</summary>
    Written,
}

/// <summary>
/// A write of a file's content within one request, until it is settled. The row is in the partition of the file's folder: the batch
/// that gives the file its content removes it, or notes that it is done, on the condition that nobody has closed it.
/// </summary>
internal sealed record WriteIntent
{
    /// <summary>Prefix of intents' row keys: it sorts after all rows that folders are read for.</summary>
    public const string Prefix = "w|";

    public required Guid Id { get; init; }

    public required long OwnerId { get; init; }

    /// <summary>The folder whose partition has the row.</summary>
    public required long FolderId { get; init; }

    /// <summary>The file that gets the content.</summary>
    public required long FileId { get; init; }

    /// <summary>True if the write creates the file.</summary>
    public bool IsNewFile { get; init; }

    /// <summary>The entity to be; 0 for empty content.</summary>
    public long EntityId { get; init; }

    /// <summary>Bytes, which are charged.</summary>
    public long Size { get; init; }

    public int PolicyId { get; init; }

    /// <summary>The blob's name in the policy's container.</summary>
    public string Source { get; init; } = "";

    /// <summary>True if the blob is written in several blocks.</summary>
    public bool IsInBlocks { get; init; }

    public WriteState State { get; init; }

    /// <summary>The links that the file has dropped since it has the content.</summary>
    public IReadOnlyList<EntityLink> Dropped { get; init; } = [];

    /// <summary>The time from which anyone who finds the intent may settle it.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The version of the row.</summary>
    public string ETag { get; init; } = "";

    public string RowKey => KeyOf(Id);

    /// <summary>The name under which the bytes are charged.</summary>
    public string Operation => $"up-{Id:N}";

    public static string KeyOf(Guid id) => Prefix + id.ToString("N", CultureInfo.InvariantCulture);

    public Row ToRow()
    {
        var row = new Row(FileKeys.Folder(FolderId), RowKey)
        {
            [Columns.Owner] = OwnerId,
            [Columns.Folder] = FolderId,
            [Columns.File] = FileId,
            [Columns.IsNewFile] = IsNewFile,
            [Columns.Entity] = EntityId,
            [Columns.Size] = Size,
            [Columns.Policy] = PolicyId,
            [Columns.Source] = Source,
            [Columns.IsInBlocks] = IsInBlocks,
            [Columns.State] = (int)State,
            [Columns.Expires] = ExpiresAt,
        };
        if (Dropped.Count > 0)
            LongText.Write(row, Columns.Dropped, EntityLinks.Print(Dropped));
        return row;
    }

    public static WriteIntent FromRow(Row row) => new()
    {
        Id = Guid.ParseExact(row.RowKey.AsSpan(Prefix.Length), "N"),
        OwnerId = row.RequiredNumber(Columns.Owner),
        FolderId = row.RequiredNumber(Columns.Folder),
        FileId = row.RequiredNumber(Columns.File),
        IsNewFile = row.Flag(Columns.IsNewFile),
        EntityId = row.RequiredNumber(Columns.Entity),
        Size = row.RequiredNumber(Columns.Size),
        PolicyId = (int)row.RequiredNumber(Columns.Policy),
        Source = row.RequiredText(Columns.Source),
        IsInBlocks = row.Flag(Columns.IsInBlocks),
        State = (WriteState)row.RequiredNumber(Columns.State),
        Dropped = LongText.Read(row, Columns.Dropped) is { Length: > 0 } links ? EntityLinks.Parse(links) : [],
        ExpiresAt = row.Time(Columns.Expires) ?? default,
        ETag = row.ETag,
    };

    private static class Columns
    {
        public const string Owner = "o";
        public const string Folder = "d";
        public const string File = "f";
        public const string IsNewFile = "new";
        public const string Entity = "e";
        public const string Size = "s";
        public const string Policy = "pol";
        public const string Source = "src";
        public const string IsInBlocks = "blk";
        public const string State = "st";
        public const string Expires = "x";
        public const string Dropped = "rel";
    }
}

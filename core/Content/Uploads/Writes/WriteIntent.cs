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
/// A write of a file's content within one request, or of some new files of one folder together, until it is settled. The row is in the partition
/// of the folder: the batch that gives the files their content removes it, or notes that it is done, on the condition that nobody has closed it.
/// </summary>
internal sealed record WriteIntent
{
    /// <summary>Prefix of intents' row keys: it sorts after all rows that folders are read for.</summary>
    public const string Prefix = "w|";

    public required Guid Id { get; init; }

    public required long OwnerId { get; init; }

    /// <summary>The folder whose partition has the row.</summary>
    public required long FolderId { get; init; }

    /// <summary>The file that gets the content; 0 for a group.</summary>
    public required long FileId { get; init; }

    /// <summary>True if the write creates the file, as all of a group.</summary>
    public bool IsNewFile { get; init; }

    /// <summary>The entity to be; 0 for empty content and for a group.</summary>
    public long EntityId { get; init; }

    /// <summary>Bytes, which are charged: of a group those of all its files.</summary>
    public long Size { get; init; }

    public int PolicyId { get; init; }

    /// <summary>The blob's name in the policy's container; empty without one and for a group.</summary>
    public string Source { get; init; } = "";

    /// <summary>The files of a group, all or none of which get their content; empty for a write of one file.</summary>
    public IReadOnlyList<IntendedFile> Group { get; init; } = [];

    /// <summary>The files that get content: one, or those of the group.</summary>
    public IReadOnlyList<IntendedFile> Files => Group.Count > 0 ? Group : [new IntendedFile(FileId, EntityId, Size, Source)];

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
            [Columns.IsNewFile] = IsNewFile,
            [Columns.Size] = Size,
            [Columns.Policy] = PolicyId,
            [Columns.IsInBlocks] = IsInBlocks,
            [Columns.State] = (int)State,
            [Columns.Expires] = ExpiresAt,
        };
        // Without these columns, a version of the app that knows no groups fails at the row. It would forget files if it settled it.
        if (Group.Count == 0)
            (row[Columns.File], row[Columns.Entity], row[Columns.Source]) = (FileId, EntityId, Source);
        else
            LongText.Write(row, Columns.Group, IntendedFile.Print(Group));
        if (Dropped.Count > 0)
            LongText.Write(row, Columns.Dropped, EntityLinks.Print(Dropped));
        return row;
    }

    public static WriteIntent FromRow(Row row)
    {
        var intent = new WriteIntent
        {
            Id = Guid.ParseExact(row.RowKey.AsSpan(Prefix.Length), "N"),
            OwnerId = row.RequiredNumber(Columns.Owner),
            FolderId = row.RequiredNumber(Columns.Folder),
            FileId = 0,
            IsNewFile = row.Flag(Columns.IsNewFile),
            Size = row.RequiredNumber(Columns.Size),
            PolicyId = (int)row.RequiredNumber(Columns.Policy),
            IsInBlocks = row.Flag(Columns.IsInBlocks),
            State = (WriteState)row.RequiredNumber(Columns.State),
            Dropped = LongText.Read(row, Columns.Dropped) is { Length: > 0 } links ? EntityLinks.Parse(links) : [],
            ExpiresAt = row.Time(Columns.Expires) ?? default,
            ETag = row.ETag,
        };
        return LongText.Read(row, Columns.Group) is { } group
            ? intent with { Group = IntendedFile.Parse(group) }
            : intent with
            {
                FileId = row.RequiredNumber(Columns.File),
                EntityId = row.RequiredNumber(Columns.Entity),
                Source = row.RequiredText(Columns.Source),
            };
    }

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
        public const string Group = "grp";
    }
}

using System.Text.Json;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Moves;

/// <summary>
/// A move that has begun: what a later run needs to finish or undo it. The id row decides which: a move is done
/// from the moment the id row says <see cref="To"/>, and what remains is to make the folders' rows say the same.
/// </summary>
internal sealed record MoveIntent
{
    /// <summary>Folder number of what is deleted for good: no folder has it.</summary>
    public const long Nowhere = long.MinValue;

    /// <summary>The move's own id.</summary>
    public required string Operation { get; init; }

    /// <summary>The entry that is moved.</summary>
    public required long FileId { get; init; }

    /// <summary>File or folder.</summary>
    public required FileType Type { get; init; }

    /// <summary>The folder that it leaves.</summary>
    public required long From { get; init; }

    /// <summary>Number of times that it had been moved before.</summary>
    public required long FromVersion { get; init; }

    /// <summary>The folder that it is moved to; <see cref="Nowhere"/> when it is deleted.</summary>
    public required long To { get; init; }

    /// <summary>Its name there.</summary>
    public string ToName { get; init; } = "";

    /// <summary>The time the move began.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>For a deletion the entry as it last was, for a copy as it will be, so that its blobs can be released.</summary>
    public FileRecord? Deleted { get; init; }

    /// <summary>For a deletion: true if blobs stay in their containers.</summary>
    public bool KeepsBlobs { get; init; }

    /// <summary>For a deletion of a folder: the page of files whose bytes have been refunded, or are being refunded.</summary>
    public DeletionPage? Page { get; init; }

    /// <summary>The row's version; empty for one that was not read.</summary>
    public string ETag { get; init; } = "";

    public bool IsDeletion => To == Nowhere;

    /// <summary>True if the entry is a copy, which has no previous location.</summary>
    public bool IsCopy => From == Nowhere;

    /// <summary>Names the charge of a copy.</summary>
    public string ChargeId => $"copy-{Operation}";

    public static MoveIntent FromRow(Row row) => new()
    {
        Operation = row.RowKey[DriveControl.MovePrefix.Length..],
        FileId = row.RequiredNumber(Columns.FileId),
        Type = (FileType)row.RequiredNumber(Columns.Type),
        From = row.RequiredNumber(Columns.From),
        FromVersion = row.RequiredNumber(Columns.FromVersion),
        To = row.RequiredNumber(Columns.To),
        ToName = row.Text(Columns.ToName) ?? "",
        At = row.Time(Columns.At) ?? default,
        Deleted = LongText.Read(row, Columns.Deleted) is { } json ? JsonSerializer.Deserialize(json, SnapshotJson.Default.FileRecord) : null,
        KeepsBlobs = row.Flag(Columns.KeepsBlobs),
        Page = row.Number(Columns.PageFolder) is { } folder ? new DeletionPage(folder, row.RequiredText(Columns.PageLastKey), row.RequiredNumber(Columns.PageBytes)) : null,
        ETag = row.ETag,
    };

    public Row ToRow(long ownerId)
    {
        var row = new Row(DriveControl.Partition(ownerId), DriveControl.MovePrefix + Operation)
        {
            [Columns.FileId] = FileId,
            [Columns.Type] = (int)Type,
            [Columns.From] = From,
            [Columns.FromVersion] = FromVersion,
            [Columns.To] = To,
            [Columns.ToName] = ToName,
            [Columns.At] = At,
            [Columns.KeepsBlobs] = KeepsBlobs ? true : null,
            [Columns.PageFolder] = Page?.Folder,
            [Columns.PageLastKey] = Page?.LastKey,
            [Columns.PageBytes] = Page?.Bytes,
        };
        if (Deleted is not null)
            LongText.Write(row, Columns.Deleted, JsonSerializer.Serialize(Deleted, SnapshotJson.Default.FileRecord));
        return row;
    }

    private static class Columns
    {
        public const string PageFolder = "pf";
        public const string PageLastKey = "pk";
        public const string PageBytes = "pb";
        public const string FileId = "id";
        public const string Type = "t";
        public const string From = "from";
        public const string FromVersion = "v";
        public const string To = "to";
        public const string ToName = "n";
        public const string At = "at";
        public const string KeepsBlobs = "keep";
        public const string Deleted = "del";
    }
}

/// <summary>A run of a deleted folder's files that is removed as a whole, so that its bytes are refunded exactly once.</summary>
/// <param name="LastKey">The last row of the run.</param>
/// <param name="Bytes">The bytes that the files of the run are charged.</param>
internal sealed record DeletionPage(long Folder, string LastKey, long Bytes);

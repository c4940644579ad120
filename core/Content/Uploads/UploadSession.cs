using System.Globalization;
using System.Text.Json;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.Uploads;

/// <summary>
/// The state of an upload. Each transition is conditional on the version of the upload's row, so exactly one of two competing calls decides.
/// </summary>
public enum UploadState
{
    /// <summary>Accepts content; may be completed or cancelled.</summary>
    Open,

    /// <summary>The blob is complete and its entity is written; only the file remains to be changed.</summary>
    Completing,

    /// <summary>The file has the content. The row stays until the addresses for writing have expired.</summary>
    Completed,

    /// <summary>Given up. The row stays until the addresses for writing have expired.</summary>
    Cancelled,
}

/// <summary>An upload that is in progress, or was until recently.</summary>
public sealed record UploadSession
{
    /// <summary>The id that clients know.</summary>
    public required Guid Id { get; init; }

    /// <summary>The owner of the drive that the file is in, whose quota was charged.</summary>
    public required long OwnerId { get; init; }

    /// <summary>The user who uploads.</summary>
    public required long CreatedBy { get; init; }

    /// <summary>The sync client that uploads; null for others.</summary>
    public string? ClientId { get; init; }

    /// <summary>The file that gets the content.</summary>
    public required long FileId { get; init; }

    /// <summary>The folder that the file was in when the upload began.</summary>
    public required long ParentId { get; init; }

    /// <summary>The path that the file had when the upload began.</summary>
    public required FilePath Path { get; init; }

    /// <summary>True if the upload created the file, which remains a placeholder until the upload is complete.</summary>
    public bool IsNewFile { get; init; }

    /// <summary>A version or the motion part of a live photo.</summary>
    public EntityType Type { get; init; }

    /// <summary>Bytes, as announced.</summary>
    public required long Size { get; init; }

    /// <summary>Bytes of a chunk; see <see cref="ChunkPlan"/>.</summary>
    public long ChunkSize { get; init; }

    /// <summary>True if chunks pass through the functions.</summary>
    public bool IsRelay { get; init; }

    /// <summary>The storage policy of the blob.</summary>
    public required int PolicyId { get; init; }

    /// <summary>The entity to be; 0 for an empty file, which has none.</summary>
    public long EntityId { get; init; }

    /// <summary>The blob's name in the policy's container.</summary>
    public string Source { get; init; } = "";

    /// <summary>The only blob that the client of a direct upload can write to; nothing refers to it.</summary>
    public string StagingName => $"{UploadBlobs.StagingFolder}{Id:N}";

    /// <summary>The encryption of the blob, as in <see cref="EntityRecord.Encryption"/>; null for a plain one.</summary>
    public string? Encryption { get; init; }

    /// <summary>Number of versions that the file keeps, the new one included; 0 for all.</summary>
    public int KeepVersions { get; init; }

    /// <summary>The entity that was current when the upload began; 0 for none.</summary>
    public long PreviousEntityId { get; init; }

    /// <summary>The time that entity was created.</summary>
    public DateTimeOffset? PreviousCreatedAt { get; init; }

    /// <summary>The time the content last changed, according to the client.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>Metadata that the file gets with the content.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>The token of the lock on the path; empty in rows of uploads that took none.</summary>
    public string LockToken { get; init; } = "";

    /// <summary>The time the upload began.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time the upload expires unless it was completed.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The state of the upload.</summary>
    public UploadState State { get; init; }

    /// <summary>True if the file was deleted during the upload, which can then no longer be completed.</summary>
    public bool IsFileDeleted { get; init; }

    /// <summary>The links that the file drops once it has the content: thumbnails, and versions beyond the limit.</summary>
    public IReadOnlyList<EntityLink> Dropped { get; init; } = [];

    /// <summary>True if the expiry job has checked the upload some minutes after it began, to undo what an interrupted request left behind.</summary>
    internal bool IsReviewed { get; init; }

    /// <summary>True if it was recorded that the client knows the upload; see <see cref="UploadAnswers"/>.</summary>
    public bool IsAnswered { get; init; }

    /// <summary>The chunks that have arrived through the functions, a bit for each.</summary>
    internal byte[] Received { get; init; } = [];

    /// <summary>The version of the row.</summary>
    internal string ETag { get; init; } = "";

    /// <summary>
    /// The version of the placeholder's row. It is not stored: the code that begins an upload may pass it to the code that completes it, which
    /// saves a transaction as long as the placeholder has not been changed. Empty when it is not known.
    /// </summary>
    public string PlaceholderETag { get; init; } = "";

    /// <summary>The placeholder of a new file as it was made.</summary>
    internal FileRecord Placeholder => new()
    {
        Id = FileId,
        ParentId = ParentId,
        OwnerId = OwnerId,
        Type = FileType.File,
        Name = Path.Name,
        CreatedAt = CreatedAt,
        UpdatedAt = CreatedAt,
        Metadata = new Dictionary<string, string> { [MetadataKeys.UploadSession] = Mark },
        ETag = PlaceholderETag,
    };

    /// <summary>The division of the content into chunks.</summary>
    public ChunkPlan Chunks => new(Size, ChunkSize);

    /// <summary>The mark that the file has until it gets the content.</summary>
    public string Mark => Id.ToString("D");

    /// <summary>The user and client that upload, for the log.</summary>
    internal Actor Actor => new(CreatedBy, ClientId);

    /// <summary>Checks whether an upload is pending that will give a file its content.</summary>
    internal bool IsAwaitedBy(FileRecord file) => file.Metadata.GetValueOrDefault(MetadataKeys.UploadSession) == Mark;

    internal bool HasReceived(int index) => index / 8 < Received.Length && (Received[index / 8] & (1 << (index % 8))) != 0;

    internal bool HasReceivedAll()
    {
        for (var i = 0; i < Chunks.Count; i++)
        {
            if (!HasReceived(i))
                return false;
        }
        return true;
    }

    internal UploadSession WithReceived(int index)
    {
        var bits = new byte[(Chunks.Count + 7) / 8];
        Received.CopyTo(bits, 0);
        bits[index / 8] |= (byte)(1 << (index % 8));
        return this with { Received = bits };
    }

    internal Row ToRow()
    {
        var row = new Row(PartitionOf(Id), RowKey)
        {
            [Columns.OwnerId] = OwnerId,
            [Columns.CreatedBy] = CreatedBy,
            [Columns.ClientId] = ClientId,
            [Columns.FileId] = FileId,
            [Columns.ParentId] = ParentId,
            [Columns.IsNewFile] = IsNewFile ? true : null,
            [Columns.Type] = (int)Type,
            [Columns.Size] = Size,
            [Columns.ChunkSize] = ChunkSize,
            [Columns.IsRelay] = IsRelay ? true : null,
            [Columns.PolicyId] = PolicyId,
            [Columns.EntityId] = EntityId,
            [Columns.Source] = Source,
            [Columns.Encryption] = Encryption,
            [Columns.KeepVersions] = KeepVersions,
            [Columns.PreviousEntityId] = PreviousEntityId,
            [Columns.PreviousCreatedAt] = PreviousCreatedAt,
            [Columns.ModifiedAt] = ModifiedAt,
            [Columns.LockToken] = LockToken,
            [Columns.CreatedAt] = CreatedAt,
            [Columns.ExpiresAt] = ExpiresAt,
            [Columns.State] = (int)State,
            [Reviewed] = IsReviewed,
            [Answered] = IsAnswered ? true : null,
            [Columns.IsFileDeleted] = IsFileDeleted ? true : null,
            [Columns.Received] = Received.Length == 0 ? null : Received,
        };
        PathText.Write(row, Columns.Path, Path);
        if (Metadata.Count > 0)
            LongText.Write(row, Columns.Metadata, FileJson.Print(Metadata));
        if (Dropped.Count > 0)
            LongText.Write(row, Columns.Dropped, EntityLinks.Print(Dropped));
        return row;
    }

    internal static UploadSession FromRow(Row row) => new()
    {
        Id = Guid.ParseExact(row.PartitionKey, "N"),
        OwnerId = row.RequiredNumber(Columns.OwnerId),
        CreatedBy = row.RequiredNumber(Columns.CreatedBy),
        ClientId = row.Text(Columns.ClientId),
        FileId = row.RequiredNumber(Columns.FileId),
        ParentId = row.RequiredNumber(Columns.ParentId),
        Path = PathText.Read(row, Columns.Path)!,
        IsNewFile = row.Flag(Columns.IsNewFile),
        Type = (EntityType)row.RequiredNumber(Columns.Type),
        Size = row.RequiredNumber(Columns.Size),
        ChunkSize = row.RequiredNumber(Columns.ChunkSize),
        IsRelay = row.Flag(Columns.IsRelay),
        PolicyId = (int)row.RequiredNumber(Columns.PolicyId),
        EntityId = row.RequiredNumber(Columns.EntityId),
        Source = row.RequiredText(Columns.Source),
        Encryption = row.Text(Columns.Encryption),
        KeepVersions = (int)row.RequiredNumber(Columns.KeepVersions),
        PreviousEntityId = row.RequiredNumber(Columns.PreviousEntityId),
        PreviousCreatedAt = row.Time(Columns.PreviousCreatedAt),
        ModifiedAt = row.Time(Columns.ModifiedAt),
        LockToken = row.RequiredText(Columns.LockToken),
        CreatedAt = row.Time(Columns.CreatedAt) ?? default,
        ExpiresAt = row.Time(Columns.ExpiresAt) ?? default,
        State = (UploadState)row.RequiredNumber(Columns.State),
        IsReviewed = row.Flag(Reviewed),
        IsAnswered = row.Flag(Answered),
        IsFileDeleted = row.Flag(Columns.IsFileDeleted),
        Received = row.Bytes(Columns.Received) ?? [],
        Metadata = LongText.Read(row, Columns.Metadata) is { } json ? JsonSerializer.Deserialize(json, FileJson.Default.DictionaryStringString)! : new Dictionary<string, string>(),
        Dropped = LongText.Read(row, Columns.Dropped) is { Length: > 0 } links ? EntityLinks.Parse(links) : [],
        ETag = row.ETag,
    };

    internal const string RowKey = "session";

    /// <summary>The column of <see cref="IsReviewed"/>.</summary>
    internal const string Reviewed = "k";

    /// <summary>The column of <see cref="IsAnswered"/>.</summary>
    internal const string Answered = "a";

    internal static string PartitionOf(Guid id) => id.ToString("N", CultureInfo.InvariantCulture);

    internal static class Columns
    {
        public const string OwnerId = "o";
        public const string CreatedBy = "by";
        public const string ClientId = "cl";
        public const string FileId = "f";
        public const string ParentId = "p";
        public const string IsNewFile = "new";
        public const string Type = "t";
        public const string Size = "s";
        public const string ChunkSize = "ch";
        public const string IsRelay = "relay";
        public const string PolicyId = "pol";
        public const string EntityId = "e";
        public const string Source = "src";
        public const string Encryption = "enc";
        public const string KeepVersions = "keep";
        public const string PreviousEntityId = "pe";
        public const string PreviousCreatedAt = "pc";
        public const string ModifiedAt = "u";
        public const string LockToken = "l";
        public const string CreatedAt = "c";
        public const string ExpiresAt = "x";
        public const string State = "st";
        public const string IsFileDeleted = "gone";
        public const string Received = "rec";
        public const string Path = "path";
        public const string Metadata = "m";
        public const string Dropped = "d";
    }
}

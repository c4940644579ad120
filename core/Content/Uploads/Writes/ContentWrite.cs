using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>A write of a file's content, as its writer knows it.</summary>
internal sealed class ContentWrite
{
    /// <summary>The content to write; the size of open-ended content is known at its end.</summary>
    public required UploadRequest Request { get; set; }

    /// <summary>The drive as it was when the path was resolved.</summary>
    public required DriveControl Seen { get; init; }

    /// <summary>The row; its version changes while the write continues.</summary>
    public required WriteIntent Intent { get; set; }

    /// <summary>The folder; null when it has to be made.</summary>
    public required long? ParentId { get; set; }

    /// <summary>The file that gets the content; null for a new one.</summary>
    public required FileRecord? File { get; set; }

    public required DateTimeOffset At { get; init; }

    public required int KeepVersions { get; init; }

    /// <summary>See <see cref="ContentRequest.Metadata"/>.</summary>
    public ReplacedMetadata? Metadata { get; init; }

    /// <summary>The most bytes that the owner may have in use.</summary>
    public required long? Limit { get; init; }

    /// <summary>Throws for a size that the policy does not allow.</summary>
    public required Action<long> CheckSize { get; init; }

    /// <summary>Bytes of a block.</summary>
    public required long BlockSize { get; init; }

    /// <summary>The encryption, as in <see cref="EntityRecord.Encryption"/>.</summary>
    public string? Encryption { get; init; }

    /// <summary>See <see cref="ContentRequest.TaskId"/>.</summary>
    public long TaskId { get; init; }

    /// <summary>The entity whose time is <see cref="PreviousCreatedAt"/>.</summary>
    public long PreviousId { get; init; }

    public DateTimeOffset? PreviousCreatedAt { get; set; }

    /// <summary>True once a call for it was left without a response: it may take effect after the write was undone.</summary>
    public bool MayTakeEffectLate { get; set; }

    public ChunkPlan Blocks => new(Request.Size, BlockSize);

    public Actor Actor => new(Intent.OwnerId, Request.ClientId);

    public EntityLink Link => new(Intent.EntityId, EntityType.Version, Request.Size, At);

    public EntityRecord Entity => new()
    {
        Id = Intent.EntityId,
        Type = EntityType.Version,
        Size = Request.Size,
        PolicyId = Intent.PolicyId,
        Source = Intent.Source,
        FileId = Intent.FileId,
        CreatedBy = Intent.OwnerId,
        CreatedAt = At,
        Encryption = Encryption,
        TaskId = TaskId,
    };
}

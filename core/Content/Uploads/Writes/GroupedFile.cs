using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>A small file that is written together with others.</summary>
/// <param name="Path">Its path in the drive. Its folder must exist.</param>
/// <param name="ModifiedAt">The time the content last changed.</param>
/// <param name="Content">The content.</param>
internal sealed record GroupedFile(FilePath Path, DateTimeOffset ModifiedAt, byte[] Content)
{
    /// <summary>See <see cref="ContentRequest.TaskId"/>.</summary>
    public long TaskId { get; init; }

    public UploadRequest Request => new(Path, Content.Length) { ModifiedAt = ModifiedAt };
}

/// <summary>What became of a file of a group. Without a file and an error it was left alone: it needs a write of its own, which will tell why.</summary>
/// <param name="File">The file as it is stored; null for none.</param>
/// <param name="Error">The reason that it could not be written; null for none.</param>
internal readonly record struct GroupedWrite(FileRecord? File, CloudreveException? Error)
{
    /// <summary>True if nothing was done about the file.</summary>
    public bool IsLeft => File is null && Error is null;
}

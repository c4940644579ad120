using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>
/// Finds what an earlier run of a task has written already, when a step is repeated. The content itself names its task: a name, a size and times prove
/// nothing, since another archive of the same tree, or its owner, may have brought a file that has all of them.
/// </summary>
/// <param name="byPath">Finds files.</param>
/// <param name="entities">Finds contents.</param>
/// <param name="task">The task.</param>
/// <param name="since">The time that its files are younger than.</param>
internal sealed class TaskFiles(EntriesByPath byPath, EntityStore entities, TaskReference task, DateTimeOffset since)
{
    /// <summary>The task, for <see cref="ContentRequest.TaskId"/>.</summary>
    public long TaskId => task.TaskId;

    /// <summary>A file at a path if the task has written it: one transaction for its content, and those of the path.</summary>
    /// <param name="path">The path in the drive of the task's owner.</param>
    /// <param name="size">Bytes of the file; null for any number.</param>
    /// <param name="updatedAt">The time that it was given.</param>
    public async Task<FileRecord?> FindAsync(FilePath path, long? size, DateTimeOffset updatedAt, CancellationToken cancellationToken)
    {
        if (await byPath.FindAsync(task.OwnerId, path, cancellationToken) is not { Type: FileType.File } file
            || file.UpdatedAt != updatedAt || (size ?? file.Size) != file.Size)
            return null;
        // Empty files have no content that could name a task, and none that could differ.
        if (file.PrimaryEntityId == 0)
            return file.CreatedAt >= since ? file : null;
        return await entities.FindAsync(file.PrimaryEntityId, cancellationToken) is { } entity && entity.TaskId == task.TaskId ? file : null;
    }
}

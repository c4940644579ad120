using System.Collections.Concurrent;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Archives.Listing;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>Extracts entries of an archive to a drive. An entry that an earlier run has extracted already counts once.</summary>
/// <param name="tree">Makes folders.</param>
/// <param name="writer">Makes files.</param>
/// <param name="caller">The owner of the drive.</param>
/// <param name="destination">The folder that the archive is extracted to.</param>
/// <param name="since">The time the task was created.</param>
internal sealed class EntryWriter(FileTree tree, FileContentWriter writer, Caller caller, FilePath destination, DateTimeOffset since)
{
    private readonly ConcurrentDictionary<FilePath, Lazy<Task>> _folders = new();

    /// <summary>Extracts an entry.</summary>
    /// <param name="file">The entry.</param>
    /// <param name="open">Opens its content.</param>
    /// <returns>The reason that it could not be extracted; null when it was.</returns>
    /// <exception cref="CloudreveException">40051: there is no space, for this or any other entry.</exception>
    /// <exception cref="RetryLaterException">It may succeed later.</exception>
    public async Task<string?> WriteAsync(ArchivedFile file, Func<CancellationToken, Task<Stream>> open, CancellationToken cancellationToken)
    {
        if (EntryPaths.Find(destination, file.Name) is not { } path)
            return "Its name is not allowed.";
        try
        {
            if (file.IsDirectory)
            {
                await MakeFolderAsync(path, cancellationToken);
                return null;
            }
            if (path.Depth > destination.Depth + 1)
                await MakeFolderAsync(path.Parent, cancellationToken);
            await using var content = await open(cancellationToken);
            await writer.WriteAsync(
                caller, new ContentRequest(path, file.Size) { ModifiedAt = file.UpdatedAt, IsNew = true }, content, cancellationToken);
            return null;
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.ObjectExists)
        {
            return await IsOursAsync(file, path, cancellationToken) ? null : e.Message;
        }
        catch (CloudreveException e) when (e.Code is ErrorCode.Conflict or ErrorCode.TooManyRequests)
        {
            throw new RetryLaterException(e.Message, e);
        }
        catch (CloudreveException e) when (e.Code is not (ErrorCode.QuotaExceeded or ErrorCode.PolicyNotAllowed))
        {
            return e.Message;
        }
    }

    /// <summary>Each folder is created once, however many entries are below it.</summary>
    private async Task MakeFolderAsync(FilePath path, CancellationToken cancellationToken)
    {
        var made = _folders.GetOrAdd(path, p => new Lazy<Task>(() => EnsureAsync(p, cancellationToken)));
        try
        {
            await made.Value;
        }
        catch
        {
            _folders.TryRemove(new(path, made));
            throw;
        }
    }

    private async Task EnsureAsync(FilePath path, CancellationToken cancellationToken)
    {
        if (await tree.FindFolderIdAsync(caller.UserId, path, cancellationToken) is null)
            await tree.CreateAsync(caller.UserId, path, NewEntry.Folder, failIfExists: false, cancellationToken);
    }

    /// <summary>Checks whether an earlier run extracted a file: it is as the archive says, and newer than the task.</summary>
    private async Task<bool> IsOursAsync(ArchivedFile file, FilePath path, CancellationToken cancellationToken) =>
        await tree.FindAsync(caller.UserId, path, cancellationToken) is { Type: FileType.File } found
        && found.CreatedAt >= since && found.Size == file.Size && found.UpdatedAt == file.UpdatedAt;
}

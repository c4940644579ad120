using System.Collections.Concurrent;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>Extracts entries of an archive to a drive. An entry that an earlier run has extracted already counts once.</summary>
/// <param name="byPath">Finds files by path.</param>
/// <param name="creation">Makes folders.</param>
/// <param name="writer">Makes files.</param>
/// <param name="caller">The owner of the drive.</param>
/// <param name="destination">The folder that the archive is extracted to.</param>
/// <param name="own">Finds what an earlier run has extracted.</param>
/// <param name="ended">Ends the step. Folders are made for several entries, so no end of one may end their making.</param>
internal sealed class EntryWriter(
    EntriesByPath byPath, EntryCreation creation, FileContentWriter writer, Caller caller, FilePath destination, TaskFiles own, CancellationToken ended)
{
    private readonly ConcurrentDictionary<FilePath, Lazy<Task>> _folders = new();
    private int _written;

    /// <summary>True if files were written that no earlier run had written.</summary>
    public bool HasWritten => Volatile.Read(ref _written) > 0;

    /// <summary>A small entry that is to be written with others.</summary>
    /// <param name="entry">The entry, in memory.</param>
    /// <param name="path">Its path in the drive.</param>
    public GroupedFile Group(SourceEntry entry, FilePath path) => new(path, entry.File.UpdatedAt, entry.Content!) { TaskId = own.TaskId };

    /// <summary>Counts a file that was written.</summary>
    public EntryOutcome Count(FileRecord file)
    {
        Interlocked.Increment(ref _written);
        return new EntryOutcome(null, file.Size);
    }

    /// <summary>Extracts an entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <returns>What became of it.</returns>
    /// <exception cref="CloudreveException">40051: there is no space, for this or any other entry.</exception>
    /// <exception cref="RetryLaterException">It may succeed later.</exception>
    public async Task<EntryOutcome> WriteAsync(SourceEntry entry, CancellationToken cancellationToken)
    {
        var file = entry.File;
        if (entry.Refusal is not null)
            return new EntryOutcome(entry.Refusal, 0);
        if (PathOf(entry) is not { } path)
            return new EntryOutcome("Its name is not allowed.", 0);
        try
        {
            if (file.IsDirectory)
            {
                await MakeFolderAsync(path);
                return new EntryOutcome(null, 0);
            }
            await MakeParentAsync(path);
            await using var content = await entry.OpenAsync(cancellationToken);
            var request = new ContentRequest(path, file.Size) { ModifiedAt = file.UpdatedAt, IsNew = true, TaskId = own.TaskId };
            var written = entry.IsOpenEnded
                ? (await writer.PutOpenEndedAsync(caller, request, content, cancellationToken)).File
                : await writer.WriteAsync(caller, request, content, cancellationToken);
            return Count(written);
        }
        catch (CloudreveException e)
        {
            return await JudgeAsync(entry, path, e, cancellationToken);
        }
    }

    /// <summary>The path of an entry in the drive; null where its name is not allowed.</summary>
    public FilePath? PathOf(SourceEntry entry) => EntryPaths.Find(destination, entry.File.Name);

    /// <summary>Makes the folder of a file, if it is missing.</summary>
    public Task MakeParentAsync(FilePath path) =>
        path.Depth > destination.Depth + 1 ? MakeFolderAsync(path.Parent) : Task.CompletedTask;

    /// <summary>Makes folders together, in few transactions. What is unusual about one is left to the making of that folder alone.</summary>
    public async Task MakeFoldersAsync(IEnumerable<FilePath> folders)
    {
        var unknown = folders.Where(folder => folder.Depth > destination.Depth && !_folders.ContainsKey(folder)).Distinct().ToList();
        if (unknown.Count < 2)
            return;
        try
        {
            foreach (var folder in await creation.CreateFoldersAsync(caller.UserId, destination, unknown, ended))
                _folders.TryAdd(folder, new Lazy<Task>(Task.CompletedTask));
        }
        catch (CloudreveException)
        {
            // Each tells by itself.
        }
    }

    /// <summary>Decides what the failure of an entry means.</summary>
    /// <exception cref="CloudreveException">40051: there is no space, for this or any other entry.</exception>
    /// <exception cref="RetryLaterException">It may succeed later.</exception>
    public async Task<EntryOutcome> JudgeAsync(SourceEntry entry, FilePath path, CloudreveException error, CancellationToken cancellationToken)
    {
        switch (error.Code)
        {
            case ErrorCode.ObjectExists:
                return await own.FindAsync(path, entry.IsOpenEnded ? null : entry.File.Size, entry.File.UpdatedAt, cancellationToken) is { } ours
                    ? new EntryOutcome(null, ours.Size)
                    : new EntryOutcome(error.Message, 0);
            case ErrorCode.Conflict or ErrorCode.TooManyRequests or ErrorCode.UploadSessionExpired:
                throw new RetryLaterException(error.Message, error);
            case ErrorCode.QuotaExceeded or ErrorCode.PolicyNotAllowed:
                throw new CloudreveException(error.Code, error.Message, error);
            default:
                return new EntryOutcome(error.Message, 0);
        }
    }

    /// <summary>Each folder is created once, however many entries are below it.</summary>
    private async Task MakeFolderAsync(FilePath path)
    {
        var made = _folders.GetOrAdd(path, p => new Lazy<Task>(() => EnsureAsync(p)));
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

    private async Task EnsureAsync(FilePath path)
    {
        if (await byPath.FindFolderIdAsync(caller.UserId, path, ended) is null)
            await creation.CreateAsync(caller.UserId, path, NewEntry.Folder, failIfExists: false, ended);
    }
}

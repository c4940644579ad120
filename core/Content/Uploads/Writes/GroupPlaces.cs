using System.Collections.Concurrent;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>A file that can be written together with others.</summary>
/// <param name="Index">Its index among the files that were to be written.</param>
/// <param name="FolderId">Its folder.</param>
/// <param name="Policy">The policy whose container gets it.</param>
internal sealed record GroupPlace(int Index, long FolderId, StoragePolicy Policy);

/// <summary>Finds the files that can be written as they are: their folders exist, their names are free, and no rule or lock forbids them.</summary>
/// <param name="targets">Knows the rules.</param>
/// <param name="byPath">Finds folders.</param>
/// <param name="folders">Finds names.</param>
internal sealed class GroupPlaces(UploadTargets targets, EntriesByPath byPath, FolderWriter folders)
{
    private const int FoldersAtOnce = 4;

    /// <summary>Finds the places of files: one transaction for each folder on their paths, and one for the names in each of their own.</summary>
    /// <param name="caller">The owner of the drive.</param>
    /// <param name="seen">The locks.</param>
    /// <param name="files">The files.</param>
    /// <param name="wanted">Indexes of those that are looked at.</param>
    public async Task<IReadOnlyList<GroupPlace>> FindAsync(
        Caller caller, DriveControl seen, IReadOnlyList<GroupedFile> files, IReadOnlyList<int> wanted, CancellationToken cancellationToken)
    {
        var places = new GroupPlace?[files.Count];
        var known = new ConcurrentDictionary<FilePath, Lazy<Task<FolderPlace?>>>();
        await BoundedParallel.ForEachAsync(
            wanted.GroupBy(i => files[i].Path.Parent),
            FoldersAtOnce,
            async (folder, token) =>
            {
                if (await FindFolderAsync(known, seen.OwnerId, folder.Key, cancellationToken) is not { } place)
                    return;
                var taken = await folders.FindSomeNamesAsync(place.Id, folder.Select(i => files[i].Path.Name), token);
                foreach (var i in folder.Where(i => !taken.Contains(files[i].Path.Name)))
                {
                    if (await FindPolicyAsync(caller, seen, files[i], token) is { } policy)
                        places[i] = new GroupPlace(i, place.Id, policy);
                }
            },
            cancellationToken);
        return [.. places.OfType<GroupPlace>()];
    }

    /// <summary>Checks whether a file's path is free of locks.</summary>
    public static bool IsUnlocked(DriveControl control, UploadRequest request)
    {
        try
        {
            UploadTargets.RequireUnlocked(control, request, null);
            return true;
        }
        catch (LockConflictException)
        {
            return false;
        }
    }

    /// <summary>Finds a folder, and each of those above it once, however many folders are below.</summary>
    private Task<FolderPlace?> FindFolderAsync(
        ConcurrentDictionary<FilePath, Lazy<Task<FolderPlace?>>> known, long ownerId, FilePath path, CancellationToken cancellationToken) =>
        path.IsRoot
            ? Task.FromResult<FolderPlace?>(FolderPlace.Top(DriveRoots.RootId(ownerId)))
            : known.GetOrAdd(path, _ => new Lazy<Task<FolderPlace?>>(
                () => FindInAsync(FindFolderAsync(known, ownerId, path.Parent, cancellationToken), path.Name, cancellationToken))).Value;

    private async Task<FolderPlace?> FindInAsync(Task<FolderPlace?> above, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await above is { } place ? await byPath.FindFolderInAsync(place, name, cancellationToken) : null;
        }
        catch (CloudreveException)
        {
            return null;
        }
    }

    /// <summary>The policy of a file; null where a rule or a lock forbids it.</summary>
    private async Task<StoragePolicy?> FindPolicyAsync(Caller caller, DriveControl seen, GroupedFile file, CancellationToken cancellationToken)
    {
        try
        {
            UploadTargets.RequireUnlocked(seen, file.Request, null);
            return await targets.CheckAsync(caller, file.Request, cancellationToken);
        }
        catch (CloudreveException)
        {
            return null;
        }
    }
}

using System.Collections.Concurrent;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>
/// Finds many entries for one request: each folder on their paths costs one transaction, however many of them are in it.
/// </summary>
/// <param name="byPath">The drives.</param>
public sealed class PathLookup(EntriesByPath byPath)
{
    private readonly ConcurrentDictionary<(long TopId, FilePath Path), Lazy<Task<long?>>> _folders = new();

    /// <summary>Finds the entry at a place; may be called concurrently.</summary>
    /// <exception cref="CloudreveException">40016 when nothing is there, 403 for a path through a shortcut.</exception>
    public async Task<FileRecord> GetAsync(DrivePlace place, CancellationToken cancellationToken = default)
    {
        if (place.Path.IsRoot || place.Top is { Type: FileType.File } or { IsSymbolic: true })
            return await byPath.GetAsync(place, cancellationToken);
        return await FindFolderAsync(place.TopId, place.Path.Parent, cancellationToken) is { } folder
            && await byPath.FindEntryAsync(folder, place.Path.Name, cancellationToken) is { } entry
            ? entry
            : throw new CloudreveException(ErrorCode.PathNotFound, "The path does not exist.");
    }

    private async Task<long?> FindFolderAsync(long topId, FilePath path, CancellationToken cancellationToken)
    {
        if (path.IsRoot)
            return topId;
        var walk = _folders.GetOrAdd((topId, path), key => new Lazy<Task<long?>>(() => WalkAsync(key.TopId, key.Path, cancellationToken)));
        try
        {
            return await walk.Value;
        }
        catch
        {
            // A failure concerns one item; the next one reads again.
            _folders.TryRemove(new((topId, path), walk));
            throw;
        }
    }

    private async Task<long?> WalkAsync(long topId, FilePath path, CancellationToken cancellationToken) =>
        await FindFolderAsync(topId, path.Parent, cancellationToken) is { } parent
            ? (await byPath.FindFolderBelowAsync(parent, new FilePath([path.Name]), cancellationToken))?.Id
            : null;
}

using System.Collections.Concurrent;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Drive.Operations;

/// <summary>
/// The state that the items of one request share: the drive's control rows, the folders that paths have led to, and entries that were looked up
/// ahead. Not to be kept longer than a request.
/// </summary>
/// <param name="actor">The user and client that ask.</param>
public sealed class DriveWork(long ownerId, Actor actor)
{
    private readonly ConcurrentDictionary<FilePath, Lazy<Task<FolderPlace?>>> _folders = new();
    private readonly ConcurrentDictionary<(long TopId, FilePath Path), FileRecord> _entries = new();
    private readonly Lock _lock = new();
    private Task<DriveControl>? _control;

    /// <summary>The owner of the drive.</summary>
    public long OwnerId { get; } = ownerId;

    /// <summary>The user and client that make the request.</summary>
    public Actor Actor { get; } = actor;

    /// <summary>Tokens of locks that the caller holds.</summary>
    public IReadOnlyCollection<string> LockTokens { get; init; } = [];

    /// <summary>Events of the request, which are written together.</summary>
    internal ConcurrentQueue<FileEvent> Events { get; } = new();

    internal Task<DriveControl> ControlAsync(Func<Task<DriveControl>> read)
    {
        lock (_lock)
        {
            if (_control is null or { IsFaulted: true } or { IsCanceled: true })
                _control = read();
            return _control;
        }
    }

    internal async Task<FolderPlace?> FolderAsync(FilePath path, Func<Task<FolderPlace?>> find)
    {
        var found = _folders.GetOrAdd(path, _ => new Lazy<Task<FolderPlace?>>(find));
        try
        {
            return await found.Value;
        }
        catch
        {
            // A failure concerns one item; the next one reads again.
            _folders.TryRemove(new(path, found));
            throw;
        }
    }

    /// <summary>Keeps an entry for the operation that will change it.</summary>
    internal void Keep(long topId, FilePath path, FileRecord entry) => _entries[(topId, path)] = entry;

    /// <summary>An entry that was kept, once: a retry has to read it again.</summary>
    internal FileRecord? Take(long topId, FilePath path) => _entries.TryRemove((topId, path), out var entry) ? entry : null;

    /// <summary>Forgets everything: the structure of the drive has changed.</summary>
    internal void Forget()
    {
        _folders.Clear();
        _entries.Clear();
        lock (_lock)
            _control = null;
    }
}

using System.Collections.Concurrent;
using Cloudreve.Core.Activities;

namespace Cloudreve.Core.FileSystem.Operations;

/// <summary>
/// What the items of one request share: the drive's control rows, and the folders that paths have led to. Not to be kept
/// longer than a request.
/// </summary>
/// <param name="ownerId">Whose drive.</param>
/// <param name="actor">Who asks.</param>
public sealed class DriveWork(long ownerId, Actor actor) : IDisposable
{
    private readonly ConcurrentDictionary<FilePath, Task<FolderPlace?>> _folders = new();
    private readonly Lock _lock = new();
    private Task<DriveControl>? _control;

    /// <summary>Whose drive.</summary>
    public long OwnerId { get; } = ownerId;

    /// <summary>Who asks.</summary>
    public Actor Actor { get; } = actor;

    /// <summary>Tokens of locks that the caller holds.</summary>
    public IReadOnlyCollection<string> LockTokens { get; init; } = [];

    /// <summary>Folders are moved one after the other.</summary>
    internal SemaphoreSlim FolderTurn { get; } = new(1, 1);

    /// <summary>Events of the request, which are written together.</summary>
    internal ConcurrentQueue<FileEvent> Events { get; } = new();

    /// <inheritdoc/>
    public void Dispose() => FolderTurn.Dispose();

    internal Task<DriveControl> ControlAsync(Func<Task<DriveControl>> read)
    {
        lock (_lock)
        {
            if (_control is null or { IsFaulted: true } or { IsCanceled: true })
                _control = read();
            return _control;
        }
    }

    internal Task<FolderPlace?> FolderAsync(FilePath path, Func<Task<FolderPlace?>> find) => _folders.GetOrAdd(path, _ => find());

    /// <summary>Forgets everything: the structure of the drive has changed.</summary>
    internal void Forget()
    {
        _folders.Clear();
        lock (_lock)
            _control = null;
    }
}

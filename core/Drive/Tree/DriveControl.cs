using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Moves;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>
/// The state of a drive that a change depends on: the locks in it, and the moves under way. It is one range of rows in the partition of the
/// owner's trash, so it costs one transaction, and a move to the trash can note itself and its destination in one batch.
/// </summary>
/// <param name="Locks">Locks that have not expired.</param>
/// <param name="TreeETag">The version of the drive's folder structure; null before the first folder was moved.</param>
public sealed record DriveControl(long OwnerId, IReadOnlyList<DriveLock> Locks, string? TreeETag)
{
    // After all rows of entries, which listings read as one range.
    internal const string TreeKey = "u!";
    internal const string TreeChangedAt = "at";
    internal const string MovePrefix = "u|";
    internal const string LockPrefix = "v|";
    internal const string ClaimPrefix = "v!";

    internal IReadOnlyList<MoveIntent> Moves { get; init; } = [];

    /// <summary>Maximum depth of folders in the drive; see <see cref="DriveDepth"/>.</summary>
    internal int Depth { get; init; } = DriveDepth.Free;

    /// <summary>The versions of the rows that name the last holder of a path's lock, by their keys.</summary>
    internal IReadOnlyDictionary<string, string> Claims { get; init; } = new Dictionary<string, string>();

    internal static string Partition(long ownerId) => FileKeys.Folder(DriveRoots.TrashId(ownerId));

    internal static RowRange Range(long ownerId) => new(Partition(ownerId), TreeKey, RowRange.After(LockPrefix));

    /// <summary>Throws when locks forbid a change.</summary>
    /// <param name="path">The path to change.</param>
    /// <param name="scope">The scope of the change.</param>
    /// <param name="tokens">Tokens of locks that the caller holds.</param>
    /// <exception cref="LockConflictException">The conflicting locks.</exception>
    public void Require(FilePath path, LockScope scope, params IReadOnlyCollection<string> tokens)
    {
        var conflicts = Locks.Where(l => l.Forbids(path, scope) && !tokens.Contains(l.Token)).ToList();
        if (conflicts.Count > 0)
            conflicts.RemoveAll(l => Locks.Any(held => tokens.Contains(held.Token) && held.StandsFor(l)));
        if (conflicts.Count > 0)
            throw new LockConflictException(conflicts);
    }
}

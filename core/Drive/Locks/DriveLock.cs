using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Drive.Locks;

/// <summary>The application that holds a lock (contract, section 13).</summary>
/// <param name="Type">upload, dav, viewer and the like.</param>
/// <param name="InnerXml">The owner element of a WebDAV lock; null for others.</param>
/// <param name="ViewerId">The viewer; null for others.</param>
/// <param name="ClientLock">The viewer's own name for its lock: any text, which is shown only to the viewer; null for others.</param>
public sealed record LockApplication(string Type, string? InnerXml = null, string? ViewerId = null, string? ClientLock = null)
{
    /// <summary>The type of locks of WebDAV clients.</summary>
    public const string WebDav = "dav";

    /// <summary>An upload that has not been completed.</summary>
    public static LockApplication Upload { get; } = new("upload");
}

/// <summary>A lock that outlives a request. Locks within a request are ETags of rows.</summary>
public sealed record DriveLock
{
    /// <summary>The token that permits using and releasing the lock. Letters, digits and <c>- _ . : =</c>.</summary>
    public required string Token { get; init; }

    /// <summary>The owner of the drive.</summary>
    public required long OwnerId { get; init; }

    /// <summary>The locked path.</summary>
    public required FilePath Path { get; init; }

    /// <summary>True if everything below is locked as well.</summary>
    public bool IsInfinite { get; init; }

    /// <summary>True if others may hold a shared lock on the same object; any holder of one may change it.</summary>
    public bool IsShared { get; init; }

    /// <summary>The application that holds it.</summary>
    public required LockApplication Application { get; init; }

    /// <summary>The type of what is locked.</summary>
    public FileType Type { get; init; }

    /// <summary>The time it expires.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>
    /// Checks whether the lock forbids a change (RFC 4918, section 7): of the locked object, of something below it, of its members, or of a
    /// folder that it is in.
    /// </summary>
    /// <param name="path">The path to change.</param>
    /// <param name="scope">The scope of the change.</param>
    public bool Forbids(FilePath path, LockScope scope) =>
        Path.Equals(path)
        || (IsInfinite && Path.Contains(path))
        || (scope >= LockScope.Membership && Path.Equals(path.Parent))
        || (scope == LockScope.Subtree && path.Contains(Path));

    /// <summary>Checks whether a lock can replace another one: both are shared, and it locks the same object.</summary>
    /// <param name="other">The other lock.</param>
    public bool StandsFor(DriveLock other) =>
        IsShared && other.IsShared && (Path.Equals(other.Path) || (IsInfinite && Path.Contains(other.Path)));
}

/// <summary>The scope of a change.</summary>
public enum LockScope
{
    /// <summary>Content or properties of one object.</summary>
    Self,

    /// <summary>The object, which enters or leaves its folder.</summary>
    Membership,

    /// <summary>The object and everything below, which enter or leave a folder.</summary>
    Subtree,
}

/// <summary>A change that locks forbid: 40073 with the conflicting locks.</summary>
/// <param name="conflicts">The locks.</param>
public sealed class LockConflictException(IReadOnlyList<DriveLock> conflicts)
    : CloudreveException(ErrorCode.LockConflict, "The item is locked.")
{
    /// <summary>The locks in the way.</summary>
    public IReadOnlyList<DriveLock> Conflicts { get; } = conflicts;
}

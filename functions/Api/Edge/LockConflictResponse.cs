using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>A conflicting lock. Only owners of a drive can change it, so they may see tokens and paths.</summary>
/// <param name="Path">The locked path.</param>
/// <param name="Token">Releases the lock.</param>
/// <param name="Owner">The application that holds it.</param>
/// <param name="Type">File or folder.</param>
internal sealed record LockConflictResponse(string Path, string Token, LockOwnerResponse Owner, int Type)
{
    public static LockConflictResponse Of(DriveLock held) => new(
        FileUri.My(held.Path).ToString(), held.Token,
        new LockOwnerResponse(new LockApplicationResponse(held.Application.Type, held.Application.InnerXml, held.Application.ViewerId)), (int)held.Type);
}

/// <summary>The application that holds a lock.</summary>
internal sealed record LockOwnerResponse(LockApplicationResponse Application);

/// <summary>An application that holds a lock.</summary>
/// <param name="Type">upload, dav, viewer and the like.</param>
/// <param name="InnerXml">The owner element of a WebDAV lock.</param>
internal sealed record LockApplicationResponse(string Type, string? InnerXml, string? ViewerId);

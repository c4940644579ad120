using Cloudreve.Core.Boolsets;
using Cloudreve.Core.Errors;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity;

namespace Cloudreve.Core.FileSystem;

/// <summary>A place that the caller may use.</summary>
/// <param name="OwnerId">Whose drive it is in.</param>
/// <param name="Path">Where in the drive.</param>
/// <param name="View">The URI as the caller writes it, without query; addresses of entries derive from it.</param>
/// <param name="Capabilities">What the file system can do.</param>
public sealed record DrivePlace(long OwnerId, FilePath Path, FileUri View, Boolset Capabilities)
{
    /// <summary>The folder that <see cref="Path"/> starts from.</summary>
    public long TopId { get; init; } = FileTree.RootId(OwnerId);

    /// <summary>Whether it is in the owner's trash.</summary>
    public bool IsTrash => TopId == FileTree.TrashId(OwnerId);

    /// <summary>The address of an entry, from the caller's view.</summary>
    /// <param name="path">The entry's path in the drive.</param>
    public FileUri UriOf(FilePath path) => View.At(path);
}

/// <summary>
/// The one place that decides whether a caller may do something at a URI. Every operation on files asks here first, on
/// every request; whatever rules are to come are added here and nowhere else.
/// </summary>
public static class DriveAccess
{
    /// <summary>Checks a URI for an operation.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="uri">Where.</param>
    /// <param name="capability">What the operation needs.</param>
    /// <param name="hashIds">Decodes the owner's id in the URI.</param>
    /// <exception cref="CloudreveException">401 for anonymous callers, 403 for drives of others or a missing capability, 40047 for a file system that is not offered.</exception>
    public static DrivePlace Open(Caller caller, FileUri uri, NavigatorCapability capability, HashIdCodec hashIds)
    {
        // Only shares may be open to callers who have not signed in.
        if (uri.FileSystem != FileSystemKind.Share)
            caller.RequireUser();
        if (uri.FileSystem == FileSystemKind.Trash)
            return OpenTrash(caller.RequireUser(), uri, capability);
        if (uri.FileSystem != FileSystemKind.My)
            throw new CloudreveException(ErrorCode.FileSystemInitFailed, "This file system is not available.");
        var user = caller.RequireUser();
        if (uri.Id.Length > 0 && (!hashIds.TryDecode(uri.Id, HashIdKind.User, out var id) || id != user.Id))
            throw new CloudreveException(ErrorCode.NoPermission, "This drive belongs to somebody else.");
        Require(NavigatorCapabilities.My, capability);
        return new DrivePlace(user.Id, uri.Path, uri with { Query = [] }, NavigatorCapabilities.My);
    }

    /// <summary>The trash is flat: what is below a deleted folder cannot be seen (contract, section 8).</summary>
    private static DrivePlace OpenTrash(User user, FileUri uri, NavigatorCapability capability)
    {
        Require(NavigatorCapabilities.Trash, capability);
        if (uri.Path.Depth > 1)
            throw new CloudreveException(ErrorCode.PathNotFound, "The trash has no folders.");
        return new DrivePlace(user.Id, uri.Path, uri with { Query = [] }, NavigatorCapabilities.Trash) { TopId = FileTree.TrashId(user.Id) };
    }

    private static void Require(Boolset capabilities, NavigatorCapability capability)
    {
        if (!capabilities[(int)capability])
            throw new CloudreveException(ErrorCode.NoPermission, "This file system does not allow that.");
    }

    /// <summary>Whether a caller may see details of a file found by its id: its owner and administrators.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="file">The file.</param>
    /// <exception cref="CloudreveException">401 for anonymous callers, 40082 for others.</exception>
    public static void RequireOwner(Caller caller, FileRecord file)
    {
        if (caller.RequireUser().Id != file.OwnerId && !caller.IsAdmin)
            throw new CloudreveException(ErrorCode.OwnerOnly, "Only the owner may do this.");
    }
}

using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Boolsets;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Sharing;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>A place that the caller may use.</summary>
/// <param name="OwnerId">The owner of the drive that it is in.</param>
/// <param name="Path">The path in the drive.</param>
/// <param name="View">The URI as the caller writes it, without query; addresses of entries derive from it.</param>
/// <param name="Capabilities">The capabilities of the file system.</param>
public sealed record DrivePlace(long OwnerId, FilePath Path, FileUri View, Boolset Capabilities)
{
    /// <summary>The folder that <see cref="Path"/> starts from.</summary>
    public long TopId { get; init; } = DriveRoots.RootId(OwnerId);

    /// <summary>
    /// The entry that <see cref="TopId"/> names, where it is not a whole drive: the shared entry of a share; null for drives and trashes.
    /// </summary>
    public FileRecord? Top { get; init; }

    /// <summary>The path of <see cref="Top"/> in its owner's drive.</summary>
    public FilePath TopPath { get; init; } = FilePath.Root;

    /// <summary>The share link that the caller used; 0 for none.</summary>
    public long ShareId { get; init; }

    /// <summary>True if the place is the list of the caller's shortcuts to shares.</summary>
    public bool IsShortcuts { get; init; }

    /// <summary>True if the owner's arrangement of folders is hidden from the caller.</summary>
    public bool HidesView { get; init; }

    /// <summary>The path of the place in its owner's drive.</summary>
    public FilePath DrivePath => TopPath.IsRoot ? Path : new([.. TopPath.Segments, .. (Top is { Type: FileType.File } ? FilePath.Root : Path).Segments]);

    /// <summary>True if the place is in the owner's trash.</summary>
    public bool IsTrash => TopId == DriveRoots.TrashId(OwnerId);

    /// <summary>The address of an entry, from the caller's view.</summary>
    /// <param name="path">The entry's path in the drive.</param>
    public FileUri UriOf(FilePath path) => View.At(path);
}

/// <summary>
/// The only code that decides whether a caller may do something at a URI. Every operation on files asks it first, on
/// every request; further rules are added here and nowhere else.
/// </summary>
/// <param name="shares">Finds what links show.</param>
public sealed class DriveAccess(SharedPlaces shares, EntriesById byId)
{
    /// <summary>Checks a URI for an operation. No transaction but for shares and shortcuts.</summary>
    /// <param name="capability">The capability that the operation requires.</param>
    /// <param name="hashIds">Decodes the id in the URI.</param>
    /// <exception cref="CloudreveException">401 for anonymous callers, 403 for drives of others or a missing capability; for shares see <see cref="SharedPlaces"/>.</exception>
    public async ValueTask<DrivePlace> OpenAsync(
        Caller caller, FileUri uri, NavigatorCapability capability, HashIdCodec hashIds, CancellationToken cancellationToken = default)
    {
        // Only shares may be open to callers who have not signed in.
        if (uri.FileSystem != FileSystemKind.Share)
            caller.RequireUser();
        Require(CapabilitiesOf(uri.FileSystem), capability);
        if (uri.FileSystem == FileSystemKind.Share)
        {
            var shared = await shares.OpenAsync(caller, uri, hashIds, cancellationToken);
            if (NavigatorCapabilities.OfOwners[(int)capability] && caller.UserId != shared.OwnerId)
                throw new CloudreveException(ErrorCode.OwnerOnly, "Only the owner may do this.");
            return shared;
        }
        var user = caller.RequireUser();
        return uri.FileSystem switch
        {
            FileSystemKind.Trash => OpenTrash(user, uri),
            FileSystemKind.SharedWithMe => await OpenShortcutAsync(user, uri, hashIds, cancellationToken),
            _ => OpenDrive(user, uri, hashIds),
        };
    }

    private static DrivePlace OpenDrive(User user, FileUri uri, HashIdCodec hashIds)
    {
        if (uri.Id.Length > 0 && (!hashIds.TryDecode(uri.Id, HashIdKind.User, out var id) || id != user.Id))
            throw new CloudreveException(ErrorCode.NoPermission, "You do not have access to this drive.");
        return new DrivePlace(user.Id, uri.Path, uri with { Query = [] }, NavigatorCapabilities.My);
    }

    /// <summary>The trash is flat: what is below a deleted folder cannot be seen (contract, section 8).</summary>
    private static DrivePlace OpenTrash(User user, FileUri uri)
    {
        if (uri.Path.Depth > 1)
            throw new CloudreveException(ErrorCode.PathNotFound, "The trash has no subfolders.");
        return new DrivePlace(user.Id, uri.Path, uri with { Query = [] }, NavigatorCapabilities.Trash) { TopId = DriveRoots.TrashId(user.Id) };
    }

    /// <summary>Shortcuts are a flat list too; a shortcut is named by its id (contract, section 8).</summary>
    private async Task<DrivePlace> OpenShortcutAsync(User user, FileUri uri, HashIdCodec hashIds, CancellationToken cancellationToken)
    {
        var place = new DrivePlace(user.Id, FilePath.Root, uri with { Query = [] }, NavigatorCapabilities.SharedWithMe)
        {
            TopId = 0,
            Top = ListOf(user.Id),
            IsShortcuts = uri.Path.IsRoot,
        };
        if (uri.Path.IsRoot)
            return place;
        var shortcut = uri.Path.Depth == 1 && hashIds.TryDecode(uri.Path.Name, HashIdKind.File, out var id)
            ? await byId.FindAsync(id, cancellationToken)
            : null;
        return shortcut is { IsSymbolic: true } && shortcut.OwnerId == user.Id
            ? place with { TopId = shortcut.Id, Top = shortcut }
            : throw new CloudreveException(ErrorCode.PathNotFound, "The shortcut does not exist.");
    }

    /// <summary>A folder that is a list and not part of a drive.</summary>
    private static FileRecord ListOf(long ownerId) =>
        new() { Id = 0, ParentId = 0, OwnerId = ownerId, Type = FileType.Folder, Name = "", CreatedAt = default, UpdatedAt = default };

    private static Boolset CapabilitiesOf(FileSystemKind kind) => kind switch
    {
        FileSystemKind.My => NavigatorCapabilities.My,
        FileSystemKind.Trash => NavigatorCapabilities.Trash,
        FileSystemKind.Share => NavigatorCapabilities.Share,
        _ => NavigatorCapabilities.SharedWithMe,
    };

    private static void Require(Boolset capabilities, NavigatorCapability capability)
    {
        if (!capabilities[(int)capability])
            throw new CloudreveException(ErrorCode.NoPermission, "This operation is not supported here.");
    }

    /// <summary>Throws unless the caller is the file's owner or an administrator.</summary>
    /// <exception cref="CloudreveException">40082 for others, guests included.</exception>
    public static void RequireOwner(Caller caller, FileRecord file)
    {
        if (caller.UserId != file.OwnerId && !caller.ActsAsAdmin)
            throw new CloudreveException(ErrorCode.OwnerOnly, "Only the owner may do this.");
    }

    /// <summary>
    /// Checks whether a caller may read a blob of a file: its owner and administrators may read all of them, visitors of a share only the
    /// current version. Sharing a file shows its current state, not what was removed from it before.
    /// </summary>
    public static bool MayRead(Caller caller, FileRecord file, long entityId) =>
        entityId == file.PrimaryEntityId
        || (file.EntityIds.Contains(entityId) && (caller.UserId == file.OwnerId || caller.ActsAsAdmin));
}

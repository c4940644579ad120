using System.Security.Cryptography;
using System.Text;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Shares;

/// <summary>Decides what a caller may see through a share link (contract, section 17).</summary>
/// <param name="shares">The links.</param>
/// <param name="tree">The files behind them.</param>
/// <param name="users">Their owners.</param>
/// <param name="clock">Tells when a link has ended.</param>
public sealed class SharedPlaces(ShareStore shares, FileTree tree, UserStore users, TimeProvider clock)
{
    /// <summary>
    /// Opens a place behind a link: three transactions, and two for each folder above what is shared, for what is deleted with a
    /// folder must not be seen any more.
    /// </summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="uri">Where.</param>
    /// <param name="hashIds">Decodes the link's id.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    /// <exception cref="CloudreveException">404 for a link that is gone or has ended, 40069 for a wrong password, 403 or 40088 for a group that may not use links.</exception>
    public async Task<DrivePlace> OpenAsync(Caller caller, FileUri uri, HashIdCodec hashIds, CancellationToken cancellationToken = default)
    {
        var share = hashIds.TryDecode(uri.Id, HashIdKind.Share, out var id) ? await shares.FindAsync(id, cancellationToken) : null;
        if (share is null)
            throw Gone();
        var isOwner = caller.UserId == share.OwnerId;
        if (!isOwner)
            await CheckVisitorAsync(caller, uri, share, cancellationToken);
        var file = await tree.FindByIdAsync(share.FileId, cancellationToken);
        if (file is null || file.OwnerId != share.OwnerId || file.IsSymbolic)
            throw Gone();
        return new DrivePlace(share.OwnerId, uri.Path, uri with { Query = [] }, NavigatorCapabilities.Share)
        {
            TopId = file.Id,
            Top = file,
            TopPath = await FindPathAsync(file, cancellationToken),
            ShareId = share.Id,
            HidesView = !isOwner && !share.SharesView,
        };
    }

    private async Task CheckVisitorAsync(Caller caller, FileUri uri, Share share, CancellationToken cancellationToken)
    {
        if (share.IsOver(clock.GetUtcNow()) || await users.FindRecentAsync(share.OwnerId, cancellationToken) is not { Status: UserStatus.Active })
            throw Gone();
        if (!caller.Group.Allows(GroupPermission.ShareDownload))
        {
            throw caller.IsAnonymous
                ? new CloudreveException(ErrorCode.AnonymousNotAllowed, "Sign in to open shares.")
                : new CloudreveException(ErrorCode.NoPermission, "Your group may not open shares.");
        }
        if (share.Password.Length > 0 && !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(share.Password), Encoding.UTF8.GetBytes(uri.Password)))
            throw new CloudreveException(ErrorCode.WrongPassword, "The share's password is wrong.");
    }

    private async Task<FilePath> FindPathAsync(FileRecord file, CancellationToken cancellationToken)
    {
        try
        {
            return await tree.GetPathAsync(file, cancellationToken);
        }
        catch (CloudreveException e) when (e.Code is ErrorCode.FileInTrash or ErrorCode.PathNotFound)
        {
            throw Gone();
        }
    }

    private static CloudreveException Gone() => new(ErrorCode.NotFound, "The share does not exist or has ended.");
}

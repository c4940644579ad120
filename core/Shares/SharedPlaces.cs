using System.Security.Cryptography;
using System.Text;
using Cloudreve.Core.Caching;
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
    /// <summary>How long a process goes by what it knows of a link: a page of thumbnails asks for each picture by itself.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(5);

    private const int MaxKept = 10_000;

    private readonly BoundedCache<long, SharedTop> _recent = new(MaxKept, clock);

    /// <summary>
    /// Opens a place behind a link: three transactions, and two for each folder above what is shared, for what is deleted with a
    /// folder must not be seen any more; none for a link that was opened within <see cref="MaxAge"/>.
    /// </summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="uri">Where.</param>
    /// <param name="hashIds">Decodes the link's id.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    /// <exception cref="CloudreveException">404 for a link that is gone or has ended, 40069 for a wrong password, 403 or 40088 for a group that may not use links.</exception>
    public async Task<DrivePlace> OpenAsync(Caller caller, FileUri uri, HashIdCodec hashIds, CancellationToken cancellationToken = default)
    {
        if (!hashIds.TryDecode(uri.Id, HashIdKind.Share, out var id))
            throw Gone();
        var known = _recent.Find(id);
        var share = known?.Share ?? await shares.FindAsync(id, cancellationToken) ?? throw Gone();
        var isOwner = caller.UserId == share.OwnerId;
        if (!isOwner)
            await CheckVisitorAsync(caller, uri, share, cancellationToken);
        if (known is null)
        {
            known = await FindTopAsync(share, cancellationToken);
            _recent.Keep(id, known, clock.GetUtcNow() + MaxAge);
        }
        var (_, file, path) = known;
        return new DrivePlace(share.OwnerId, uri.Path, uri with { Query = [] }, NavigatorCapabilities.Share)
        {
            TopId = file.Id,
            Top = file,
            TopPath = path,
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

    private async Task<SharedTop> FindTopAsync(Share share, CancellationToken cancellationToken)
    {
        var file = await tree.FindByIdAsync(share.FileId, cancellationToken);
        if (file is null || file.OwnerId != share.OwnerId || file.IsSymbolic)
            throw Gone();
        try
        {
            return new SharedTop(share, file, await tree.GetPathAsync(file, cancellationToken));
        }
        catch (CloudreveException e) when (e.Code is ErrorCode.FileInTrash or ErrorCode.PathNotFound)
        {
            throw Gone();
        }
    }

    private static CloudreveException Gone() => new(ErrorCode.NotFound, "The share does not exist or has ended.");

    /// <summary>What a link shows.</summary>
    private sealed record SharedTop(Share Share, FileRecord File, FilePath Path);
}

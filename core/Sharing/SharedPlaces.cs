using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Sharing;

/// <summary>A link as a caller sees it.</summary>
/// <param name="File">The shared file or folder.</param>
/// <param name="Path">The path in its owner's drive.</param>
/// <param name="IsUnlocked">True if the caller may see what it leads to.</param>
public sealed record SharedLink(Share Share, FileRecord File, FilePath Path, bool IsUnlocked);

/// <summary>Decides what a caller may see through a share link (contract, section 17).</summary>
/// <param name="byId">The files behind them.</param>
/// <param name="users">Their owners.</param>
/// <param name="guesses">Limits guessing of passwords.</param>
/// <param name="misses">Limits guessing of links.</param>
/// <param name="clock">Determines when a link has ended.</param>
public sealed class SharedPlaces(ShareStore shares, EntriesById byId, UserStore users, ShareGuesses guesses, LinkMisses misses, TimeProvider clock)
{
    /// <summary>The time that a process caches a link: a page of thumbnails asks for each picture by itself.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(5);

    private const int MaxKept = 10_000;

    private readonly BoundedCache<long, SharedTop> _recent = new(MaxKept, clock);

    /// <summary>
    /// Opens a place behind a link: four transactions, three when the process knows the link's owner, and two for each folder above the shared
    /// entry, since an entry that is deleted with a folder must no longer be visible; none for a link that was opened within
    /// <see cref="MaxAge"/>.
    /// </summary>
    /// <param name="hashIds">Decodes the link's id.</param>
    /// <exception cref="CloudreveException">404 for a link that is gone or has ended, 40069 for a wrong password, 403 or 40088 for a group that may not use links.</exception>
    public async Task<DrivePlace> OpenAsync(Caller caller, FileUri uri, HashIdCodec hashIds, CancellationToken cancellationToken = default)
    {
        var id = Decode(caller, uri.Id, hashIds);
        var known = _recent.Find(id);
        var share = known?.Share ?? await FindAsync(caller, id, cancellationToken);
        var isOwner = caller.UserId == share.OwnerId;
        var hidesView = false;
        if (!isOwner)
        {
            var owner = await CheckLivingAsync(share, cancellationToken);
            hidesView = !share.SharesView || owner.Settings.DisableViewSync;
            await CheckVisitorAsync(caller, uri, share, cancellationToken);
        }
        var (_, file, path) = known ?? await FindTopAsync(share, cancellationToken);
        return new DrivePlace(share.OwnerId, uri.Path, uri with { Query = [] }, NavigatorCapabilities.Share)
        {
            TopId = file.Id,
            Top = file,
            TopPath = path,
            ShareId = share.Id,
            HidesView = hidesView,
        };
    }

    /// <summary>Describes a link as far as a caller may know it, at as many transactions as opening it.</summary>
    /// <param name="id">The link's encoded id.</param>
    /// <param name="password">The password that the caller knows; empty for none.</param>
    /// <param name="hashIds">Decodes the id.</param>
    /// <exception cref="CloudreveException">404 for a link that is gone; for others than its owner also for one that has ended.</exception>
    public async Task<SharedLink> DescribeAsync(
        Caller caller, string id, string password, HashIdCodec hashIds, CancellationToken cancellationToken = default)
    {
        var share = await FindAsync(caller, Decode(caller, id, hashIds), cancellationToken);
        var isOwner = caller.UserId == share.OwnerId;
        if (!isOwner)
            await CheckLivingAsync(share, cancellationToken);
        var (_, file, path) = await FindTopAsync(share, cancellationToken);
        return new SharedLink(share, file, path, isOwner || await guesses.IsRightAsync(share, caller.Client, password, cancellationToken));
    }

    /// <summary>Drops a link from this process's cache, because it was changed here.</summary>
    public void Forget(long id) => _recent.Forget(id);

    private long Decode(Caller caller, string text, HashIdCodec hashIds)
    {
        if (!misses.IsSpent(caller.Client) && hashIds.TryDecode(text, HashIdKind.Share, out var id))
            return id;
        throw Miss(caller);
    }

    private async Task<Share> FindAsync(Caller caller, long id, CancellationToken cancellationToken) =>
        await shares.FindAsync(id, cancellationToken) ?? throw Miss(caller);

    private CloudreveException Miss(Caller caller)
    {
        misses.Count(caller.Client);
        return Gone();
    }

    private async Task<User> CheckLivingAsync(Share share, CancellationToken cancellationToken) =>
        !share.IsOver(clock.GetUtcNow()) && await users.FindRecentAsync(share.OwnerId, cancellationToken) is { Status: UserStatus.Active } owner
            ? owner
            : throw Gone();

    private async Task CheckVisitorAsync(Caller caller, FileUri uri, Share share, CancellationToken cancellationToken)
    {
        if (!caller.Group.Allows(GroupPermission.ShareDownload))
        {
            throw caller.IsAnonymous
                ? new CloudreveException(ErrorCode.AnonymousNotAllowed, "Sign in to open shares.")
                : new CloudreveException(ErrorCode.NoPermission, "Your group may not open shares.");
        }
        if (!await guesses.IsRightAsync(share, caller.Client, uri.Password, cancellationToken))
            throw new CloudreveException(ErrorCode.WrongPassword, "Wrong share password.");
    }

    private async Task<SharedTop> FindTopAsync(Share share, CancellationToken cancellationToken)
    {
        var file = await byId.FindAsync(share.FileId, cancellationToken);
        if (file is null || file.OwnerId != share.OwnerId || file.IsSymbolic)
            throw Gone();
        try
        {
            var top = new SharedTop(share, file, await byId.GetPathAsync(file, cancellationToken));
            _recent.Keep(share.Id, top, clock.GetUtcNow() + MaxAge);
            return top;
        }
        catch (CloudreveException e) when (e.Code is ErrorCode.FileInTrash or ErrorCode.PathNotFound)
        {
            throw Gone();
        }
    }

    private static CloudreveException Gone() => new(ErrorCode.NotFound, "The share does not exist or has expired.");

    /// <summary>The file or folder that a link shows.</summary>
    private sealed record SharedTop(Share Share, FileRecord File, FilePath Path);
}

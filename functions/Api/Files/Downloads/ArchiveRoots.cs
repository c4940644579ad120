using System.Collections.Concurrent;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Archives.Downloads;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Downloads;

/// <summary>The source of an archive.</summary>
/// <param name="Files">Files and folders.</param>
/// <param name="BytesPerSecond">The download rate of the account's group; 0 for no limit.</param>
/// <param name="UserId">The user who asked for it; null for an anonymous caller.</param>
internal sealed record ArchiveSource(IReadOnlyList<FileRecord> Files, long BytesPerSecond, long? UserId);

/// <summary>Finds the files and folders of an archive when it is downloaded.</summary>
/// <param name="access">Checks access again.</param>
/// <param name="byPath">Finds files.</param>
/// <param name="users">The accounts that asked for archives.</param>
internal sealed class ArchiveRoots(DriveAccess access, EntriesByPath byPath, UserStore users, SiteCatalog catalog)
{
    private const int Workers = 8;

    /// <summary>Finds them, with the account's current rights.</summary>
    /// <param name="archive">The requested archive.</param>
    /// <param name="call">The anonymous call of the download.</param>
    /// <returns>The files and folders that still exist, in the order of the request.</returns>
    /// <exception cref="CloudreveException">The account may no longer download them.</exception>
    public async Task<ArchiveSource> FindAsync(ArchiveRequest archive, ApiCall call, CancellationToken cancellationToken)
    {
        var owner = call with { Caller = await IdentifyAsync(archive.UserId, call, cancellationToken) };
        owner.Caller.Require(GroupPermission.ArchiveDownload);
        var uris = archive.Uris.Distinct(StringComparer.Ordinal).ToList();
        var found = await FindAsync(uris, owner, cancellationToken);
        return new ArchiveSource([.. uris.Where(found.ContainsKey).Select(uri => found[uri])], owner.Caller.Group.SpeedLimit, archive.UserId == 0 ? null : archive.UserId);
    }

    private async Task<ConcurrentDictionary<string, FileRecord>> FindAsync(
        IReadOnlyList<string> uris, ApiCall call, CancellationToken cancellationToken)
    {
        var lookup = new PathLookup(byPath);
        var found = new ConcurrentDictionary<string, FileRecord>(StringComparer.Ordinal);
        await BoundedParallel.ForEachAsync(
            uris,
            Workers,
            async (uri, token) =>
            {
                try
                {
                    var place = await access.OpenAsync(call.Caller, FileUri.Parse(uri), NavigatorCapability.DownloadFile, call.Site.HashIds, token);
                    found[uri] = await lookup.GetAsync(place, token);
                }
                catch (CloudreveException e) when (e.Code == ErrorCode.PathNotFound)
                {
                    // Deleted since the address was made.
                }
            },
            cancellationToken);
        return found;
    }

    private async Task<Caller> IdentifyAsync(long userId, ApiCall call, CancellationToken cancellationToken)
    {
        if (userId == 0)
            return call.Caller;
        var user = await users.FindRecentAsync(userId, cancellationToken);
        return user is { Status: UserStatus.Active }
            ? new Caller(user, await catalog.GetGroupAsync(user.GroupId, cancellationToken)) { Client = call.Caller.Client }
            : throw new CloudreveException(ErrorCode.NoPermission, "The account is not active.");
    }
}

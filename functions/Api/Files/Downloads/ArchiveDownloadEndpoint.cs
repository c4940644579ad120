using System.Collections.Concurrent;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Archives.Downloads;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Identity.Signing;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Downloads;

/// <summary>Streams the archive that a signed address stands for (contract, section 15).</summary>
internal static class ArchiveDownloadEndpoint
{
    /// <summary>The path that a signature covers.</summary>
    public static string PathOf(Guid id) => $"{ApiEdge.Prefix}/file/archive/{id}/archive.zip";

    public static async Task GetAsync(
        HttpContext http, ApiCall call, Guid sessionID, ArchiveSessions sessions, ArchiveDownload download, DriveAccess access, FileTree tree, UserStore users,
        SiteCatalog catalog, UrlSigner signer, ILogger<ArchiveDownload> logger, CancellationToken cancellationToken)
    {
        try
        {
            signer.Verify(call.Site, PathOf(sessionID), http.Request.Query[UrlSigner.Parameter]);
            var request = await sessions.FindAsync(sessionID, cancellationToken)
                ?? throw new CloudreveException(ErrorCode.NotFound, "The archive is not offered any more.");
            var roots = await FindAsync(request, call, access, tree, users, catalog, cancellationToken);
            http.Response.ContentType = "application/zip";
            http.Response.Headers.ContentDisposition = ContentNames.Disposition("archive.zip", download: true);
            await download.WriteAsync(roots, http.Response.Body, cancellationToken);
        }
        catch (CloudreveException e) when (!http.Response.HasStarted)
        {
            var status = e.Code == ErrorCode.NotFound ? StatusCodes.Status404NotFound : StatusCodes.Status403Forbidden;
            await FileContentEndpoint.FailAsync(http, status, e.Code, e.Message);
        }
        catch (Exception e) when (e is CloudreveException or StorageException or IOException && !cancellationToken.IsCancellationRequested)
        {
            // Half a zip that looks whole would be worse.
            logger.LogWarning(e, "Archive {Archive} broke off", sessionID);
            http.Abort();
        }
    }

    /// <summary>Checks again what the one who asked may do, and finds what is still there.</summary>
    private static async Task<IReadOnlyList<FileRecord>> FindAsync(
        ArchiveRequest request, ApiCall call, DriveAccess access, FileTree tree, UserStore users, SiteCatalog catalog, CancellationToken cancellationToken)
    {
        var caller = await IdentifyAsync(request.UserId, call, users, catalog, cancellationToken);
        caller.Require(GroupPermission.ArchiveDownload);
        var lookup = new PathLookup(tree);
        var found = new ConcurrentDictionary<string, FileRecord>();
        await Parallel.ForEachAsync(
            request.Uris.Distinct(StringComparer.Ordinal),
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken },
            async (uri, token) =>
            {
                try
                {
                    found[uri] = await lookup.GetAsync(await access.OpenAsync(caller, FileUri.Parse(uri), NavigatorCapability.DownloadFile, call.Site.HashIds, token), token);
                }
                catch (CloudreveException e) when (e.Code == ErrorCode.PathNotFound)
                {
                    // Deleted since the address was made.
                }
            });
        return [.. request.Uris.Distinct(StringComparer.Ordinal).Where(found.ContainsKey).Select(uri => found[uri])];
    }

    private static async Task<Caller> IdentifyAsync(
        long userId, ApiCall call, UserStore users, SiteCatalog catalog, CancellationToken cancellationToken)
    {
        if (userId == 0)
            return call.Caller;
        var user = await users.FindRecentAsync(userId, cancellationToken);
        return user is { Status: UserStatus.Active }
            ? new Caller(user, await catalog.GetGroupAsync(user.GroupId, cancellationToken))
            : throw new CloudreveException(ErrorCode.NoPermission, "The account is not active.");
    }
}

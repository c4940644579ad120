using System.Collections.Concurrent;
using Cloudreve.Core.Archives.Downloads;
using Cloudreve.Core.Entities;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity.Signing;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Shares;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Downloads;

/// <summary>Answers download addresses of files, or one address of an archive (contract, section 15).</summary>
internal static class FileUrlEndpoint
{
    public static async Task<IResult> CreateAsync(
        HttpContext http, ApiCall call, FileUrlRequest request, DriveAccess access, FileTree tree, ShareStore shares, EntityStore entities, DownloadAddresses addresses,
        ArchiveSessions archives, TimeProvider clock, CancellationToken cancellationToken)
    {
        var site = call.Site;
        if (request.Uris.Count == 0 || request.Uris.Any(uri => uri is null))
            throw new CloudreveException(ErrorCode.BadParameter, "No URI is given.");
        if (request.Uris.Count > site.Get(SiteSetting.MaxBatchedFiles))
            throw new CloudreveException(ErrorCode.TooManyUris, "Too many URIs in one request.");
        CheckUris(call, request);
        if (request.Archive == true)
            call.Caller.Require(GroupPermission.ArchiveDownload);
        var siteBase = SiteUrls.Base(http, site, request.UsePrimarySiteUrl == true);
        var batch = new Batch(http);
        var visited = new ConcurrentBag<long>();
        var files = await FindAsync(call, request, batch, access, new PathLookup(tree), visited, cancellationToken);
        if (request.Archive == true)
        {
            if (batch.HasFailures && request.SkipError != true)
                return TypedResults.Ok(batch.Answer<FileUrlResponse>(null));
            await CountAsync(shares, visited, cancellationToken);
            var expires = clock.GetUtcNow() + site.Get(SiteSetting.ArchiveLifetime);
            var wanted = new ArchiveRequest(call.Caller.UserId, [.. request.Uris.Where(files.ContainsKey)]);
            var id = await archives.CreateAsync(wanted, expires, cancellationToken);
            var path = ArchiveDownloadEndpoint.PathOf(id);
            var url = $"{siteBase}{path}?sign={Uri.EscapeDataString(UrlSigner.Sign(site, path, expires))}";
            return TypedResults.Ok(ApiResponse.Ok(new FileUrlResponse([new EntityUrlResponse(url)], expires)));
        }
        var made = await MakeAsync(call, request, files, siteBase, batch, entities, addresses, cancellationToken);
        if (batch.HasFailures && request.SkipError != true)
            return TypedResults.Ok(batch.Answer<FileUrlResponse>(null));
        await CountAsync(shares, visited, cancellationToken);
        if (request.Redirect == true && request.Uris is [var single] && made.TryGetValue(single, out var only))
            return Results.Redirect(only.Url);
        var until = made.Values.Select(a => a.Expires).Append(clock.GetUtcNow() + site.Get(SiteSetting.EntityUrlLifetime)).Min();
        return TypedResults.Ok(ApiResponse.Ok(new FileUrlResponse([.. request.Uris.Select(uri => Shape(made.GetValueOrDefault(uri)))], until)));
    }

    /// <summary>What no item of the batch could get right fails the whole request.</summary>
    private static void CheckUris(ApiCall call, FileUrlRequest request)
    {
        if (request.SkipError == true)
            return;
        foreach (var uri in request.Uris.Select(FileUri.Parse))
        {
            if (uri.FileSystem != FileSystemKind.Share)
                call.Caller.RequireUser();
        }
    }

    private static async Task<ConcurrentDictionary<string, FileRecord>> FindAsync(
        ApiCall call, FileUrlRequest request, Batch batch, DriveAccess access, PathLookup lookup, ConcurrentBag<long> visited,
        CancellationToken cancellationToken)
    {
        var files = new ConcurrentDictionary<string, FileRecord>();
        await batch.RunAsync(
            request.Uris,
            async (uri, token) =>
            {
                var place = await access.OpenAsync(call.Caller, FileUri.Parse(uri), NavigatorCapability.DownloadFile, call.Site.HashIds, token);
                var file = await lookup.GetAsync(place, token);
                if (file.Type == FileType.Folder && request.Archive != true)
                    throw new CloudreveException(ErrorCode.BlobNotFound, "A folder has no content.");
                files[uri] = file;
                if (place.ShareId != 0 && place.OwnerId != call.Caller.UserId)
                    visited.Add(place.ShareId);
            },
            cancellationToken);
        return files;
    }

    /// <summary>A request through a link is one download, however many files it names (contract, section 15).</summary>
    private static async Task CountAsync(ShareStore shares, IEnumerable<long> visited, CancellationToken cancellationToken)
    {
        foreach (var id in visited.Distinct())
            await shares.CountDownloadAsync(id, cancellationToken);
    }

    private static async Task<ConcurrentDictionary<string, DownloadAddress>> MakeAsync(
        ApiCall call, FileUrlRequest request, ConcurrentDictionary<string, FileRecord> files, string siteBase, Batch batch,
        EntityStore entities, DownloadAddresses addresses, CancellationToken cancellationToken)
    {
        var version = DecodeVersion(call.Site, request.Entity);
        var found = await entities.FindAsync(files.Values.Select(f => version ?? f.PrimaryEntityId), cancellationToken);
        var made = new ConcurrentDictionary<string, DownloadAddress>();
        await batch.RunAsync(
            files.Keys,
            async (uri, token) =>
            {
                var file = files[uri];
                var entityId = version ?? file.PrimaryEntityId;
                if (entityId != file.PrimaryEntityId && !file.EntityIds.Contains(entityId))
                    throw new CloudreveException(ErrorCode.BlobNotFound, "The file has no such version.");
                if (entityId != 0 && !found.ContainsKey(entityId))
                    throw new CloudreveException(ErrorCode.BlobNotFound, "The file's content does not exist.");
                var target = new DownloadTarget(
                    found.GetValueOrDefault(entityId), file.Name, request.Download == true, call.Caller.Group.SpeedLimit);
                made[uri] = await addresses.MakeAsync(call.Site, siteBase, target, request.NoCache == true, token);
            },
            cancellationToken);
        return made;
    }

    private static long? DecodeVersion(SiteSettings site, string? entity)
    {
        if (string.IsNullOrEmpty(entity))
            return null;
        return site.HashIds.TryDecode(entity, HashIdKind.Entity, out var id)
            ? id
            : throw new CloudreveException(ErrorCode.BadParameter, "The version's id is invalid.");
    }

    private static EntityUrlResponse Shape(DownloadAddress? address) =>
        new(address?.Url ?? "") { StreamSaverDisplayName = address?.SaveAs };
}

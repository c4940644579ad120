using Cloudreve.Core.Entities;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity.Signing;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Site;
using Cloudreve.Core.Storage;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files;

/// <summary>
/// Makes download addresses (contract, section 15): signed addresses of Blob storage, so that no content passes through the
/// app; or signed addresses of the app for empty files and for policies whose downloads must pass through it.
/// </summary>
internal static class FileUrlEndpoint
{
    public static async Task<IResult> CreateAsync(
        HttpContext http, ApiCall call, FileUrlRequest request, FileTree tree, EntityStore entities, SiteCatalog catalog,
        PolicyContainers containers, TimeProvider clock, CancellationToken cancellationToken)
    {
        var site = call.Site;
        if (request.Uris.Count == 0)
            throw new CloudreveException(ErrorCode.BadParameter, "No URI is given.");
        if (request.Uris.Count > site.Get(SiteSetting.MaxBatchedFiles))
            throw new CloudreveException(ErrorCode.TooManyUris, "Too many URIs in one request.");
        if (request.Archive == true)
            throw new CloudreveException(ErrorCode.FeatureDisabled, "Downloads as archives are not available.");
        var expires = clock.GetUtcNow() + site.Get(SiteSetting.EntityUrlLifetime);
        var maker = new Maker(http, call, request, tree, entities, catalog, containers, expires);
        var urls = new List<EntityUrlResponse>(request.Uris.Count);
        foreach (var uri in request.Uris)
            urls.Add(await maker.MakeAsync(uri, cancellationToken));
        if (request.Redirect == true && urls is [{ Url.Length: > 0 } single])
            return Results.Redirect(single.Url);
        return Results.Json(ApiResponse.Ok(new FileUrlResponse(urls, expires)), FileJsonContext.Default.ApiResponseFileUrlResponse);
    }

    private sealed class Maker(
        HttpContext http, ApiCall call, FileUrlRequest request, FileTree tree, EntityStore entities, SiteCatalog catalog, PolicyContainers containers,
        DateTimeOffset expires)
    {
        private readonly SiteSettings _site = call.Site;

        public async Task<EntityUrlResponse> MakeAsync(string uri, CancellationToken cancellationToken)
        {
            try
            {
                return new EntityUrlResponse(await SignAsync(uri, cancellationToken));
            }
            catch (CloudreveException) when (request.SkipError == true)
            {
                return new EntityUrlResponse("");
            }
        }

        private async Task<string> SignAsync(string uri, CancellationToken cancellationToken)
        {
            var place = DriveAccess.Open(call.Caller, FileUri.Parse(uri), NavigatorCapability.DownloadFile, _site.HashIds);
            var file = await tree.GetAsync(place, cancellationToken);
            if (file.Type == FileType.Folder)
                throw new CloudreveException(ErrorCode.BlobNotFound, "A folder has no content.");
            CheckVersion(file);
            if (file.PrimaryEntityId == 0)
                return SignContent(0, file.Name);
            var entity = await entities.FindAsync(file.PrimaryEntityId, cancellationToken)
                ?? throw new CloudreveException(ErrorCode.BlobNotFound, "The file's content does not exist.");
            var policy = await catalog.GetPolicyAsync((int)entity.PolicyId, cancellationToken);
            if (policy.Settings.Relay || policy.Settings.InternalProxy || entity.Encryption is not null)
                return SignContent(entity.Id, file.Name);
            var address = await containers.Get(policy).SignReadAsync(
                entity.Source, expires, ContentNames.Disposition(file.Name, request.Download == true), ContentNames.MimeType(file.Name), cancellationToken);
            return address.AbsoluteUri;
        }

        private void CheckVersion(FileRecord file)
        {
            if (string.IsNullOrEmpty(request.Entity))
                return;
            if (!_site.HashIds.TryDecode(request.Entity, HashIdKind.Entity, out var id))
                throw new CloudreveException(ErrorCode.BadParameter, "The version's id is invalid.");
            if (id != file.PrimaryEntityId)
                throw new CloudreveException(ErrorCode.BlobNotFound, "The file has no such version.");
        }

        private string SignContent(long entityId, string name)
        {
            var id = _site.HashIds.Encode(entityId, HashIdKind.Entity);
            var signature = UrlSigner.Sign(_site, FileContentEndpoint.PathOf(id, "0", name), expires);
            var query = $"?sign={Uri.EscapeDataString(signature)}{(request.Download == true ? "&download=true" : "")}";
            return $"{SiteUrls.Base(http, _site, request.UsePrimarySiteUrl == true)}{FileContentEndpoint.EscapedPathOf(id, "0", name)}{query}";
        }
    }
}

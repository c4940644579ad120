using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Signing;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Content;

namespace Cloudreve.Functions.Api.Files.Thumbnails;

/// <summary>Addresses of thumbnails, which are made on first request (contract, section 15).</summary>
internal sealed class ThumbnailFunctions(
    DriveAccess access, EntriesByPath byPath, ThumbnailService thumbnails, SiteCatalog catalog, PolicyContainers containers, TimeProvider clock)
{
    /// <summary>Returns the address of a file's thumbnail.</summary>
    [Function("GetThumbnailUrl")]
    [Requires(AuthClass.Optional, OAuthScopes.FilesRead)]
    [NeverStored]
    [QueryParameter<string>("uri", IsRequired = true)]
    [Answers<ThumbnailResponse>]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/file/thumb")] HttpRequest request, ApiCall call, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var uri = FileUri.Parse(request.OptionalText("uri"));
        var place = await access.OpenAsync(caller, uri, NavigatorCapability.GenerateThumb, site.HashIds, cancellationToken);
        var file = await byPath.GetAsync(place, cancellationToken);
        if (file.Type == FileType.Folder)
            throw new CloudreveException(ErrorCode.BlobNotFound, "A folder has no thumbnail.");
        var thumbnail = await thumbnails.GetAsync(site, file, cancellationToken);
        var name = file.Name + Path.GetExtension(thumbnail.Source);
        var expires = clock.GetUtcNow() + site.Get(SiteSetting.EntityUrlLifetime);
        var policy = await catalog.GetPolicyAsync((int)thumbnail.PolicyId, cancellationToken);
        if (policy.Settings.Relay || policy.Settings.InternalProxy || thumbnail.Encryption is not null)
            return ApiResponse.Ok(new ThumbnailResponse(SignContent(request.HttpContext, site, thumbnail, name, expires), expires));
        var address = await containers.Get(policy).SignReadAsync(
            thumbnail.Source, expires, ContentNames.Disposition(site, name, download: false), ContentNames.MimeType(site, name), cancellationToken);
        return ApiResponse.Ok(new ThumbnailResponse(policy.PublicAddress(address).AbsoluteUri, expires));
    }

    private static string SignContent(HttpContext http, SiteSettings site, EntityRecord thumbnail, string name, DateTimeOffset expires)
    {
        var id = site.HashIds.Encode(thumbnail.Id, HashIdKind.Entity);
        var signature = UrlSigner.Sign(site, ContentAddress.PathOf(id, "0", name), expires);
        return $"{SiteUrls.Base(http, site, primary: false)}{ContentAddress.EscapedPathOf(id, "0", name)}?sign={Uri.EscapeDataString(signature)}&thumb=true";
    }
}

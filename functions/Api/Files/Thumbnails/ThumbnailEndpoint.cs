using Cloudreve.Core.Entities;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity.Signing;
using Cloudreve.Core.Media.Thumbnails;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Site;
using Cloudreve.Core.Storage;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Thumbnails;

/// <summary>The address of a file's thumbnail.</summary>
/// <param name="Url">Where it is.</param>
/// <param name="Expires">Until when.</param>
internal sealed record ThumbnailResponse(string Url, DateTimeOffset Expires);

/// <summary>Answers addresses of thumbnails, which are made when somebody asks for the first time (contract, section 15).</summary>
internal static class ThumbnailEndpoint
{
    public static async Task<ApiResponse<ThumbnailResponse>> GetAsync(
        HttpContext http, ApiCall call, string? uri, DriveAccess access, FileTree tree, ThumbnailService thumbnails, SiteCatalog catalog, PolicyContainers containers,
        TimeProvider clock, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var place = await access.OpenAsync(caller, FileUri.Parse(uri), NavigatorCapability.GenerateThumb, site.HashIds, cancellationToken);
        var file = await tree.GetAsync(place, cancellationToken);
        if (file.Type == FileType.Folder)
            throw new CloudreveException(ErrorCode.BlobNotFound, "A folder has no thumbnail.");
        var thumbnail = await thumbnails.GetAsync(site, file, cancellationToken);
        var policy = await catalog.GetPolicyAsync((int)thumbnail.PolicyId, cancellationToken);
        var expires = clock.GetUtcNow() + site.Get(SiteSetting.EntityUrlLifetime);
        var name = file.Name + Path.GetExtension(thumbnail.Source);
        if (policy.Settings.Relay || policy.Settings.InternalProxy || thumbnail.Encryption is not null)
            return ApiResponse.Ok(new ThumbnailResponse(SignContent(http, site, thumbnail, name, expires), expires));
        var address = await containers.Get(policy).SignReadAsync(
            thumbnail.Source, expires, ContentNames.Disposition(name, download: false), ContentNames.MimeType(name), cancellationToken);
        return ApiResponse.Ok(new ThumbnailResponse(address.AbsoluteUri, expires));
    }

    private static string SignContent(HttpContext http, SiteSettings site, EntityRecord thumbnail, string name, DateTimeOffset expires)
    {
        var id = site.HashIds.Encode(thumbnail.Id, HashIdKind.Entity);
        var signature = UrlSigner.Sign(site, FileContentEndpoint.PathOf(id, "0", name), expires);
        return $"{SiteUrls.Base(http, site, primary: false)}{FileContentEndpoint.EscapedPathOf(id, "0", name)}?sign={Uri.EscapeDataString(signature)}&thumb=true";
    }
}

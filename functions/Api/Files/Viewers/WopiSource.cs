using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Viewers;

/// <summary>Addresses of files for WOPI viewers.</summary>
internal static class WopiSource
{
    /// <summary>The address of a file.</summary>
    public static string Of(HttpContext http, SiteSettings site, long fileId) =>
        $"{SiteUrls.Base(http, site, primary: false)}{ApiPaths.Prefix}/file/wopi/{site.HashIds.Encode(fileId, HashIdKind.File)}";
}

using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Sharing.DirectLinks;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Functions.Api.Files.DirectLinks;

/// <summary>Addresses of direct links, which are not part of the API.</summary>
internal static class DirectLinkAddress
{
    /// <summary>The address of a link.</summary>
    /// <param name="site">Encodes its id.</param>
    /// <param name="siteBase">Scheme and host.</param>
    public static string Of(SiteSettings site, string siteBase, DirectLink link) =>
        $"{siteBase}/f/{site.HashIds.Encode(link.Id, HashIdKind.SourceLink)}/{FileUri.Escape(link.Name)}";
}

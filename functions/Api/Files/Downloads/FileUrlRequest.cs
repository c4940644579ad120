using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Changes;

namespace Cloudreve.Functions.Api.Files.Downloads;

/// <summary>Body of a request for download addresses.</summary>
internal sealed record FileUrlRequest(
    [property: LongestUri] IReadOnlyList<string> Uris,
    bool? Download = null,
    bool? Redirect = null,
    string? Entity = null,
    bool? UsePrimarySiteUrl = null,
    bool? SkipError = null,
    bool? Archive = null,
    bool? NoCache = null)
{
    /// <summary>Rejects requests in which no item could succeed.</summary>
    /// <exception cref="CloudreveException">40001, 40074, 401 or 403 for the whole request.</exception>
    public void Check(ApiCall call)
    {
        BatchUris.Check(Uris, call.Site);
        if (SkipError != true)
            CheckEach(call);
        if (Archive == true)
            call.Caller.Require(GroupPermission.ArchiveDownload);
    }

    private void CheckEach(ApiCall call)
    {
        foreach (var uri in Uris.Select(FileUri.Parse))
        {
            if (uri.FileSystem != FileSystemKind.Share)
                call.Caller.RequireUser();
        }
    }

    /// <summary>The requested version; null for the current ones.</summary>
    /// <param name="site">Decodes ids.</param>
    /// <exception cref="CloudreveException">40001: the id is invalid.</exception>
    public long? ReadVersion(SiteSettings site) => VersionIds.Parse(Entity, site);
}

using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Sharing;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Shares;

/// <summary>Shows share links to anybody who has their address (contract, section 17).</summary>
internal sealed class ShareInfoFunctions(SharedPlaces places, ShareVisits visits, SharePresenter presenter)
{
    /// <summary>Describes a share link.</summary>
    [Function("GetShareLinkInfo")]
    [Requires(AuthClass.Optional, OAuthScopes.SharesRead)]
    [NeverStored]
    [QueryParameter<string>("password")]
    [QueryParameter<bool>("count_views")]
    [QueryParameter<bool>("owner_extended")]
    [Answers<ShareResponse>]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/share/info/{id}")] HttpRequest request, string id, ApiCall call,
        CancellationToken cancellationToken)
    {
        var (countViews, ownerExtended) = (request.OptionalBoolean("count_views"), request.OptionalBoolean("owner_extended"));
        var link = await places.DescribeAsync(call.Caller, id, request.OptionalText("password") ?? "", call.Site.HashIds, cancellationToken);
        if (countViews == true && link.IsUnlocked)
            visits.Count(link.Share);
        var siteBase = SiteUrls.Base(request.HttpContext, call.Site, primary: false);
        var response = await presenter.PresentAsync(call, siteBase, link.Share, link.File, link.IsUnlocked, cancellationToken);
        if (ownerExtended != true || call.Caller.UserId != link.Share.OwnerId)
            return ApiResponse.Ok(response);
        var owner = call.Site.HashIds.Encode(link.Share.OwnerId, HashIdKind.User);
        // Clients append the name of a single file themselves.
        var source = link.File is { Type: FileType.File } ? link.Path.Parent : link.Path;
        return ApiResponse.Ok(response with { SourceUri = (FileUri.Parse($"cloudreve://{owner}@my") with { Path = source }).ToString() });
    }

    /// <summary>The error of a link that does not exist, or that the caller must not know of.</summary>
    public static CloudreveException Unknown() => new(ErrorCode.NotFound, "The share does not exist or has expired.");
}

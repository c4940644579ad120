using System.Globalization;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Sharing;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files;

namespace Cloudreve.Functions.Api.Shares;

/// <summary>Lists share links: the caller's own, and those on a user's profile (contract, section 17).</summary>
internal sealed class ShareListFunctions(ShareListing listing, SharePresenter presenter, UserStore users)
{
    private const int MinPageSize = 10;
    private const int MaxPageSize = 100;
    private const string Everything = "all_share";
    private const string Nothing = "hide_share";

    /// <summary>Lists the caller's own share links.</summary>
    [Function("ListMyShareLinks")]
    [Requires(AuthClass.Required, OAuthScopes.SharesRead)]
    [NeverStored]
    [QueryParameter<int>("page_size", IsRequired = true)]
    [QueryParameter<string>("order_by")]
    [QueryParameter<string>("order_direction")]
    [QueryParameter<string>("next_page_token")]
    [Answers<ShareListResponse>]
    public async Task<IResult> ListOwnAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/share")] HttpRequest request, ApiCall call, CancellationToken cancellationToken)
    {
        var wanted = ReadPage(request);
        var page = await listing.ListOwnAsync(call.Caller.UserId, wanted, cancellationToken);
        return await AnswerAsync(request, call, wanted, page, isUnlocked: true, cancellationToken);
    }

    /// <summary>Lists the share links on a user's profile.</summary>
    [Function("ListUserShareLinks")]
    [Requires(AuthClass.None)]
    [QueryParameter<int>("page_size", IsRequired = true)]
    [QueryParameter<string>("order_by")]
    [QueryParameter<string>("order_direction")]
    [QueryParameter<string>("next_page_token")]
    [Answers<ShareListResponse>]
    public async Task<IResult> ListOfUserAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/user/shares/{userId}")] HttpRequest request, string userId, ApiCall call,
        CancellationToken cancellationToken)
    {
        var wanted = ReadPage(request);
        if (!call.Site.HashIds.TryDecode(userId, HashIdKind.User, out var id))
            throw new CloudreveException(ErrorCode.BadParameter, "The user id is invalid.");
        var user = await users.FindRecentAsync(id, cancellationToken) ?? throw new CloudreveException(ErrorCode.UserNotFound, "The user does not exist.");
        if (user.Settings.ShareLinksInProfile == Nothing)
            throw new CloudreveException(ErrorCode.BadParameter, "This user does not list share links on the profile.");
        // Links of a banned user open for nobody.
        var page = user.Status == UserStatus.Active
            ? await listing.ListForOthersAsync(id, wanted, user.Settings.ShareLinksInProfile == Everything, cancellationToken)
            : new SharePage([], null);
        return await AnswerAsync(request, call, wanted, page, isUnlocked: false, cancellationToken);
    }

    private async Task<IResult> AnswerAsync(
        HttpRequest request, ApiCall call, SharePageRequest wanted, SharePage page, bool isUnlocked, CancellationToken cancellationToken)
    {
        var siteBase = SiteUrls.Base(request.HttpContext, call.Site, primary: false);
        var shown = new List<ShareResponse>(page.Shares.Count);
        foreach (var (share, file) in page.Shares)
            shown.Add(await presenter.PresentAsync(call, siteBase, share, file, isUnlocked, cancellationToken));
        return ApiResponse.Ok(new ShareListResponse(shown, new PaginationResponse(0, wanted.PageSize, IsCursor: true) { NextToken = page.NextToken }));
    }

    private static SharePageRequest ReadPage(HttpRequest request)
    {
        var (direction, token) = (request.OptionalText("order_direction"), request.OptionalText("next_page_token"));
        if (!int.TryParse(request.OptionalText("page_size"), NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            || size is < MinPageSize or > MaxPageSize)
            throw new CloudreveException(ErrorCode.BadParameter, "The page size must be between 10 and 100.");
        if (direction is not (null or "" or "asc" or "desc"))
            throw new CloudreveException(ErrorCode.BadParameter, "The sort direction must be asc or desc.");
        return new SharePageRequest(
            ReadOrder(request.OptionalText("order_by")), direction == "desc", size, string.IsNullOrEmpty(token) ? null : token);
    }

    private static ShareOrder ReadOrder(string? order) => order switch
    {
        // Links have no price on this site.
        null or "" or "id" or "price" => ShareOrder.Id,
        "views" => ShareOrder.Visits,
        "downloads" => ShareOrder.Downloads,
        "remain_downloads" => ShareOrder.RemainingDownloads,
        _ => throw new CloudreveException(ErrorCode.BadParameter, "The sort order is not supported."),
    };
}

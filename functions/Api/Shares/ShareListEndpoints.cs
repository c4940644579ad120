using System.Globalization;
using Cloudreve.Core.Errors;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Shares;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files;

namespace Cloudreve.Functions.Api.Shares;

/// <summary>Lists share links: the caller's own, and those on a user's profile (contract, section 17).</summary>
internal static class ShareListEndpoints
{
    private const int MinPageSize = 10;
    private const int MaxPageSize = 100;
    private const string Everything = "all_share";
    private const string Nothing = "hide_share";

    /// <summary>Maps the group.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapShareListEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapGet("/share", ListOwnAsync).WithName("ListMyShareLinks").Auth(AuthClass.Required, OAuthScopes.SharesRead);
        api.MapGet("/user/shares/{userId}", ListOfUserAsync).WithName("ListUserShareLinks").Auth(AuthClass.None);
    }

    private static async Task<ApiResponse<ShareListResponse>> ListOwnAsync(
        ApiCall call, HttpContext http, ShareListing listing, SharePresenter presenter, string? page_size, string? order_by, string? order_direction,
        string? next_page_token, CancellationToken cancellationToken)
    {
        var request = ReadPage(page_size, order_by, order_direction, next_page_token);
        var page = await listing.ListOwnAsync(call.Caller.UserId, request, cancellationToken);
        return await AnswerAsync(call, http, presenter, request, page, isUnlocked: true, cancellationToken);
    }

    private static async Task<ApiResponse<ShareListResponse>> ListOfUserAsync(
        string userId, ApiCall call, HttpContext http, UserStore users, ShareListing listing, SharePresenter presenter, string? page_size, string? order_by,
        string? order_direction, string? next_page_token, CancellationToken cancellationToken)
    {
        var request = ReadPage(page_size, order_by, order_direction, next_page_token);
        if (!call.Site.HashIds.TryDecode(userId, HashIdKind.User, out var id))
            throw new CloudreveException(ErrorCode.BadParameter, "The user id is malformed.");
        var user = await users.FindRecentAsync(id, cancellationToken) ?? throw new CloudreveException(ErrorCode.UserNotFound, "The user does not exist.");
        if (user.Settings.ShareLinksInProfile == Nothing)
            throw new CloudreveException(ErrorCode.BadParameter, "This user does not show share links.");
        // Links of somebody who is banned open for nobody.
        var page = user.Status == UserStatus.Active
            ? await listing.ListForOthersAsync(id, request, user.Settings.ShareLinksInProfile == Everything, cancellationToken)
            : new SharePage([], null);
        return await AnswerAsync(call, http, presenter, request, page, isUnlocked: false, cancellationToken);
    }

    private static async Task<ApiResponse<ShareListResponse>> AnswerAsync(
        ApiCall call, HttpContext http, SharePresenter presenter, SharePageRequest request, SharePage page, bool isUnlocked,
        CancellationToken cancellationToken)
    {
        var siteBase = SiteUrls.Base(http, call.Site, primary: false);
        var shown = new List<ShareResponse>(page.Shares.Count);
        foreach (var (share, file) in page.Shares)
            shown.Add(await presenter.PresentAsync(call, siteBase, share, file, isUnlocked, cancellationToken));
        return ApiResponse.Ok(new ShareListResponse(shown, new PaginationResponse(0, request.PageSize, IsCursor: true) { NextToken = page.NextToken }));
    }

    private static SharePageRequest ReadPage(string? size, string? order, string? direction, string? token)
    {
        if (!int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < MinPageSize or > MaxPageSize)
            throw new CloudreveException(ErrorCode.BadParameter, "The page size must be between 10 and 100.");
        if (direction is not (null or "" or "asc" or "desc"))
            throw new CloudreveException(ErrorCode.BadParameter, "The direction must be asc or desc.");
        return new SharePageRequest(ReadOrder(order), direction == "desc", number, string.IsNullOrEmpty(token) ? null : token);
    }

    private static ShareOrder ReadOrder(string? order) => order switch
    {
        // Links have no price on this site.
        null or "" or "id" or "price" => ShareOrder.Id,
        "views" => ShareOrder.Visits,
        "downloads" => ShareOrder.Downloads,
        "remain_downloads" => ShareOrder.RemainingDownloads,
        _ => throw new CloudreveException(ErrorCode.BadParameter, "The order is not one of the options."),
    };
}

using System.Globalization;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Sharing.Administration;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Admin.Lists;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Admin.Shares;

/// <summary>The share links of all users (contract, section 24).</summary>
internal sealed class AdminShareFunctions(ShareAdministration administration, UserStore users, SiteCatalog catalog, TimeProvider clock)
{
    private static readonly Dictionary<string, ShareOrder> s_orders = new(StringComparer.Ordinal)
    {
        ["created_at"] = ShareOrder.Created,
        ["views"] = ShareOrder.Views,
        ["downloads"] = ShareOrder.Downloads,
    };

    private static readonly string[] s_filters = ["share_user_id", "share_file_id", "share_id"];

    /// <summary>Lists links.</summary>
    [Function("AdminListShares")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<AdminShareListResponse>]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/share")] HttpRequest request,
        [JsonBody] AdminListRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        body.Require(s_orders.Keys, s_filters);
        var filter = new ShareFilter(body.Number("share_user_id"), body.Number("share_file_id"), ReadIds(body.Condition("share_id")));
        var found = await administration.ListAsync(
            body.Rows(), filter, s_orders.GetValueOrDefault(body.Order, ShareOrder.Id), call.Site.Get(SiteSetting.MaxSortedRows), cancellationToken);
        return ApiResponse.Ok(new AdminShareListResponse(await DescribeAsync(found.Items, request, call, cancellationToken), body.Pagination(found.Total)));
    }

    /// <summary>Returns a link.</summary>
    [Function("AdminGetShare")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [Answers<AdminShareResponse>]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/admin/share/{id}")] HttpRequest request,
        string id, ApiCall call, CancellationToken cancellationToken) =>
        ApiResponse.Ok((await DescribeAsync([await administration.GetAsync(AdminId.Parse(id), cancellationToken)], request, call, cancellationToken))[0]);

    /// <summary>Deletes links.</summary>
    [Function("AdminBatchDeleteShares")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/share/batch/delete")] HttpRequest request,
        [JsonBody] BatchIdsRequest body, CancellationToken cancellationToken)
    {
        var batch = new Batch(request.HttpContext, clock);
        await batch.RunAsync(body.Keys(), (id, token) => administration.DeleteAsync(AdminId.Parse(id), token), cancellationToken);
        return batch.Answer();
    }

    private static List<long>? ReadIds(string? text)
    {
        if (text is null)
            return null;
        var ids = new List<long>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (ids.Count == BatchIdsRequest.MaxIds || !long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                throw new CloudreveException(ErrorCode.BadParameter, "The share ids must be up to 1,000 numbers, separated by commas.");
            ids.Add(id);
        }
        return ids;
    }

    private async Task<IReadOnlyList<AdminShareResponse>> DescribeAsync(
        IReadOnlyList<ListedShare> shares, HttpRequest request, ApiCall call, CancellationToken cancellationToken)
    {
        var names = await AdminNames.ReadAsync(users, catalog, shares.Select(share => share.Share.OwnerId), cancellationToken);
        var siteBase = SiteUrls.Base(request.HttpContext, call.Site, primary: false);
        return [.. shares.Select(share => AdminShareResponse.Of(share, names, call.Site, siteBase))];
    }
}

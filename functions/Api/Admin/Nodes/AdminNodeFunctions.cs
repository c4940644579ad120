using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.RemoteDownloads.Downloaders;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Editing;
using Cloudreve.Functions.Api.Admin.Lists;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Admin.Nodes;

/// <summary>Nodes of the administration (contract, sections 24 and 25). The site itself is the only one.</summary>
internal sealed class AdminNodeFunctions(NodeEditor editor, SiteCatalog catalog, DownloaderCatalog downloaders)
{
    private static readonly Dictionary<string, Func<AdminNodeResponse, IComparable>> s_orders = new(StringComparer.Ordinal)
    {
        ["id"] = node => node.Id,
        ["name"] = node => node.Name,
        ["weight"] = node => node.Weight,
        ["status"] = node => node.Status,
    };

    private static readonly string[] s_filters = ["node_status"];

    /// <summary>Lists nodes. One transaction, whatever the order.</summary>
    [Function("AdminListNodes")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<AdminNodeListResponse>]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/node")] HttpRequest request,
        [JsonBody] AdminListRequest body, CancellationToken cancellationToken)
    {
        body.Require(s_orders.Keys, s_filters);
        var status = body.Condition("node_status");
        var nodes = (await catalog.ReadNodesAsync(cancellationToken)).Select(AdminNodeResponse.Of).Where(node => status is null || node.Status == status).ToList();
        return ApiResponse.Ok(new AdminNodeListResponse(body.PageOf(nodes, s_orders), body.Pagination(nodes.Count)));
    }

    /// <summary>Shows a node. One transaction.</summary>
    [Function("AdminGetNode")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [Answers<AdminNodeResponse>]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/admin/node/{id}")] HttpRequest request,
        string id, CancellationToken cancellationToken) =>
        ApiResponse.Ok(AdminNodeResponse.Of(await editor.GetAsync(AdminId.ParseInt32(id), cancellationToken)));

    /// <summary>Refuses to add a machine.</summary>
    [Function("AdminCreateNode")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public static Task<IResult> CreateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/admin/node")] HttpRequest request, [JsonBody] EditNodeRequest body)
    {
        if (!body.Node.IsOther())
            throw new CloudreveException(ErrorCode.BadParameter, "The site has its own node already.");
        throw NoOthers();
    }

    /// <summary>Changes a node.</summary>
    [Function("AdminUpdateNode")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<AdminNodeResponse>]
    public async Task<IResult> UpdateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/admin/node/{id}")] HttpRequest request,
        string id, [JsonBody] EditNodeRequest body, CancellationToken cancellationToken) =>
        ApiResponse.Ok(AdminNodeResponse.Of(await editor.UpdateAsync(AdminId.ParseInt32(id), body.Node.ToDraft(), cancellationToken)));

    /// <summary>Refuses to delete the site's own node.</summary>
    [Function("AdminDeleteNode")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v4/admin/node/{id}")] HttpRequest request,
        string id, CancellationToken cancellationToken)
    {
        await editor.DeleteAsync(AdminId.ParseInt32(id), cancellationToken);
        return ApiResponse.Ok();
    }

    /// <summary>Refuses to test another machine; any response shows that the site's own node works.</summary>
    [Function("AdminTestNode")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public static Task<IResult> TestAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/node/test")] HttpRequest request, [JsonBody] EditNodeRequest body) =>
        body.Node.IsOther() ? throw NoOthers() : Task.FromResult<IResult>(ApiResponse.Ok());

    /// <summary>Calls the downloader of a node whose settings need not be saved.</summary>
    [Function("AdminTestNodeDownloader")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<string>]
    public async Task<IResult> TestDownloaderAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/node/test/downloader")] HttpRequest request,
        [JsonBody] EditNodeRequest body, CancellationToken cancellationToken)
    {
        if (body.Node.IsOther())
            throw NoOthers();
        var settings = await editor.ResolveAsync(body.Node.Settings?.ToSettings() ?? new NodeSettings(), cancellationToken);
        return ApiResponse.Ok(await downloaders.TestAsync(settings, cancellationToken));
    }

    private static CloudreveException NoOthers() => new(ErrorCode.FeatureDisabled, "Nodes other than the site itself are not supported.");
}

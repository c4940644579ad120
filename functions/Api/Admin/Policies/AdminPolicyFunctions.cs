using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Editing;
using Cloudreve.Functions.Api.Admin.Lists;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Admin.Policies;

/// <summary>Storage policies of the administration (contract, section 24).</summary>
internal sealed class AdminPolicyFunctions(PolicyEditor editor, SiteCatalog catalog, EntityCensus census, AdminPolicyPresenter presenter)
{
    private static readonly Dictionary<string, Func<StoragePolicy, IComparable>> s_orders = new(StringComparer.Ordinal)
    {
        ["id"] = policy => policy.Id,
        ["name"] = policy => policy.Name,
        ["type"] = policy => policy.AdminType,
        ["max_size"] = policy => policy.MaxSize,
    };

    private static readonly string[] s_filters = ["policy_type"];

    /// <summary>Lists policies with the groups that use them. Two transactions, whatever the order.</summary>
    [Function("AdminListPolicies")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<AdminPolicyListResponse>]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/policy")] HttpRequest request,
        [JsonBody] AdminListRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        body.Require(s_orders.Keys, s_filters);
        var policies = await editor.ListAsync(cancellationToken);
        if (body.Condition("policy_type") is { } type)
            policies = [.. policies.Where(policy => policy.AdminType == type)];
        var page = body.PageOf(policies, s_orders);
        var groups = await catalog.ReadGroupsAsync(cancellationToken);
        return ApiResponse.Ok(new AdminPolicyListResponse(
            [.. page.Select(policy => presenter.Present(policy, call.Site) with { Edges = AdminPolicyEdges.Of(policy, groups) })],
            body.Pagination(policies.Count)));
    }

    /// <summary>
    /// Shows a policy: two transactions. With <c>countEntity</c> also its totals, which cost a transaction for each 1,000 blobs
    /// or more.
    /// </summary>
    [Function("AdminGetPolicy")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [QueryParameter<bool>("countEntity")]
    [Answers<AdminPolicyResponse>]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/admin/policy/{id}")] HttpRequest request,
        string id, ApiCall call, CancellationToken cancellationToken)
    {
        var policy = await editor.GetAsync(AdminId.ParseInt32(id), cancellationToken);
        var groups = await catalog.ReadGroupsAsync(cancellationToken);
        var response = presenter.Present(policy, call.Site) with { Edges = AdminPolicyEdges.Of(policy, groups) };
        if (request.OptionalBoolean("countEntity") is true)
        {
            var totals = await census.CountAsync(policy.Id, cancellationToken);
            response = response with { EntitiesCount = totals.Count, EntitiesSize = totals.Size };
        }
        return ApiResponse.Ok(response);
    }

    /// <summary>Creates a policy.</summary>
    [Function("AdminCreatePolicy")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<AdminPolicyResponse>]
    public async Task<IResult> CreateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/admin/policy")] HttpRequest request,
        [JsonBody] EditPolicyRequest body, ApiCall call, CancellationToken cancellationToken) =>
        ApiResponse.Ok(presenter.Present(await editor.CreateAsync(body.Policy.ToDraft(), cancellationToken), call.Site));

    /// <summary>Changes a policy.</summary>
    [Function("AdminUpdatePolicy")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<AdminPolicyResponse>]
    public async Task<IResult> UpdateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/admin/policy/{id}")] HttpRequest request,
        string id, [JsonBody] EditPolicyRequest body, ApiCall call, CancellationToken cancellationToken) =>
        ApiResponse.Ok(presenter.Present(await editor.UpdateAsync(AdminId.ParseInt32(id), body.Policy.ToDraft(), cancellationToken), call.Site));

    /// <summary>Deletes a policy that neither groups nor blobs use.</summary>
    [Function("AdminDeletePolicy")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v4/admin/policy/{id}")] HttpRequest request,
        string id, CancellationToken cancellationToken)
    {
        await editor.DeleteAsync(AdminId.ParseInt32(id), cancellationToken);
        return ApiResponse.Ok();
    }

    /// <summary>Allows browsers to access a policy's storage account.</summary>
    [Function("AdminCreatePolicyCors")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> AllowBrowsersAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/policy/cors")] HttpRequest request,
        [JsonBody] EditPolicyRequest body, CancellationToken cancellationToken)
    {
        await editor.AllowBrowsersAsync(body.Policy.Id ?? 0, body.Policy.ToDraft(), cancellationToken);
        return ApiResponse.Ok();
    }
}

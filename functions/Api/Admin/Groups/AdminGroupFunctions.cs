using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Editing;
using Cloudreve.Functions.Api.Admin.Lists;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Admin.Groups;

/// <summary>Groups of the administration (contract, section 24).</summary>
internal sealed class AdminGroupFunctions(GroupEditor editor, SiteCatalog catalog, GroupMembers members)
{
    private static readonly Dictionary<string, Func<Group, IComparable>> s_orders = new(StringComparer.Ordinal)
    {
        ["id"] = group => group.Id,
        ["name"] = group => group.Name,
        ["max_storage"] = group => group.MaxStorage,
    };

    /// <summary>Lists groups with their storage policies. Two transactions, whatever the order.</summary>
    [Function("AdminListGroups")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<AdminGroupListResponse>]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/group")] HttpRequest request,
        [JsonBody] AdminListRequest body, CancellationToken cancellationToken)
    {
        body.Require(s_orders.Keys, []);
        var groups = await catalog.ReadGroupsAsync(cancellationToken);
        var page = body.PageOf(groups, s_orders);
        var policies = await catalog.ReadPoliciesAsync(cancellationToken);
        return ApiResponse.Ok(new AdminGroupListResponse([.. page.Select(group => AdminGroupResponse.Of(group, policies))], body.Pagination(groups.Count)));
    }

    /// <summary>
    /// Shows a group: two transactions. With <c>countUser</c> also the number of members, which costs a transaction for each 1,000
    /// accounts or more.
    /// </summary>
    [Function("AdminGetGroup")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [QueryParameter<bool>("countUser")]
    [Answers<AdminGroupResponse>]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/admin/group/{id}")] HttpRequest request,
        string id, CancellationToken cancellationToken)
    {
        var groupId = AdminId.ParseInt32(id);
        var group = (await catalog.ReadGroupsAsync(cancellationToken)).FirstOrDefault(group => group.Id == groupId)
            ?? throw new CloudreveException(ErrorCode.GroupNotFound, "The group does not exist.");
        var response = await PresentAsync(group, cancellationToken);
        return ApiResponse.Ok(request.OptionalBoolean("countUser") is true
            ? response with { TotalUsers = await members.CountAsync(groupId, cancellationToken) }
            : response);
    }

    /// <summary>Creates a group.</summary>
    [Function("AdminCreateGroup")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<AdminGroupResponse>]
    public async Task<IResult> CreateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/admin/group")] HttpRequest request,
        [JsonBody] EditGroupRequest body, ApiCall call, CancellationToken cancellationToken) =>
        ApiResponse.Ok(await PresentAsync(await editor.CreateAsync(body.Group.ToDraft(), call.Caller, cancellationToken), cancellationToken));

    /// <summary>Changes a group.</summary>
    [Function("AdminUpdateGroup")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<AdminGroupResponse>]
    public async Task<IResult> UpdateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/admin/group/{id}")] HttpRequest request,
        string id, [JsonBody] EditGroupRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var group = await editor.UpdateAsync(AdminId.ParseInt32(id), body.Group.ToDraft(), call.Caller, cancellationToken);
        return ApiResponse.Ok(await PresentAsync(group, cancellationToken));
    }

    /// <summary>Deletes a group without members.</summary>
    [Function("AdminDeleteGroup")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v4/admin/group/{id}")] HttpRequest request,
        string id, CancellationToken cancellationToken)
    {
        await editor.DeleteAsync(AdminId.ParseInt32(id), cancellationToken);
        return ApiResponse.Ok();
    }

    private async Task<AdminGroupResponse> PresentAsync(Group group, CancellationToken cancellationToken) =>
        AdminGroupResponse.Of(group, await catalog.ListPoliciesAsync(cancellationToken));
}

using Cloudreve.Core.Accounts;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Site;

namespace Cloudreve.Functions.Api.Users.Settings;

/// <summary>Choices that users have (contract, section 23).</summary>
internal sealed class UserSettingFunctions(SiteCatalog catalog)
{
    /// <summary>Lists nodes that the caller may choose.</summary>
    [Function("ListAvailableNodes")]
    [Requires(AuthClass.Required, OAuthScopes.UserInfoRead)]
    [Answers<IReadOnlyList<NodeChoiceResponse>>]
    public async Task<IResult> ListNodesAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/user/setting/nodes")] HttpRequest request,
        ApiCall call, CancellationToken cancellationToken)
    {
        var nodes = await catalog.ListNodesAsync(cancellationToken);
        var active = nodes.Where(node => node.IsActive).Select(node => NodeChoiceResponse.Of(node, call.Site));
        return ApiResponse.Ok<IReadOnlyList<NodeChoiceResponse>>([.. active]);
    }

    /// <summary>Lists storage policies that the caller may choose.</summary>
    [Function("ListAvailableStoragePolicies")]
    [Requires(AuthClass.Required, OAuthScopes.UserInfoRead)]
    [Answers<IReadOnlyList<StoragePolicyResponse>>]
    public async Task<IResult> ListPoliciesAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/user/setting/policies")] HttpRequest request,
        ApiCall call, CancellationToken cancellationToken)
    {
        var policy = call.Caller.Group.StoragePolicyId is { } id ? await catalog.FindPolicyAsync(id, cancellationToken) : null;
        return ApiResponse.Ok<IReadOnlyList<StoragePolicyResponse>>(policy is null ? [] : [StoragePolicyResponse.Of(policy, call.Site)]);
    }
}

using Cloudreve.Core.Accounts;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Users;

namespace Cloudreve.Functions.Api.Groups;

/// <summary>The groups that permissions can be given to (contract, section 23).</summary>
internal sealed class GroupFunctions(SiteCatalog catalog)
{
    /// <summary>Lists the groups.</summary>
    [Function("ListGroups")]
    [Requires(AuthClass.Required, OAuthScopes.Any)]
    [Answers<IReadOnlyList<GroupResponse>>]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/group/list")] HttpRequest request,
        ApiCall call, CancellationToken cancellationToken)
    {
        // Callers without an account have a setting of their own where permissions are set.
        var groups = (await catalog.ListGroupsAsync(cancellationToken)).Where(group => !group.Allows(GroupPermission.IsAnonymous));
        return ApiResponse.Ok<IReadOnlyList<GroupResponse>>([.. groups.Select(group => GroupResponse.Redacted(group, call.Site))]);
    }
}

using System.Text.Json.Serialization;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Users;

namespace Cloudreve.Functions.Api.Groups;

/// <summary>JSON of the group.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ApiResponse<IReadOnlyList<GroupResponse>>))]
internal sealed partial class GroupJsonContext : JsonSerializerContext;

/// <summary>The groups that permissions can be given to (contract, section 23).</summary>
internal static class GroupEndpoints
{
    /// <summary>Maps the group.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapGroupEndpoints(this IEndpointRouteBuilder api) =>
        api.MapGet("/group/list", ListAsync).WithName("ListGroups").Auth(AuthClass.Required, OAuthScopes.Any);

    private static async Task<ApiResponse<IReadOnlyList<GroupResponse>>> ListAsync(ApiCall call, SiteCatalog catalog, CancellationToken cancellationToken)
    {
        // Callers without an account have a place of their own where permissions are set.
        var groups = (await catalog.ListGroupsAsync(cancellationToken)).Where(group => !group.Allows(GroupPermission.IsAnonymous));
        return ApiResponse.Ok<IReadOnlyList<GroupResponse>>([.. groups.Select(group => GroupResponse.Redacted(group, call.Site))]);
    }
}

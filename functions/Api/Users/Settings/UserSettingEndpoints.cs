using System.Text.Json.Serialization;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Site;

namespace Cloudreve.Functions.Api.Users.Settings;

/// <summary>A node as users see it.</summary>
/// <param name="Id">Encoded id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Type">master or slave.</param>
/// <param name="Capabilities">Boolset of what it can do.</param>
internal sealed record NodeChoiceResponse(string Id, string Name, string Type, string Capabilities)
{
    /// <summary>Describes a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="site">The site.</param>
    public static NodeChoiceResponse Of(Node node, SiteSettings site) =>
        new(site.HashIds.Encode(node.Id, HashIdKind.Node), node.Name, node.IsMaster ? "master" : "slave", node.Capabilities.ToString());
}

/// <summary>JSON of the group.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ApiResponse<IReadOnlyList<NodeChoiceResponse>>))]
[JsonSerializable(typeof(ApiResponse<IReadOnlyList<StoragePolicyResponse>>))]
internal sealed partial class UserSettingJsonContext : JsonSerializerContext;

/// <summary>What users set about their account, and what they may choose from (contract, sections 6 and 23).</summary>
internal static class UserSettingEndpoints
{
    /// <summary>Maps the group.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapUserSettingEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapGet("/user/setting/nodes", ListNodesAsync).WithName("ListAvailableNodes").Auth(AuthClass.Required, OAuthScopes.UserInfoRead);
        api.MapGet("/user/setting/policies", ListPoliciesAsync).WithName("ListAvailableStoragePolicies").Auth(AuthClass.Required, OAuthScopes.UserInfoRead);
    }

    private static async Task<ApiResponse<IReadOnlyList<NodeChoiceResponse>>> ListNodesAsync(
        ApiCall call, SiteCatalog catalog, CancellationToken cancellationToken)
    {
        var nodes = await catalog.ListNodesAsync(cancellationToken);
        var active = nodes.Where(node => node.IsActive).Select(node => NodeChoiceResponse.Of(node, call.Site));
        return ApiResponse.Ok<IReadOnlyList<NodeChoiceResponse>>([.. active]);
    }

    private static async Task<ApiResponse<IReadOnlyList<StoragePolicyResponse>>> ListPoliciesAsync(
        ApiCall call, SiteCatalog catalog, CancellationToken cancellationToken)
    {
        var policy = call.Caller.Group.StoragePolicyId is { } id ? await catalog.FindPolicyAsync(id, cancellationToken) : null;
        return ApiResponse.Ok<IReadOnlyList<StoragePolicyResponse>>(policy is null ? [] : [StoragePolicyResponse.Of(policy, call.Site)]);
    }
}

using System.Text.Json.Serialization;
using Cloudreve.Core.Errors;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Quota;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Users;

/// <summary>Storage of a user.</summary>
/// <param name="Total">Bytes that may be used.</param>
/// <param name="Used">Bytes in use.</param>
internal sealed record CapacityResponse(long Total, long Used);

/// <summary>JSON of the group.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ApiResponse<UserResponse>))]
[JsonSerializable(typeof(ApiResponse<IReadOnlyList<UserResponse>>))]
[JsonSerializable(typeof(ApiResponse<CapacityResponse>))]
internal sealed partial class UserJsonContext : JsonSerializerContext;

/// <summary>What signed-in users ask about themselves and others.</summary>
internal static class UserEndpoints
{
    private const int MinKeyword = 2;
    private const int MaxKeyword = 255;

    /// <summary>Maps the group.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapUserEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapGet("/user/me", GetMe).WithName("GetMe").Auth(AuthClass.Required, OAuthScopes.UserInfoRead);
        api.MapGet("/user/info/{userId}", GetUserAsync).WithName("GetUser").Auth(AuthClass.Optional, OAuthScopes.Any);
        api.MapGet("/user/search", SearchAsync).WithName("SearchUser").Auth(AuthClass.Required, OAuthScopes.UserInfoRead);
        api.MapGet("/user/capacity", GetCapacityAsync).WithName("GetStorageCapacity").Auth(AuthClass.Required, OAuthScopes.UserInfoRead);
    }

    private static ApiResponse<UserResponse> GetMe(ApiCall call) => ApiResponse.Ok(UserResponse.Of(call));

    private static async Task<ApiResponse<UserResponse>> GetUserAsync(
        string userId, ApiCall call, UserStore users, SiteCatalog catalog, CancellationToken cancellationToken)
    {
        if (!call.Site.HashIds.TryDecode(userId, HashIdKind.User, out var id))
            throw new CloudreveException(ErrorCode.BadParameter, "The user id is malformed.");
        var user = await users.FindRecentAsync(id, cancellationToken) ?? throw new CloudreveException(ErrorCode.UserNotFound, "The user does not exist.");
        var group = await catalog.GetGroupAsync(user.GroupId, cancellationToken);
        return ApiResponse.Ok(UserResponse.Seen(user, group, call));
    }

    private static async Task<ApiResponse<IReadOnlyList<UserResponse>>> SearchAsync(
        string? keyword, ApiCall call, UserDirectory directory, SiteCatalog catalog, CancellationToken cancellationToken)
    {
        if (keyword?.Trim() is not { Length: >= MinKeyword and <= MaxKeyword } text)
            throw new CloudreveException(ErrorCode.BadParameter, "The keyword must have two characters at least.");
        var hits = new List<UserResponse>();
        // Where addresses are not shown, nobody can find them out letter by letter, either.
        var searchesEmail = call.Caller.ActsAsAdmin || call.Site.Get(AccountSetting.ExposeEmail);
        foreach (var user in await directory.SearchAsync(text, searchesEmail, cancellationToken))
            hits.Add(UserResponse.Seen(user, await catalog.GetGroupAsync(user.GroupId, cancellationToken), call));
        return ApiResponse.Ok<IReadOnlyList<UserResponse>>(hits);
    }

    private static async Task<ApiResponse<CapacityResponse>> GetCapacityAsync(ApiCall call, QuotaLedger quota, CancellationToken cancellationToken) =>
        ApiResponse.Ok(new CapacityResponse(call.Caller.Group.MaxStorage, await quota.GetUsedAsync(call.Caller.UserId, cancellationToken)));
}

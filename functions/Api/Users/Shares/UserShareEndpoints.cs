using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.Core.Errors;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files;

namespace Cloudreve.Functions.Api.Users.Shares;

/// <summary>A page of share links.</summary>
/// <param name="Shares">The links.</param>
/// <param name="Pagination">Where the page stands.</param>
internal sealed record UserSharesResponse(IReadOnlyList<JsonElement> Shares, PaginationResponse Pagination);

/// <summary>JSON of the group.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ApiResponse<UserSharesResponse>))]
internal sealed partial class UserShareJsonContext : JsonSerializerContext;

/// <summary>The share links on a user's profile (contract, section 17). The site has no share links yet, so there are none to show.</summary>
internal static class UserShareEndpoints
{
    private const int MinPageSize = 10;
    private const int MaxPageSize = 100;
    private const string Hidden = "hide_share";

    /// <summary>Maps the group.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapUserShareEndpoints(this IEndpointRouteBuilder api) =>
        api.MapGet("/user/shares/{userId}", ListAsync).WithName("ListUserShareLinks").Auth(AuthClass.None);

    private static async Task<ApiResponse<UserSharesResponse>> ListAsync(
        string userId, ApiCall call, UserStore users, string? page_size, string? order_by, string? order_direction, string? next_page_token,
        CancellationToken cancellationToken)
    {
        if (!int.TryParse(page_size, NumberStyles.None, CultureInfo.InvariantCulture, out var size) || size is < MinPageSize or > MaxPageSize
            || order_by is not (null or "" or "views" or "downloads" or "price" or "remain_downloads" or "id")
            || order_direction is not (null or "" or "asc" or "desc") || !string.IsNullOrEmpty(next_page_token))
            throw new CloudreveException(ErrorCode.BadParameter, "The page or its order is not possible.");
        if (!call.Site.HashIds.TryDecode(userId, HashIdKind.User, out var id))
            throw new CloudreveException(ErrorCode.BadParameter, "The user id is malformed.");
        var user = await users.FindRecentAsync(id, cancellationToken) ?? throw new CloudreveException(ErrorCode.UserNotFound, "The user does not exist.");
        if (user.Settings.ShareLinksInProfile == Hidden)
            throw new CloudreveException(ErrorCode.BadParameter, "This user does not show share links.");
        return ApiResponse.Ok(new UserSharesResponse([], new PaginationResponse(0, size, IsCursor: true)));
    }
}

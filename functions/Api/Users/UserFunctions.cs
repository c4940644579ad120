using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Text;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Users;

/// <summary>Users and their storage (contract, sections 5 and 6).</summary>
internal sealed class UserFunctions(UserStore users, SiteCatalog catalog, UserDirectory directory, QuotaLedger quota)
{
    private const int MinKeyword = 2;
    private const int MaxKeyword = 255;

    /// <summary>Describes the caller.</summary>
    [Function("GetMe")]
    [Requires(AuthClass.Required, OAuthScopes.UserInfoRead)]
    [Answers<UserResponse>]
    public static IResult GetMe([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/user/me")] HttpRequest request, ApiCall call) =>
        ApiResponse.Ok(UserResponse.Of(call));

    /// <summary>Describes a user as far as the caller may know.</summary>
    [Function("GetUser")]
    [Requires(AuthClass.Optional, OAuthScopes.Any)]
    [Answers<UserResponse>]
    public async Task<IResult> GetUserAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/user/info/{userId}")] HttpRequest request,
        string userId, ApiCall call, CancellationToken cancellationToken)
    {
        var user = await users.FindRecentAsync(UserId.Decode(userId, call), cancellationToken)
            ?? throw new CloudreveException(ErrorCode.UserNotFound, "The user does not exist.");
        var group = await catalog.GetGroupAsync(user.GroupId, cancellationToken);
        return ApiResponse.Ok(UserResponse.Seen(user, group, call));
    }

    /// <summary>Finds users by nickname and, where the caller may see it, mail address.</summary>
    [Function("SearchUser")]
    [Requires(AuthClass.Required, OAuthScopes.UserInfoRead)]
    [QueryParameter<string>("keyword", IsRequired = true)]
    [Answers<IReadOnlyList<UserResponse>>]
    public async Task<IResult> SearchAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/user/search")] HttpRequest request,
        ApiCall call, CancellationToken cancellationToken)
    {
        if (request.OptionalText("keyword")?.Trim() is not { } text || text.CountCharacters() is < MinKeyword or > MaxKeyword)
            throw new CloudreveException(ErrorCode.BadParameter, "The keyword must have at least two characters.");
        var hits = new List<UserResponse>();
        // Where addresses are not shown, nobody can find them out letter by letter either.
        var searchesEmail = call.Caller.ActsAsAdmin || call.Site.Get(AccountSetting.ExposeEmail);
        foreach (var user in await directory.SearchAsync(text, searchesEmail, cancellationToken))
            hits.Add(UserResponse.Seen(user, await catalog.GetGroupAsync(user.GroupId, cancellationToken), call));
        return ApiResponse.Ok<IReadOnlyList<UserResponse>>(hits);
    }

    /// <summary>Returns the caller's total and used storage.</summary>
    [Function("GetStorageCapacity")]
    [Requires(AuthClass.Required, OAuthScopes.UserInfoRead)]
    [Answers<CapacityResponse>]
    public async Task<IResult> GetCapacityAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/user/capacity")] HttpRequest request,
        ApiCall call, CancellationToken cancellationToken) =>
        ApiResponse.Ok(new CapacityResponse(call.Caller.Group.MaxStorage, await quota.GetUsedAsync(call.Caller.UserId, cancellationToken)));
}

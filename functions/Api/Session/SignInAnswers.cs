using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.LoginActivities;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Users;

namespace Cloudreve.Functions.Api.Session;

/// <summary>The last step of every way of signing in.</summary>
/// <param name="tokens">Issues the tokens.</param>
/// <param name="catalog">The user's group.</param>
/// <param name="activities">Notes the sign-in for the user to see.</param>
internal sealed class SignInAnswers(TokenIssuer tokens, SiteCatalog catalog, LoginActivityLog activities)
{
    /// <summary>Issues tokens to a user who has proven who they are.</summary>
    /// <param name="call">The call, with its site.</param>
    /// <param name="provider">The identity provider; null without one.</param>
    public async Task<ApiResponse<LoginResponse>> CompleteSignInAsync(
        User user, ApiCall call, HttpContext http, LoginMethod method, CancellationToken cancellationToken, OpenIdProvider? provider = null)
    {
        var group = await catalog.GetGroupAsync(user.GroupId, cancellationToken);
        var pair = provider is { } chosen ? await tokens.IssueAsync(user, chosen, cancellationToken) : await tokens.IssueAsync(user, cancellationToken);
        var activity = SignInClient.Describe(http, method) with
        {
            Success = true,
            OpenIdProvider = provider is { } number ? (int)number : 0,
        };
        await activities.AddAsync(user.Id, activity, cancellationToken);
        return ApiResponse.Ok(new LoginResponse(UserResponse.Own(user, group, call.Site), TokenResponse.Of(pair)));
    }
}

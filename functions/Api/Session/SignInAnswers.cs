using Cloudreve.Core.Identity;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Users;

namespace Cloudreve.Functions.Api.Session;

/// <summary>What every way of signing in ends with.</summary>
/// <param name="tokens">Issues the tokens.</param>
/// <param name="catalog">The user's group.</param>
internal sealed class SignInAnswers(TokenIssuer tokens, SiteCatalog catalog)
{
    /// <summary>Issues tokens to a user who has proven who they are.</summary>
    /// <param name="user">The user.</param>
    /// <param name="call">The request.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<ApiResponse<LoginResponse>> WelcomeAsync(User user, ApiCall call, CancellationToken cancellationToken)
    {
        var group = await catalog.GetGroupAsync(user.GroupId, cancellationToken);
        var pair = await tokens.IssueAsync(user, cancellationToken);
        return ApiResponse.Ok(new LoginResponse(UserResponse.Own(user, group, call.Site), TokenResponse.Of(pair)));
    }
}

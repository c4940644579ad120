using Cloudreve.Core.Identity;
using Cloudreve.Core.Identity.TwoFactor;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Users.Security;

/// <summary>Preparing the second factor; switching it on and off is a change of preferences (contract, section 6).</summary>
internal static class TwoFactorEndpoint
{
    /// <summary>Maps the endpoint.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapTwoFactor(this IEndpointRouteBuilder api) =>
        api.MapGet("/user/setting/2fa", PrepareAsync).WithName("PrepareEnabling2FA").Auth(AuthClass.Required, OAuthScopes.UserSecurityInfoWrite);

    private static async Task<ApiResponse<string>> PrepareAsync(ApiCall call, TwoFactorAuth twoFactor, CancellationToken cancellationToken) =>
        ApiResponse.Ok(await twoFactor.PrepareAsync(call.Caller.RequireUser(), cancellationToken));
}

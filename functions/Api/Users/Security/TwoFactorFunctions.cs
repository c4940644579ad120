using Cloudreve.Core.Accounts.TwoFactor;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Users.Security;

/// <summary>Preparing the second factor; enabling and disabling it is a change of preferences (contract, section 6).</summary>
internal sealed class TwoFactorFunctions(TwoFactorAuth twoFactor)
{
    /// <summary>Returns a new secret for the authenticator app.</summary>
    [Function("PrepareEnabling2FA")]
    [Requires(AuthClass.Required, LiveSignIn = true)]
    [NeverStored]
    [Answers<string>]
    public async Task<IResult> PrepareAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/user/setting/2fa")] HttpRequest request,
        ApiCall call, CancellationToken cancellationToken) =>
        ApiResponse.Ok(await twoFactor.PrepareAsync(call.Caller.RequireUser(), cancellationToken));
}

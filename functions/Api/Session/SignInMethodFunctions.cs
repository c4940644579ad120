using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Accounts.Passkeys;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Session;

/// <summary>The choice of a sign-in method (contract, section 5).</summary>
internal sealed class SignInMethodFunctions(UserStore users, PasskeyStore passkeys, ClientBudgets budgets)
{
    /// <summary>Returns the ways in which an account may sign in.</summary>
    [Function("PrepareLogin")]
    [Requires(AuthClass.None)]
    [NeverStored]
    [QueryParameter<string>("email", IsRequired = true)]
    [Answers<PrepareLoginResponse>]
    public async Task<IResult> PrepareAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/session/prepare")] HttpRequest request,
        ApiCall call, CancellationToken cancellationToken)
    {
        using var attempt = await budgets.BeginAsync(ClientBudget.UnknownAccounts, ClientAddress.Of(ClientAddresses.Of(request.HttpContext)), cancellationToken);
        var user = await users.FindByEmailAsync(request.RequiredText("email"), cancellationToken);
        await attempt.EndAsync(isFailure: user is null, cancellationToken);
        if (user is null)
            throw new CloudreveException(ErrorCode.NotFound, "No account exists for this email address.");
        var hasPasskey = call.Site.Get(AccountSetting.PasskeysEnabled) && (await passkeys.ListAsync(user.Id, cancellationToken)).Count > 0;
        return ApiResponse.Ok(new PrepareLoginResponse(
            hasPasskey, user.PasswordHash is not null, OpenIdSignIn.IsEnabled(call.Site, OpenIdProvider.Logto),
            OpenIdSignIn.IsEnabled(call.Site, OpenIdProvider.Qq)));
    }
}

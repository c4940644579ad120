using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Captchas;
using Cloudreve.Core.Accounts.LoginActivities;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Session;

/// <summary>Signing in with a password and, where the account has one, a second factor (contract, section 5).</summary>
internal sealed class SignInFunctions(
    CaptchaGate captchas, PasswordSignIn signIn, SignInFailures failures, SignInSessions sessions, SignInAnswers answers)
{
    /// <summary>Signs in with a password; an account with a second factor gets the id of the next step instead of tokens.</summary>
    [Function("PasswordSignIn")]
    [Requires(AuthClass.None)]
    [NeverStored]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<LoginResponse>]
    public async Task<IResult> SignInAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/session/token")] HttpRequest request,
        [JsonBody] SignInRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var http = request.HttpContext;
        var client = ClientAddress.Of(ClientAddresses.Of(http));
        await captchas.PassAsync(call.Site, CaptchaSetting.OnLogin, body.CaptchaAnswer(), cancellationToken);
        var user = await failures.OfPasswordAsync(
            http, body.Email, () => signIn.SignInAsync(body.Email, body.Password, client, HasSolvedAsync, cancellationToken));
        if (!user.HasTwoFactor)
            return await answers.CompleteSignInAsync(user, call, http, LoginMethod.Password, cancellationToken);
        var session = await sessions.CreateAsync(user, provider: null, cancellationToken);
        return ApiResponse.Continue(session.ToString("D"));

        // A captcha counts once: where every sign-in needs one, it has been checked already.
        async Task<bool> HasSolvedAsync(CancellationToken token) =>
            call.Site.Get(CaptchaSetting.OnLogin) || await captchas.IsRightAsync(call.Site, body.CaptchaAnswer(), token);
    }

    /// <summary>Completes a sign-in with a code of the authenticator app.</summary>
    [Function("FinishSignInWith2FA")]
    [Requires(AuthClass.None)]
    [NeverStored]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<LoginResponse>]
    public async Task<IResult> FinishWithCodeAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/session/token/2fa")] HttpRequest request,
        [JsonBody] TwoFactorRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var http = request.HttpContext;
        var (user, provider) = await failures.OfCodeAsync(
            http, body.SessionId,
            () => sessions.FinishAsync(body.SessionId, body.Otp, ClientAddress.Of(ClientAddresses.Of(http)), cancellationToken));
        var method = provider is null ? LoginMethod.Password : LoginMethod.OpenId;
        return await answers.CompleteSignInAsync(user, call, http, method, cancellationToken, provider);
    }
}

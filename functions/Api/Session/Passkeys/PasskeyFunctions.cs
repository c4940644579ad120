using System.Buffers.Text;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.LoginActivities;
using Cloudreve.Core.Accounts.Passkeys;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Session.Passkeys;

/// <summary>Passkeys (contract, section 6).</summary>
internal sealed class PasskeyFunctions(PasskeyCeremonies ceremonies, PasskeyStore passkeys, SignInAnswers answers)
{
    /// <summary>Begins a sign-in.</summary>
    [Function("PreparePasskeySignIn")]
    [Requires(AuthClass.None)]
    [NeverStored]
    [Charges(ClientBudget.Ceremonies)]
    [BodyLimit(BodyLimitAttribute.None)]
    [Answers<PreparePasskeySignInResponse>]
    public async Task<IResult> PrepareSignInAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/session/authn")] HttpRequest request,
        ApiCall call, CancellationToken cancellationToken)
    {
        RequireEnabled(call.Site);
        var origin = OriginOf(request.HttpContext, call.Site);
        var (session, challenge) = await ceremonies.BeginSignInAsync(origin, cancellationToken);
        var options = new RequestOptions(
            Base64Url.EncodeToString(challenge), (int)PasskeyCeremonies.Lifetime.TotalMilliseconds, new Uri(origin).Host, "preferred");
        return ApiResponse.Ok(new PreparePasskeySignInResponse(session.ToString("D"), new PublicKeyOptions<RequestOptions>(options)));
    }

    /// <summary>Completes a sign-in.</summary>
    [Function("FinishPasskeySignIn")]
    [Requires(AuthClass.None)]
    [NeverStored]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<LoginResponse>]
    public async Task<IResult> FinishSignInAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/session/authn")] HttpRequest request,
        [JsonBody] FinishPasskeySignInRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        RequireEnabled(call.Site);
        var user = await ceremonies.FinishSignInAsync(call.Site, body.SessionId, body.Response, cancellationToken);
        return await answers.CompleteSignInAsync(user, call, request.HttpContext, LoginMethod.Passkey, cancellationToken);
    }

    /// <summary>Begins a registration.</summary>
    [Function("PreparePasskeyRegistration")]
    [Requires(AuthClass.Required, LiveSignIn = true)]
    [NeverStored]
    [Charges(ClientBudget.Ceremonies)]
    [BodyLimit(BodyLimitAttribute.None)]
    [Answers<PublicKeyOptions<CreationOptions>>]
    public async Task<IResult> PrepareRegistrationAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/user/authn")] HttpRequest request,
        ApiCall call, CancellationToken cancellationToken)
    {
        RequireEnabled(call.Site);
        var user = call.Caller.RequireUser();
        var origin = OriginOf(request.HttpContext, call.Site);
        var challenge = await ceremonies.BeginRegistrationAsync(user, origin, cancellationToken);
        var known = await passkeys.ListAsync(user.Id, cancellationToken);
        return ApiResponse.Ok(new PublicKeyOptions<CreationOptions>(CreationOptions.Of(user, challenge, origin, known, call.Site)));
    }

    /// <summary>Completes a registration.</summary>
    [Function("FinishPasskeyRegistration")]
    [Requires(AuthClass.Required, LiveSignIn = true)]
    [NeverStored]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<PasskeyResponse>]
    public async Task<IResult> FinishRegistrationAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/user/authn")] HttpRequest request,
        [JsonBody] FinishRegistrationRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        RequireEnabled(call.Site);
        return ApiResponse.Ok(PasskeyResponse.Of(await ceremonies.FinishRegistrationAsync(
            call.Caller.RequireUser(), body.Response, body.Name, body.Ua, cancellationToken)));
    }

    /// <summary>Deletes a passkey of the caller.</summary>
    [Function("DeletePasskey")]
    [Requires(AuthClass.Required, OAuthScopes.UserSecurityInfoWrite, LiveSignIn = true)]
    [BodyLimit(BodyLimitAttribute.None)]
    [QueryParameter<string>("id", IsRequired = true)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v4/user/authn")] HttpRequest request,
        ApiCall call, CancellationToken cancellationToken)
    {
        RequireEnabled(call.Site);
        var id = request.OptionalText("id");
        var credentialId = new byte[id?.Length ?? 0];
        if (id is null || !Convert.TryFromBase64String(id, credentialId, out var length))
            throw new CloudreveException(ErrorCode.BadParameter, "The passkey id is invalid.");
        return await passkeys.DeleteAsync(call.Caller.UserId, credentialId[..length], cancellationToken)
            ? ApiResponse.Ok()
            : throw new CloudreveException(ErrorCode.NotFound, "The passkey does not exist.");
    }

    private static void RequireEnabled(SiteSettings site)
    {
        if (!site.Get(AccountSetting.PasskeysEnabled))
            throw new CloudreveException(ErrorCode.FeatureDisabled, "Passkeys are disabled on this site.");
    }

    private static string OriginOf(HttpContext http, SiteSettings site) => SiteUrls.Base(http, site, primary: false) is { Length: > 0 } origin
        ? origin
        : throw new CloudreveException(ErrorCode.WebAuthnInitFailed, "The site URL is not configured.");
}

using System.Globalization;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.LoginActivities;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Session.OpenId;

/// <summary>Signing in with identity providers (contract, section 23).</summary>
internal sealed class OpenIdFunctions(OpenIdSignIn signIn, SignInSessions sessions, SignInAnswers answers, UserStore users)
{
    private const int MaxCode = 8192;

    /// <summary>Begins a sign-in, or the linking of an identity, and returns the provider's address to go to.</summary>
    [Function("PrepareOpenidSignIn")]
    [Requires(AuthClass.Optional, LiveSignIn = true)]
    [NeverStored]
    [Charges(ClientBudget.Ceremonies)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<string>]
    public async Task<IResult> PrepareAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/session/openid")] HttpRequest request,
        [JsonBody] PrepareOpenIdRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var linking = body.Linking == true ? new OpenIdLinking(call.Caller.RequireUser().Id, call.Caller.Session) : null;
        var siteBase = SiteUrls.Base(request.HttpContext, call.Site, primary: false);
        var redirect = await signIn.BeginAsync(call.Site, ProviderOf(body.Provider), siteBase, body.Hint, linking, cancellationToken);
        BrowserBinding.Bind(request.HttpContext, redirect.State, siteBase);
        return ApiResponse.Ok(redirect.Address);
    }

    /// <summary>
    /// Completes a sign-in, or the linking of an identity. An account with a second factor gets the id of the next step instead of tokens,
    /// unless the provider has asked for one and the site trusts it with that.
    /// </summary>
    [Function("FinishOpenidSignIn")]
    [Requires(AuthClass.None)]
    [NeverStored]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<LoginResponse>]
    public async Task<IResult> FinishAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/session/openid")] HttpRequest request,
        [JsonBody] FinishOpenIdRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        if (body.Code.Length is 0 or > MaxCode)
            throw new CloudreveException(ErrorCode.BadParameter, "The code has an invalid length.");
        var http = request.HttpContext;
        var provider = ProviderOf(body.ProviderId);
        BrowserBinding.Check(http, body.SessionId, SiteUrls.Base(http, call.Site, primary: false));
        var arrival = await signIn.FinishAsync(call.Site, provider, body.SessionId, body.Code, cancellationToken);
        return arrival switch
        {
            null => ApiResponse.Ok(),
            { User.HasTwoFactor: true, HasProvenSecondFactor: false } =>
                ApiResponse.Continue((await sessions.CreateAsync(arrival.User, provider, cancellationToken)).ToString("D")),
            _ => await answers.CompleteSignInAsync(arrival.User, call, http, LoginMethod.OpenId, cancellationToken, provider),
        };
    }

    /// <summary>Unlinks an identity from the caller's account.</summary>
    [Function("UnlinkOpenid")]
    [Requires(AuthClass.Required, OAuthScopes.UserSecurityInfoWrite, LiveSignIn = true)]
    [BodyLimit(BodyLimitAttribute.None)]
    public async Task<IResult> UnlinkAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v4/session/openid/{providerId}")] HttpRequest request,
        string providerId, ApiCall call, CancellationToken cancellationToken)
    {
        if (!int.TryParse(providerId, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number))
            throw new CloudreveException(ErrorCode.BadParameter, "The provider id is invalid.");
        // The current account: whether it has a password is decisive.
        var user = await users.FindAsync(call.Caller.UserId, cancellationToken) ?? call.Caller.RequireUser();
        await signIn.UnlinkAsync(user, ProviderOf(number), cancellationToken);
        return ApiResponse.Ok();
    }

    private static OpenIdProvider ProviderOf(int number) => Enum.IsDefined((OpenIdProvider)number)
        ? (OpenIdProvider)number
        : throw new CloudreveException(ErrorCode.BadParameter, "The identity provider does not exist.");
}

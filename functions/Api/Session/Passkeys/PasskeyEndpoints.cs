using System.Buffers.Text;
using Cloudreve.Core.Errors;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Identity.LoginActivities;
using Cloudreve.Core.Identity.Passkeys;
using Cloudreve.Core.Settings;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Session.Passkeys;

/// <summary>Passkeys (contract, section 6).</summary>
internal static class PasskeyEndpoints
{
    /// <summary>Maps the endpoints.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapPasskeyEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapPut("/session/authn", PrepareSignInAsync).WithName("PreparePasskeySignIn").Auth(AuthClass.None);
        api.MapPost("/session/authn", FinishSignInAsync).WithName("FinishPasskeySignIn").Auth(AuthClass.None);
        api.MapPut("/user/authn", PrepareAsync).WithName("PreparePasskeyRegistration").Auth(AuthClass.Required, OAuthScopes.UserSecurityInfoWrite);
        api.MapPost("/user/authn", FinishAsync).WithName("FinishPasskeyRegistration").Auth(AuthClass.Required, OAuthScopes.UserSecurityInfoWrite);
        api.MapDelete("/user/authn", DeleteAsync).WithName("DeletePasskey").Auth(AuthClass.Required, OAuthScopes.UserSecurityInfoWrite);
    }

    private static async Task<ApiResponse<PublicKeyOptions<CreationOptions>>> PrepareAsync(
        ApiCall call, HttpContext http, PasskeyCeremonies ceremonies, PasskeyStore passkeys, CancellationToken cancellationToken)
    {
        RequireEnabled(call.Site);
        var user = call.Caller.RequireUser();
        var origin = OriginOf(http, call.Site);
        var challenge = await ceremonies.BeginRegistrationAsync(user, origin, cancellationToken);
        var known = await passkeys.ListAsync(user.Id, cancellationToken);
        return ApiResponse.Ok(new PublicKeyOptions<CreationOptions>(CreationOptions.Of(user, challenge, origin, known, call.Site)));
    }

    private static async Task<ApiResponse<PasskeyResponse>> FinishAsync(
        FinishRegistrationRequest request, ApiCall call, PasskeyCeremonies ceremonies, CancellationToken cancellationToken)
    {
        RequireEnabled(call.Site);
        return ApiResponse.Ok(PasskeyResponse.Of(await ceremonies.FinishRegistrationAsync(
            call.Caller.RequireUser(), request.Response, request.Name, request.Ua, cancellationToken)));
    }

    private static async Task<ApiResponse<string>> DeleteAsync(string? id, ApiCall call, PasskeyStore passkeys, CancellationToken cancellationToken)
    {
        RequireEnabled(call.Site);
        var credentialId = new byte[id?.Length ?? 0];
        if (id is null || !Convert.TryFromBase64String(id, credentialId, out var length))
            throw new CloudreveException(ErrorCode.BadParameter, "The id of the passkey is malformed.");
        return await passkeys.DeleteAsync(call.Caller.UserId, credentialId[..length], cancellationToken)
            ? ApiResponse.Ok()
            : throw new CloudreveException(ErrorCode.NotFound, "There is no such passkey.");
    }

    private static async Task<ApiResponse<PreparePasskeySignInResponse>> PrepareSignInAsync(
        ApiCall call, HttpContext http, PasskeyCeremonies ceremonies, CancellationToken cancellationToken)
    {
        RequireEnabled(call.Site);
        var origin = OriginOf(http, call.Site);
        var (session, challenge) = await ceremonies.BeginSignInAsync(origin, cancellationToken);
        var options = new RequestOptions(
            Base64Url.EncodeToString(challenge), (int)PasskeyCeremonies.Lifetime.TotalMilliseconds, new Uri(origin).Host, "preferred");
        return ApiResponse.Ok(new PreparePasskeySignInResponse(session.ToString("D"), new PublicKeyOptions<RequestOptions>(options)));
    }

    private static async Task<ApiResponse<LoginResponse>> FinishSignInAsync(
        FinishPasskeySignInRequest request, ApiCall call, HttpContext http, PasskeyCeremonies ceremonies, SignInAnswers answers,
        CancellationToken cancellationToken)
    {
        RequireEnabled(call.Site);
        var user = await ceremonies.FinishSignInAsync(call.Site, request.SessionId, request.Response, cancellationToken);
        return await answers.WelcomeAsync(user, call, http, LoginMethod.Passkey, cancellationToken);
    }

    private static void RequireEnabled(SiteSettings site)
    {
        if (!site.Get(AccountSetting.PasskeysEnabled))
            throw new CloudreveException(ErrorCode.FeatureDisabled, "Passkeys are switched off.");
    }

    private static string OriginOf(HttpContext http, SiteSettings site) => SiteUrls.Base(http, site, primary: false) is { Length: > 0 } origin
        ? origin
        : throw new CloudreveException(ErrorCode.WebAuthnInitFailed, "The site has no address.");
}

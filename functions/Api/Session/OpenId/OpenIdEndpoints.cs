using System.Text.Json.Serialization;
using Cloudreve.Core.Errors;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Identity.LoginActivities;
using Cloudreve.Core.Identity.OpenId;
using Cloudreve.Functions.Api.Edge;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Cloudreve.Functions.Api.Session.OpenId;

/// <summary>The body that begins a sign-in with a provider.</summary>
/// <param name="Provider">The provider's number.</param>
/// <param name="Hint">The mail address that the user named.</param>
/// <param name="Linking">Whether the identity is to be linked with the caller's account.</param>
internal sealed record PrepareOpenIdRequest(int Provider, string? Hint = null, bool? Linking = null);

/// <summary>The body that ends a sign-in with a provider.</summary>
/// <param name="Code">What the user came back with.</param>
/// <param name="SessionId">The state that the user came back with.</param>
/// <param name="ProviderId">The provider's number.</param>
internal sealed record FinishOpenIdRequest(string Code, string SessionId, int ProviderId);

/// <summary>JSON of the group.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PrepareOpenIdRequest))]
[JsonSerializable(typeof(FinishOpenIdRequest))]
internal sealed partial class OpenIdJsonContext : JsonSerializerContext;

/// <summary>Signing in with identity providers (contract, section 23).</summary>
internal static class OpenIdEndpoints
{
    private const int MaxCode = 8192;

    /// <summary>Maps the endpoints.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapOpenIdEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapPut("/session/openid", PrepareAsync).WithName("PrepareOpenidSignIn").Auth(AuthClass.Optional);
        api.MapPost("/session/openid", FinishAsync).WithName("FinishOpenidSignIn").Auth(AuthClass.None);
        api.MapDelete("/session/openid/{providerId}", UnlinkAsync).WithName("UnlinkOpenid").Auth(AuthClass.Required, OAuthScopes.UserSecurityInfoWrite);
    }

    private static async Task<ApiResponse<string>> PrepareAsync(
        PrepareOpenIdRequest request, ApiCall call, HttpContext http, OpenIdSignIn signIn, CancellationToken cancellationToken)
    {
        var linking = request.Linking == true ? call.Caller.RequireUser() : null;
        var siteBase = SiteUrls.Base(http, call.Site, primary: false);
        var departure = await signIn.BeginAsync(call.Site, ProviderOf(request.Provider), siteBase, request.Hint, linking, cancellationToken);
        BrowserBinding.Tie(http, departure.State, siteBase);
        return ApiResponse.Ok(departure.Address);
    }

    private static async Task<Results<Ok<ApiResponse<LoginResponse>>, Ok<ApiResponse<string>>>> FinishAsync(
        FinishOpenIdRequest request, ApiCall call, HttpContext http, OpenIdSignIn signIn, SignInAnswers answers, CancellationToken cancellationToken)
    {
        if (request.Code.Length is 0 or > MaxCode)
            throw new CloudreveException(ErrorCode.BadParameter, "The code has an impossible length.");
        var provider = ProviderOf(request.ProviderId);
        BrowserBinding.Check(http, request.SessionId, SiteUrls.Base(http, call.Site, primary: false));
        var user = await signIn.FinishAsync(call.Site, provider, request.SessionId, request.Code, cancellationToken);
        return user is null
            ? TypedResults.Ok(ApiResponse.Ok())
            : TypedResults.Ok(await answers.WelcomeAsync(user, call, http, LoginMethod.OpenId, cancellationToken, provider));
    }

    private static async Task<ApiResponse<string>> UnlinkAsync(
        int providerId, ApiCall call, UserStore users, OpenIdSignIn signIn, CancellationToken cancellationToken)
    {
        // Whether there is a password decides, so the account as it is now.
        var user = await users.FindAsync(call.Caller.UserId, cancellationToken) ?? call.Caller.RequireUser();
        await signIn.UnlinkAsync(user, ProviderOf(providerId), cancellationToken);
        return ApiResponse.Ok();
    }

    private static OpenIdProvider ProviderOf(int number) => Enum.IsDefined((OpenIdProvider)number)
        ? (OpenIdProvider)number
        : throw new CloudreveException(ErrorCode.BadParameter, "There is no such provider.");
}

using System.Text.Json.Serialization;
using Cloudreve.Core.Captchas;
using Cloudreve.Core.Errors;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Identity.LoginActivities;
using Cloudreve.Core.Identity.OpenId;
using Cloudreve.Core.Identity.Passkeys;
using Cloudreve.Core.Identity.SignIns;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Users;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Cloudreve.Functions.Api.Session;

/// <summary>The body of a sign-in.</summary>
/// <param name="Email">Mail address.</param>
/// <param name="Password">Password.</param>
internal sealed record SignInRequest(string Email, string Password) : ICaptchaFields
{
    /// <inheritdoc/>
    public string? Captcha { get; init; }

    /// <inheritdoc/>
    public string? Ticket { get; init; }
}

/// <summary>The body of a sign-in's second step.</summary>
/// <param name="Otp">The code of the authenticator app.</param>
/// <param name="SessionId">What the first step answered.</param>
internal sealed record TwoFactorRequest(string Otp, string SessionId);

/// <summary>The body of a refresh and of a sign-out.</summary>
/// <param name="RefreshToken">The refresh token.</param>
internal sealed record RefreshTokenRequest(string RefreshToken);

/// <summary>A pair of tokens.</summary>
/// <param name="AccessToken">Access token.</param>
/// <param name="RefreshToken">Refresh token.</param>
/// <param name="AccessExpires">End of the access token.</param>
/// <param name="RefreshExpires">End of the refresh token.</param>
internal sealed record TokenResponse(string AccessToken, string RefreshToken, DateTimeOffset AccessExpires, DateTimeOffset RefreshExpires)
{
    /// <summary>Describes a pair.</summary>
    /// <param name="pair">The pair.</param>
    public static TokenResponse Of(TokenPair pair) => new(pair.AccessToken, pair.RefreshToken, pair.AccessExpires, pair.RefreshExpires);
}

/// <summary>The answer to a sign-in.</summary>
/// <param name="User">Who signed in.</param>
/// <param name="Token">The tokens.</param>
internal sealed record LoginResponse(UserResponse User, TokenResponse Token);

/// <summary>How an account may sign in.</summary>
/// <param name="WebauthnEnabled">By passkey.</param>
/// <param name="PasswordEnabled">By password.</param>
/// <param name="SsoEnabled">With Logto.</param>
/// <param name="QqEnabled">With QQ.</param>
internal sealed record PrepareLoginResponse(bool WebauthnEnabled, bool PasswordEnabled, bool SsoEnabled, bool QqEnabled);

/// <summary>JSON of the group.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SignInRequest))]
[JsonSerializable(typeof(TwoFactorRequest))]
[JsonSerializable(typeof(RefreshTokenRequest))]
[JsonSerializable(typeof(ApiResponse<LoginResponse>))]
[JsonSerializable(typeof(ApiResponse<TokenResponse>))]
[JsonSerializable(typeof(ApiResponse<PrepareLoginResponse>))]
internal sealed partial class SessionJsonContext : JsonSerializerContext;

/// <summary>Signing in and out.</summary>
internal static class SessionEndpoints
{
    /// <summary>Maps the group.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapSessionEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapPost("/session/token", SignInAsync).WithName("PasswordSignIn").Auth(AuthClass.None);
        api.MapPost("/session/token/2fa", FinishWithCodeAsync).WithName("FinishSignInWith2FA").Auth(AuthClass.None);
        api.MapDelete("/session/token", SignOutAsync).WithName("SignOut").Auth(AuthClass.None);
        api.MapPost("/session/token/refresh", RefreshAsync).WithName("RefreshToken").Auth(AuthClass.None);
        api.MapGet("/session/prepare", PrepareAsync).WithName("PrepareLogin").Auth(AuthClass.None);
    }

    private static async Task<Results<Ok<ApiResponse<LoginResponse>>, Ok<ApiResponse<string>>>> SignInAsync(
        SignInRequest request, ApiCall call, HttpContext http, CaptchaGate captchas, PasswordSignIn signIn, SignInFailures failures,
        SignInSessions sessions, SignInAnswers answers, CancellationToken cancellationToken)
    {
        await captchas.PassAsync(call.Site, CaptchaSetting.OnLogin, request.CaptchaAnswer(), cancellationToken);
        var user = await failures.OfPasswordAsync(
            http, request.Email, () => signIn.SignInAsync(request.Email, request.Password, ClientAddress.Of(ClientAddresses.Of(http)), cancellationToken));
        if (!user.HasTwoFactor)
            return TypedResults.Ok(await answers.WelcomeAsync(user, call, http, LoginMethod.Password, cancellationToken));
        var session = await sessions.CreateAsync(user, cancellationToken);
        return TypedResults.Ok(ApiResponse.Continue(session.ToString("D")));
    }

    private static async Task<ApiResponse<LoginResponse>> FinishWithCodeAsync(
        TwoFactorRequest request, ApiCall call, HttpContext http, SignInSessions sessions, SignInFailures failures, SignInAnswers answers,
        CancellationToken cancellationToken)
    {
        var user = await failures.OfCodeAsync(
            http, request.SessionId,
            () => sessions.FinishAsync(request.SessionId, request.Otp, ClientAddress.Of(ClientAddresses.Of(http)), cancellationToken));
        return await answers.WelcomeAsync(user, call, http, LoginMethod.Password, cancellationToken);
    }

    private static async Task<ApiResponse<TokenResponse>> RefreshAsync(
        RefreshTokenRequest request, TokenIssuer tokens, CancellationToken cancellationToken) =>
        ApiResponse.Ok(TokenResponse.Of(await tokens.RefreshAsync(request.RefreshToken, cancellationToken)));

    private static async Task<ApiResponse<string>> SignOutAsync(
        [Microsoft.AspNetCore.Mvc.FromBody] RefreshTokenRequest request, ApiCall call, HttpContext http, TokenIssuer tokens, OpenIdSignIn openId,
        CancellationToken cancellationToken) =>
        ApiResponse.Ok(await tokens.RevokeAsync(request.RefreshToken, cancellationToken) is { } provider
            ? await openId.SignOutAddressAsync(call.Site, provider, SiteUrls.Base(http, call.Site, primary: false), cancellationToken)
            : "");

    private static async Task<ApiResponse<PrepareLoginResponse>> PrepareAsync(
        string email, ApiCall call, UserStore users, PasskeyStore passkeys, CancellationToken cancellationToken)
    {
        var user = await users.FindByEmailAsync(email, cancellationToken)
            ?? throw new CloudreveException(ErrorCode.NotFound, "No account has this mail address.");
        var hasPasskey = call.Site.Get(AccountSetting.PasskeysEnabled) && (await passkeys.ListAsync(user.Id, cancellationToken)).Count > 0;
        return ApiResponse.Ok(new PrepareLoginResponse(
            hasPasskey, user.PasswordHash is not null, OpenIdSignIn.IsEnabled(call.Site, OpenIdProvider.Logto),
            OpenIdSignIn.IsEnabled(call.Site, OpenIdProvider.Qq)));
    }
}

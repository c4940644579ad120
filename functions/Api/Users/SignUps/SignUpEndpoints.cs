using System.Text.Json.Serialization;
using Cloudreve.Core.Captchas;
using Cloudreve.Core.Errors;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Identity.AccountMails;
using Cloudreve.Core.Identity.PasswordResets;
using Cloudreve.Core.Identity.Signing;
using Cloudreve.Core.Identity.SignUps;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Users.SignUps;

/// <summary>The body of a sign-up.</summary>
/// <param name="Email">Mail address.</param>
/// <param name="Password">Password.</param>
internal sealed record SignUpRequest(string Email, string Password) : ICaptchaFields
{
    /// <summary>Locale code.</summary>
    public string? Language { get; init; }

    /// <inheritdoc/>
    public string? Captcha { get; init; }

    /// <inheritdoc/>
    public string? Ticket { get; init; }
}

/// <summary>The body of a request for a reset mail.</summary>
/// <param name="Email">Mail address.</param>
internal sealed record ResetMailRequest(string Email) : ICaptchaFields
{
    /// <summary>Locale code.</summary>
    public string? Language { get; init; }

    /// <inheritdoc/>
    public string? Captcha { get; init; }

    /// <inheritdoc/>
    public string? Ticket { get; init; }
}

/// <summary>The body of a reset.</summary>
/// <param name="Password">The new password.</param>
/// <param name="Secret">The secret of the link.</param>
internal sealed record ResetRequest(string Password, string Secret);

/// <summary>JSON of the group.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SignUpRequest))]
[JsonSerializable(typeof(ResetMailRequest))]
[JsonSerializable(typeof(ResetRequest))]
internal sealed partial class SignUpJsonContext : JsonSerializerContext;

/// <summary>Signing up, confirming a mail address, and replacing a forgotten password (contract, section 6).</summary>
internal static class SignUpEndpoints
{
    private const int MaxLanguage = 255;

    /// <summary>Maps the group.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapSignUpEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapPost("/user", SignUpAsync).WithName("SignUp").Auth(AuthClass.None);
        api.MapGet("/user/activate/{id}", ActivateAsync).WithName("ActivateUser").Auth(AuthClass.None);
        api.MapPost("/user/reset", SendResetMailAsync).WithName("SendResetPasswordEmail").Auth(AuthClass.None);
        api.MapPatch("/user/reset/{userId}", ResetAsync).WithName("ResetPasswordViaTempLink").Auth(AuthClass.None);
    }

    private static async Task<ApiResponse<UserResponse>> SignUpAsync(
        SignUpRequest request, ApiCall call, HttpContext http, CaptchaGate captchas, SignUp signUp, SiteCatalog catalog, CancellationToken cancellationToken)
    {
        await captchas.PassAsync(call.Site, CaptchaSetting.OnSignUp, request.CaptchaAnswer(), cancellationToken);
        var siteUrl = SiteUrls.Base(http, call.Site, primary: false);
        var user = await signUp.RegisterAsync(call.Site, siteUrl, request.Email, request.Password, request.Language, cancellationToken);
        return user.Status == UserStatus.Inactive
            ? ApiResponse.Continue<UserResponse>(null)
            : await DescribeAsync(user, call, catalog, cancellationToken);
    }

    private static async Task<ApiResponse<UserResponse>> ActivateAsync(
        string id, string? sign, ApiCall call, UrlSigner signer, SignUp signUp, SiteCatalog catalog, CancellationToken cancellationToken)
    {
        var user = await signUp.ActivateAsync(
            Decode(id, call), user => signer.Verify(call.Site, AccountMailer.ActivationTextOf(id, user), sign), cancellationToken);
        return await DescribeAsync(user, call, catalog, cancellationToken);
    }

    private static async Task<ApiResponse<string>> SendResetMailAsync(
        ResetMailRequest request, ApiCall call, HttpContext http, CaptchaGate captchas, PasswordReset resets, CancellationToken cancellationToken)
    {
        if (request.Language is { Length: > MaxLanguage })
            throw new CloudreveException(ErrorCode.BadParameter, "The language is malformed.");
        await captchas.PassAsync(call.Site, CaptchaSetting.OnReset, request.CaptchaAnswer(), cancellationToken);
        await resets.AskAsync(call.Site, SiteUrls.Base(http, call.Site, primary: false), request.Email, request.Language, cancellationToken);
        return ApiResponse.Ok();
    }

    private static async Task<ApiResponse<UserResponse>> ResetAsync(
        string userId, ResetRequest request, ApiCall call, PasswordReset resets, SiteCatalog catalog, CancellationToken cancellationToken)
    {
        var user = await resets.FinishAsync(call.Site, Decode(userId, call), request.Secret, request.Password, cancellationToken);
        return await DescribeAsync(user, call, catalog, cancellationToken);
    }

    private static long Decode(string id, ApiCall call) => call.Site.HashIds.TryDecode(id, HashIdKind.User, out var userId)
        ? userId
        : throw new CloudreveException(ErrorCode.BadParameter, "The user id is malformed.");

    private static async Task<ApiResponse<UserResponse>> DescribeAsync(User user, ApiCall call, SiteCatalog catalog, CancellationToken cancellationToken) =>
        ApiResponse.Ok(UserResponse.Own(user, await catalog.GetGroupAsync(user.GroupId, cancellationToken), call.Site));
}

using Cloudreve.Core.Accounts.Captchas;
using Cloudreve.Core.Accounts.PasswordResets;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Users.SignUps;

/// <summary>Replacing a forgotten password (contract, section 6).</summary>
internal sealed class PasswordResetFunctions(CaptchaGate captchas, PasswordReset resets, SiteCatalog catalog)
{
    private const int MaxLanguage = 255;

    /// <summary>Sends a mail with a link that resets the password.</summary>
    [Function("SendResetPasswordEmail")]
    [Requires(AuthClass.None)]
    [NeverStored]
    [Charges(ClientBudget.Mails)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> SendMailAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/user/reset")] HttpRequest request,
        [JsonBody] ResetMailRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        if (body.Language is { Length: > MaxLanguage })
            throw new CloudreveException(ErrorCode.BadParameter, "The language is invalid.");
        await captchas.PassAsync(call.Site, CaptchaSetting.OnReset, body.CaptchaAnswer(), cancellationToken);
        var siteUrl = SiteUrls.Base(request.HttpContext, call.Site, primary: false);
        await resets.AskAsync(call.Site, siteUrl, body.Email, body.Language, cancellationToken);
        return ApiResponse.Ok();
    }

    /// <summary>Sets a new password with the secret of the link in the mail.</summary>
    [Function("ResetPasswordViaTempLink")]
    [Requires(AuthClass.None)]
    [NeverStored]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<UserResponse>]
    public async Task<IResult> ResetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/v4/user/reset/{userId}")] HttpRequest request,
        string userId, [JsonBody] ResetRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var user = await resets.FinishAsync(call.Site, UserId.Decode(userId, call), body.Secret, body.Password, call.Caller.Client, cancellationToken);
        return ApiResponse.Ok(UserResponse.Own(user, await catalog.GetGroupAsync(user.GroupId, cancellationToken), call.Site));
    }
}

using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.AccountMails;
using Cloudreve.Core.Accounts.Captchas;
using Cloudreve.Core.Accounts.Signing;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Accounts.SignUps;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Users.SignUps;

/// <summary>Signing up and confirming a mail address (contract, section 6).</summary>
internal sealed class SignUpFunctions(CaptchaGate captchas, SignUp signUp, UrlSigner signer, SiteCatalog catalog)
{
    /// <summary>Creates an account. Where mail addresses are confirmed, it returns 203, and the account waits for that.</summary>
    [Function("SignUp")]
    [Requires(AuthClass.None)]
    [NeverStored]
    [Charges(ClientBudget.SignUps)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<UserResponse>]
    public async Task<IResult> SignUpAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/user")] HttpRequest request,
        [JsonBody] SignUpRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        await captchas.PassAsync(call.Site, CaptchaSetting.OnSignUp, body.CaptchaAnswer(), cancellationToken);
        var siteUrl = SiteUrls.Base(request.HttpContext, call.Site, primary: false);
        var user = await signUp.RegisterAsync(
            call.Site, new NewAccount(body.Email, body.Password, body.Language, siteUrl, call.Caller.Client), cancellationToken);
        return user.Status == UserStatus.Inactive
            ? ApiResponse.Continue<UserResponse>(null)
            : await DescribeAsync(user, call, cancellationToken);
    }

    /// <summary>Confirms a mail address with the signature of the link in the mail.</summary>
    [Function("ActivateUser")]
    [Requires(AuthClass.None)]
    [NeverStored]
    [QueryParameter<string>("sign", IsRequired = true)]
    [Answers<UserResponse>]
    public async Task<IResult> ActivateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/user/activate/{id}")] HttpRequest request,
        string id, ApiCall call, CancellationToken cancellationToken)
    {
        var sign = request.OptionalText("sign");
        var user = await signUp.ActivateAsync(
            UserId.Decode(id, call), user => signer.Verify(call.Site, AccountMailer.ActivationTextOf(id, user), sign), cancellationToken);
        return await DescribeAsync(user, call, cancellationToken);
    }

    private async Task<ApiResponse<UserResponse>> DescribeAsync(User user, ApiCall call, CancellationToken cancellationToken) =>
        ApiResponse.Ok(UserResponse.Own(user, await catalog.GetGroupAsync(user.GroupId, cancellationToken), call.Site));
}

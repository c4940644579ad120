using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Accounts.TwoFactor;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Text;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Users.Settings;

/// <summary>Changing the settings, the password and the second factor of an account (contract, section 6).</summary>
internal sealed class PreferenceChangeFunctions(UserStore users, TokenIssuer tokens, PasswordSignIn signIn, TwoFactorAuth twoFactor)
{
    /// <summary>Changes the caller's preferences. It ignores group_expires: the site has no paid memberships that could end.</summary>
    [Function("UpdatePreferenceSetting")]
    [Requires(AuthClass.Required, OAuthScopes.UserInfoWrite)]
    [NeverStored]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> PatchAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/v4/user/setting")] HttpRequest request,
        [JsonBody] PatchPreferencesRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var change = body.Read();
        change.Check();
        if (body.NewPassword is not null || body.TwoFaEnabled is not null)
        {
            call.Caller.RefuseApplication();
            var user = await tokens.FindHoldingAsync(call.Caller.UserId, call.Caller.Session, cancellationToken)
                ?? throw new CloudreveException(ErrorCode.CredentialInvalid, "Your sign-in is no longer valid. Please sign in again.");
            var client = ClientAddress.Of(ClientAddresses.Of(request.HttpContext));
            if (body.NewPassword is { } password)
            {
                PasswordRules.Check(password);
                await ConfirmAsync(user, body.CurrentPassword, client, cancellationToken);
                change = change with { PasswordHash = await PasswordHasher.HashAsync(password, client, cancellationToken) };
            }
            await SwitchTwoFactorAsync(user, body, client, cancellationToken);
        }
        if (!change.IsEmpty)
            await users.UpdateAsync(call.Caller.UserId, change.ApplyTo, cancellationToken);
        return ApiResponse.Ok();
    }

    /// <summary>Throws unless the current password is right. An account without one has nothing to confirm.</summary>
    private async Task ConfirmAsync(User user, string? current, ClientAddress client, CancellationToken cancellationToken)
    {
        if (user.PasswordHash is not null
            && (current?.CountCharacters() is not (> 0 and <= PasswordRules.MaxLength) || !await signIn.ConfirmAsync(user, current, client, cancellationToken)))
            throw new CloudreveException(ErrorCode.WrongPassword, "The current password is wrong.");
    }

    private Task SwitchTwoFactorAsync(User user, PatchPreferencesRequest body, ClientAddress client, CancellationToken cancellationToken) =>
        body.TwoFaEnabled switch
        {
            true => twoFactor.EnableAsync(user, body.TwoFaCode, client, cancellationToken),
            false => twoFactor.DisableAsync(user, body.TwoFaCode, client, cancellationToken),
            null => Task.CompletedTask,
        };
}

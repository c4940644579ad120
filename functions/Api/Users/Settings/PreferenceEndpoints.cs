using Cloudreve.Core.Errors;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Identity.LoginActivities;
using Cloudreve.Core.Identity.OAuth;
using Cloudreve.Core.Identity.OpenId;
using Cloudreve.Core.Identity.Passkeys;
using Cloudreve.Core.Identity.Preferences;
using Cloudreve.Core.Identity.SignIns;
using Cloudreve.Core.Identity.TwoFactor;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Session.Passkeys;

namespace Cloudreve.Functions.Api.Users.Settings;

/// <summary>What users see and change about their account (contract, section 6).</summary>
internal static class PreferenceEndpoints
{
    /// <summary>Maps the group.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapPreferenceEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapGet("/user/setting", GetAsync).WithName("GetPreferences").Auth(AuthClass.Required, OAuthScopes.UserInfoRead);
        api.MapPatch("/user/setting", PatchAsync).WithName("UpdatePreferenceSetting").Auth(AuthClass.Required, OAuthScopes.UserInfoWrite);
    }

    private static async Task<ApiResponse<PreferencesResponse>> GetAsync(
        ApiCall call, UserStore users, PasskeyStore passkeys, LoginActivityLog activities, OAuthGrants grants, OAuthClients clients,
        OpenIdLinks links, CancellationToken cancellationToken)
    {
        var userId = call.Caller.UserId;
        var reading = (
            passkeys.ListAsync(userId, cancellationToken), activities.ListAsync(userId, cancellationToken), grants.ListAsync(userId, cancellationToken),
            links.ListAsync(userId, cancellationToken));
        var user = await users.FindAsync(userId, cancellationToken) ?? throw new CloudreveException(ErrorCode.UserNotFound, "The user does not exist.");
        var (keys, logins) = (await reading.Item1, await reading.Item2);
        var (granted, linked) = (await reading.Item3, await reading.Item4);
        var known = granted.Count == 0 ? [] : await clients.ListAsync(cancellationToken);
        return ApiResponse.Ok(PreferencesResponse.Of(user) with
        {
            OpenId = linked.Count == 0 ? null : [.. linked.Select(link => new OpenIdLinkResponse((int)link.Provider, link.LinkedAt))],
            Passkeys = keys.Count == 0 ? null : [.. keys.Select(PasskeyResponse.Of)],
            LoginActivity = [.. logins.Select(LoginActivityResponse.Of)],
            OauthGrants = granted.Count == 0
                ? null
                : [.. granted.Select(grant => OAuthGrantResponse.Of(grant, known.FirstOrDefault(client => client.ClientId == grant.ClientId)))],
        });
    }

    private static async Task<ApiResponse<string>> PatchAsync(
        PatchPreferencesRequest request, ApiCall call, HttpContext http, UserStore users, PasswordSignIn signIn, TwoFactorAuth twoFactor,
        CancellationToken cancellationToken)
    {
        // A paid membership, which group_expires would end, does not exist on this site.
        var change = Read(request);
        change.Check();
        if (request.NewPassword is not null || request.TwoFaEnabled is not null)
        {
            call.Caller.RequireScope(OAuthScopes.UserSecurityInfoWrite);
            var user = await users.FindAsync(call.Caller.UserId, cancellationToken)
                ?? throw new CloudreveException(ErrorCode.UserNotFound, "The user does not exist.");
            var client = ClientAddress.Of(ClientAddresses.Of(http));
            if (request.NewPassword is { } password)
            {
                PasswordRules.Check(password);
                await ConfirmAsync(signIn, user, request.CurrentPassword, client, cancellationToken);
                change = change with { PasswordHash = await PasswordHasher.HashAsync(password, cancellationToken) };
            }
            await SwitchTwoFactorAsync(twoFactor, user, request, client, cancellationToken);
        }
        if (!change.IsEmpty)
            await users.UpdateAsync(call.Caller.UserId, change.ApplyTo, cancellationToken);
        return ApiResponse.Ok();
    }

    private static PreferenceChange Read(PatchPreferencesRequest request) => new()
    {
        Nick = request.Nick,
        Language = request.Language,
        PreferredTheme = request.PreferredTheme,
        VersionRetentionEnabled = request.VersionRetentionEnabled,
        VersionRetentionExt = request.VersionRetentionExt,
        VersionRetentionMax = request.VersionRetentionMax,
        DisableViewSync = request.DisableViewSync,
        ShareLinksInProfile = request.ShareLinksInProfile,
    };

    /// <summary>Throws unless the password until now is right. An account without one has nothing to confirm.</summary>
    private static async Task ConfirmAsync(PasswordSignIn signIn, User user, string? current, ClientAddress client, CancellationToken cancellationToken)
    {
        if (user.PasswordHash is not null
            && (current is not { Length: > 0 and <= PasswordRules.MaxLength } || !await signIn.ConfirmAsync(user, current, client, cancellationToken)))
            throw new CloudreveException(ErrorCode.WrongPassword, "The current password is wrong.");
    }

    private static Task SwitchTwoFactorAsync(
        TwoFactorAuth twoFactor, User user, PatchPreferencesRequest request, ClientAddress client, CancellationToken cancellationToken) =>
        request.TwoFaEnabled switch
        {
            true => twoFactor.EnableAsync(user, request.TwoFaCode, client, cancellationToken),
            false => twoFactor.DisableAsync(user, request.TwoFaCode, client, cancellationToken),
            null => Task.CompletedTask,
        };
}

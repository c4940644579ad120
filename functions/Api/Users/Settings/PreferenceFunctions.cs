using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.LoginActivities;
using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Accounts.Passkeys;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Session.Passkeys;

namespace Cloudreve.Functions.Api.Users.Settings;

/// <summary>Showing users their settings and sign-in methods (contract, section 6).</summary>
internal sealed class PreferenceFunctions(
    UserStore users, PasskeyStore passkeys, LoginActivityLog activities, OAuthGrants grants, OAuthClients clients, OpenIdLinks links)
{
    /// <summary>Returns the caller's preferences.</summary>
    [Function("GetPreferences")]
    [Requires(AuthClass.Required, OAuthScopes.UserInfoRead, LiveSignIn = true)]
    [Answers<PreferencesResponse>]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/user/setting")] HttpRequest request,
        ApiCall call, CancellationToken cancellationToken)
    {
        var userId = call.Caller.UserId;
        // Sign-in methods are shown only to the site's own clients, and to applications with a grant for them.
        var readsSecurity = call.Caller.Holds(OAuthScopes.UserSecurityInfoRead);
        var readSecurity = readsSecurity ? ReadSecurityAsync(userId, cancellationToken) : Task.FromResult(new SecurityInfo());
        // Just read: the sign-in had to be valid.
        var user = await users.FindRecentAsync(userId, cancellationToken) ?? throw new CloudreveException(ErrorCode.UserNotFound, "The user does not exist.");
        var security = await readSecurity;
        return ApiResponse.Ok(PreferencesResponse.Of(user) with
        {
            Passkeys = security.Passkeys,
            LoginActivity = security.Activities,
            OauthGrants = security.Grants,
            OpenId = security.Links,
        });
    }

    private async Task<SecurityInfo> ReadSecurityAsync(long userId, CancellationToken cancellationToken)
    {
        var readPasskeys = passkeys.ListAsync(userId, cancellationToken);
        var readActivities = activities.ListAsync(userId, cancellationToken);
        var readGrants = ListGrantsAsync(userId, cancellationToken);
        var readLinks = links.ListAsync(userId, cancellationToken);
        // All of them, even when one fails: otherwise the others' errors would be lost.
        await Task.WhenAll(readPasskeys, readActivities, readGrants, readLinks);
        return new SecurityInfo
        {
            Passkeys = NullIfEmpty((await readPasskeys).Select(PasskeyResponse.Of)),
            Activities = [.. (await readActivities).Select(LoginActivityResponse.Of)],
            Grants = NullIfEmpty(await readGrants),
            Links = NullIfEmpty((await readLinks).Select(link => new OpenIdLinkResponse((int)link.Provider, link.LinkedAt))),
        };
    }

    private async Task<IEnumerable<OAuthGrantResponse>> ListGrantsAsync(long userId, CancellationToken cancellationToken)
    {
        var granted = await grants.ListAsync(userId, cancellationToken);
        var known = granted.Count == 0 ? [] : await clients.ListAsync(cancellationToken);
        return granted.Select(grant => OAuthGrantResponse.Of(grant, known.FirstOrDefault(client => client.ClientId == grant.ClientId)));
    }

    private static List<T>? NullIfEmpty<T>(IEnumerable<T> items) => items.ToList() is { Count: > 0 } list ? list : null;

    private sealed record SecurityInfo
    {
        public List<PasskeyResponse>? Passkeys { get; init; }

        public List<LoginActivityResponse> Activities { get; init; } = [];

        public List<OAuthGrantResponse>? Grants { get; init; }

        public List<OpenIdLinkResponse>? Links { get; init; }
    }
}

using System.Buffers.Text;
using System.Security.Cryptography;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts.OpenId.Providers;
using Cloudreve.Core.Accounts.Passkeys;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Accounts.Tokens;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Outgoing;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.OpenId;

/// <summary>The redirect to the provider that begins a sign-in.</summary>
/// <param name="Address">The URL of the provider's authorization endpoint.</param>
/// <param name="State">The state that the provider passes back.</param>
public sealed record AuthorizationRedirect(string Address, string State);

/// <summary>The user who links an identity with the own account.</summary>
/// <param name="Session">The sign-in in which it is done; null where another party issued its token.</param>
public sealed record OpenIdLinking(long UserId, TokenSession? Session);

/// <summary>The user of a completed sign-in through a provider.</summary>
/// <param name="HasProvenSecondFactor">True if the provider asked for a second factor, and the site trusts it with that.</param>
public sealed record OpenIdArrival(User User, bool HasProvenSecondFactor);

/// <summary>
/// Signs users in through identity providers and links identities with accounts (contract, section 23). An identity that is linked with
/// nobody gets an account where people may sign up and the provider verified its mail address, unless the address has an account: its
/// owner has to sign in and link it.
/// </summary>
/// <param name="layout">The storage of pending sign-ins.</param>
/// <param name="links">The links between identities and users.</param>
/// <param name="tokens">Determines whether the sign-in of the linking user is still valid.</param>
/// <param name="outgoing">Reaches providers.</param>
/// <param name="clock">Determines which sign-ins have expired.</param>
public sealed class OpenIdSignIn(
    StorageLayout layout, OpenIdLinks links, UserStore users, PasskeyStore passkeys, TokenIssuer tokens, OutgoingHttp outgoing, TimeProvider clock)
{
    /// <summary>The time that a user may spend at the provider.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(600);

    private const string Key = "openid";
    private const string Provider = "provider";
    private const string Redirect = "redirect";
    private const string Nonce = "nonce";
    private const string Verifier = "verifier";
    private const string LinkingUser = "user";
    private const string LinkingRoot = "root";
    private const string LinkingState = "state";
    private const int SecretBytes = 32;

    private readonly OpenIdConnect _connect = new(new ProviderClient(outgoing), clock);
    private readonly QqConnect _qq = new(new ProviderClient(outgoing));

    /// <summary>Begins a sign-in. One transaction.</summary>
    /// <param name="siteBase">The site's address, without a trailing slash.</param>
    /// <param name="hint">The mail address that the user named; null for none.</param>
    /// <param name="linking">The user who links an identity with the own account; null for a sign-in.</param>
    /// <exception cref="CloudreveException">40019: the provider is not set up. 40080: it cannot be reached.</exception>
    public async Task<AuthorizationRedirect> BeginAsync(
        SiteSettings site, OpenIdProvider provider, string siteBase, string? hint, OpenIdLinking? linking, CancellationToken cancellationToken = default)
    {
        RequireEnabled(site, provider);
        var state = Uuid.Draw();
        var request = new OpenIdRequest($"{siteBase}/callback/openid/{(int)provider}", Draw(), Draw());
        var address = provider == OpenIdProvider.Qq
            ? QqConnect.Authorize(site, request.RedirectUri, state.ToString("D"))
            : await _connect.AuthorizeAsync(ClientOf(site, provider), request, state.ToString("D"), hint, cancellationToken);
        var row = new Row(PartitionOf(state), Key)
        {
            [Provider] = (int)provider,
            [Redirect] = request.RedirectUri,
            [Nonce] = request.Nonce,
            [Verifier] = request.CodeVerifier,
            [LinkingUser] = linking?.UserId,
            [LinkingRoot] = linking?.Session?.RootId.ToString("D"),
            [LinkingState] = linking?.Session?.State,
            [SessionSweep.ExpiresAt] = clock.GetUtcNow() + Lifetime,
        };
        // The key is random: an existing row is our own, whose response was lost.
        await layout.Sessions.UpsertAsync(row, cancellationToken);
        return new AuthorizationRedirect(address, state.ToString("D"));
    }

    /// <summary>Ends a sign-in. It works once, whatever the outcome.</summary>
    /// <param name="state">The state that the user came back with.</param>
    /// <param name="code">The code that the user came back with.</param>
    /// <returns>The user who has signed in; null when an identity was linked.</returns>
    /// <exception cref="CloudreveException">
    /// 404: there is no such sign-in, or it has expired; or the linking user has signed out or changed the password since. 40019: the provider
    /// is not set up. 40080: it does not vouch for anybody. 40068: the identity is linked with nobody. 40066: the account has another identity
    /// of the provider. 40067: the identity is another account's. 40017 banned, 40018 not activated.
    /// </exception>
    public async Task<OpenIdArrival?> FinishAsync(
        SiteSettings site, OpenIdProvider provider, string state, string code, CancellationToken cancellationToken = default)
    {
        RequireEnabled(site, provider);
        var row = Guid.TryParseExact(state, "D", out var id)
            ? await OneTimeRow.TakeAsync(layout.Sessions, PartitionOf(id), Key, cancellationToken)
            : null;
        if (row?.Time(SessionSweep.ExpiresAt) is not { } end || end <= clock.GetUtcNow() || row.RequiredNumber(Provider) != (int)provider)
            throw Expired();
        var request = new OpenIdRequest(row.RequiredText(Redirect), row.RequiredText(Nonce), row.RequiredText(Verifier));
        var identity = provider == OpenIdProvider.Qq
            ? await _qq.RedeemAsync(site, request.RedirectUri, code, cancellationToken)
            : await _connect.RedeemAsync(ClientOf(site, provider), request, code, cancellationToken);
        if (row.Number(LinkingUser) is { } linkingUser)
        {
            if (await tokens.FindHoldingAsync(linkingUser, ReadSession(row), cancellationToken) is null)
                throw Expired();
            await links.LinkAsync(linkingUser, identity, cancellationToken);
            return null;
        }
        var user = await links.FindUserAsync(identity, cancellationToken) ?? await SignUpAsync(site, identity, cancellationToken);
        PasswordSignIn.CheckStatus(user);
        return new OpenIdArrival(user, HasProvenSecondFactor(site, identity));
    }

    /// <summary>Removes a link.</summary>
    /// <exception cref="CloudreveException">40068: there is none. 40084: the user could no longer sign in.</exception>
    public async Task UnlinkAsync(User user, OpenIdProvider provider, CancellationToken cancellationToken = default)
    {
        var known = await links.ListAsync(user.Id, cancellationToken);
        if (known.All(link => link.Provider != provider))
            throw NotLinked();
        if (user.PasswordHash is null && known.Count == 1)
            throw new CloudreveException(ErrorCode.ManagedAccount, "Your account has no password, so this sign-in method cannot be removed.");
        await links.UnlinkAsync(user.Id, provider, cancellationToken);
    }

    /// <summary>The address that a user is sent to after signing out, so that the session at the provider ends as well.</summary>
    /// <param name="provider">The provider that the user signed in with.</param>
    /// <param name="siteBase">The site's address, without a trailing slash; the user comes back there.</param>
    /// <returns>Empty when the provider has no such address, or cannot be reached: signing out here does not depend on it.</returns>
    public async Task<string> SignOutAddressAsync(SiteSettings site, OpenIdProvider provider, string siteBase, CancellationToken cancellationToken = default) =>
        IsEnabled(site, provider) && SignsOut(site, provider)
            ? await _connect.EndSessionAsync(ClientOf(site, provider), siteBase + "/session", cancellationToken) ?? ""
            : "";

    /// <summary>Checks whether users may sign in with a provider.</summary>
    public static bool IsEnabled(SiteSettings site, OpenIdProvider provider) => provider switch
    {
        OpenIdProvider.Logto => site.Get(OpenIdSetting.LogtoEnabled) && IsAddress(site.Get(OpenIdSetting.LogtoEndpoint)),
        OpenIdProvider.Qq => site.Get(OpenIdSetting.QqEnabled) && IsAddress(site.Get(OpenIdSetting.QqEndpoint)),
        OpenIdProvider.Oidc => site.Get(OpenIdSetting.OidcEnabled) && IsAddress(site.Get(OpenIdSetting.OidcIssuer)),
        _ => false,
    };

    private static bool SignsOut(SiteSettings site, OpenIdProvider provider) => provider switch
    {
        OpenIdProvider.Logto => site.Get(OpenIdSetting.LogtoSignOut),
        OpenIdProvider.Oidc => site.Get(OpenIdSetting.OidcSignOut),
        // QQ has no such address.
        _ => false,
    };

    private static bool IsAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "https" or "http";

    private static bool HasProvenSecondFactor(SiteSettings site, OpenIdIdentity identity) =>
        identity.Provider == OpenIdProvider.Oidc
        && site.Get(OpenIdSetting.OidcTrustedFactors).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Any(identity.Methods.Contains);

    private static TokenSession? ReadSession(Row row) =>
        Guid.TryParseExact(row.Text(LinkingRoot), "D", out var root) && row.Text(LinkingState) is { } state ? new TokenSession(root, state) : null;

    private static CloudreveException Expired() => new(ErrorCode.NotFound, "The sign-in has expired. Please start again.");

    private static void RequireEnabled(SiteSettings site, OpenIdProvider provider)
    {
        if (!IsEnabled(site, provider))
            throw new CloudreveException(ErrorCode.FeatureDisabled, "This identity provider is disabled.");
    }

    private static OpenIdConnectClient ClientOf(SiteSettings site, OpenIdProvider provider) => provider == OpenIdProvider.Logto
        ? new OpenIdConnectClient(
            provider, site.Get(OpenIdSetting.LogtoEndpoint).TrimEnd('/') + "/oidc", site.Get(OpenIdSetting.LogtoClientId),
            site.Get(OpenIdSetting.LogtoSecret), "openid profile email", TrustsEmail: false)
        : new OpenIdConnectClient(
            provider, site.Get(OpenIdSetting.OidcIssuer).TrimEnd('/'), site.Get(OpenIdSetting.OidcClientId), site.Get(OpenIdSetting.OidcSecret),
            site.Get(OpenIdSetting.OidcScope), site.Get(OpenIdSetting.OidcTrustEmail));

    private static string PartitionOf(Guid state) => "openid-" + state.ToString("N");

    private static string Draw() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    private static CloudreveException NotLinked() =>
        new(ErrorCode.OpenIdNotLinked, "No account is linked to this identity. Sign in another way and link it first.");

    private async Task<User> SignUpAsync(SiteSettings site, OpenIdIdentity identity, CancellationToken cancellationToken)
    {
        // A provider's data is no more trustworthy than what a user types.
        if (identity.VerifiedEmail is not { } email || !MailAddressRules.Allow(email) || !site.Get(AccountSetting.RegisterEnabled))
            throw NotLinked();
        var user = await users.FindByEmailAsync(email, cancellationToken);
        // An account that nobody can sign in to was left by a crash between its creation and its link.
        if (user is not null && !await IsUnreachableAsync(user, cancellationToken))
            throw NotLinked();
        user ??= await users.CreateAsync(
            new NewUser(email, PasswordHash: null, (int)site.Get(AccountSetting.DefaultGroup)) { IsEmailVerified = true }, cancellationToken);
        await links.LinkAsync(user.Id, identity, cancellationToken);
        return user;
    }

    private async Task<bool> IsUnreachableAsync(User user, CancellationToken cancellationToken) =>
        user.PasswordHash is null
        && (await links.ListAsync(user.Id, cancellationToken)).Count == 0
        && (await passkeys.ListAsync(user.Id, cancellationToken)).Count == 0;
}

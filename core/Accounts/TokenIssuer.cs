using System.Security.Cryptography;
using System.Text;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Accounts.Tokens;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Cloudreve.Core.Accounts;

/// <summary>A pair of tokens for a client.</summary>
/// <param name="AccessToken">Goes with every request.</param>
/// <param name="RefreshToken">Buys the next pair.</param>
/// <param name="AccessExpires">The time the access token expires.</param>
/// <param name="RefreshExpires">The time the refresh token expires.</param>
public sealed record TokenPair(string AccessToken, string RefreshToken, DateTimeOffset AccessExpires, DateTimeOffset RefreshExpires);

/// <summary>The claims of a valid access token.</summary>
/// <param name="Scopes">The scopes granted to an application; null for a client of the site's own.</param>
public sealed record AccessGrant(long UserId, IReadOnlySet<string>? Scopes)
{
    /// <summary>The OAuth client that it was issued to; null for a client of the site's own, and where another party issued it.</summary>
    public Guid? ClientId { get; init; }

    /// <summary>The sign-in that it descends from; null where another party issued it.</summary>
    public TokenSession? Session { get; init; }
}

/// <summary>
/// Issues, refreshes and revokes tokens: JWTs signed with HS256 (contract, section 5). All pairs that descend from one sign-in share a
/// root id, which signing out revokes.
/// </summary>
/// <param name="layout">The storage of revoked roots.</param>
/// <param name="settings">Lifetimes, and the secret that states are hashed with.</param>
/// <param name="keys">The keys that sign.</param>
/// <param name="grants">Grants of users to OAuth clients.</param>
/// <param name="clock">Determines what has expired.</param>
public sealed class TokenIssuer(
    StorageLayout layout, SettingStore settings, TokenKeys keys, UserStore users, OAuthGrants grants, TimeProvider clock)
{
    private const string Revoked = "revoked";
    private const string RevokedUser = "user";

    // Instances' clocks differ a little: a token issued by one must be valid at another at once.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    private const int MaxRecentRoots = 10_000;

    private readonly BoundedCache<Guid, RecentRoot> _recentRoots = new(MaxRecentRoots, clock);
    private readonly JsonWebTokenHandler _jwt = new() { SetDefaultTimesOnTokenCreation = false, MaximumTokenSizeInBytes = 8192, MapInboundClaims = false };

    /// <summary>Issues the first pair of a sign-in. No transaction beyond the settings.</summary>
    /// <param name="user">The user who signed in.</param>
    public Task<TokenPair> IssueAsync(User user, CancellationToken cancellationToken = default) => IssueAsync(user, null, cancellationToken);

    /// <summary>Issues the first pair of a sign-in or of an OAuth client. No transaction beyond the settings.</summary>
    /// <param name="user">The user who signed in.</param>
    /// <param name="client">The OAuth client; null for a client of the site's own.</param>
    public async Task<TokenPair> IssueAsync(User user, ClientScopes? client, CancellationToken cancellationToken = default) =>
        await IssueAsync(await settings.GetAsync(cancellationToken), user, Guid.NewGuid(), client, null, cancellationToken);

    /// <summary>Issues the first pair of an OAuth client under a root id that was generated before. No transaction beyond the settings.</summary>
    /// <param name="user">The user who granted access.</param>
    /// <param name="client">The OAuth client.</param>
    /// <param name="rootId">The root of all its tokens.</param>
    internal async Task<TokenPair> IssueAsync(User user, ClientScopes client, Guid rootId, CancellationToken cancellationToken) =>
        await IssueAsync(await settings.GetAsync(cancellationToken), user, rootId, client, null, cancellationToken);

    /// <summary>Issues the first pair of a sign-in through an identity provider. No transaction beyond the settings.</summary>
    /// <param name="user">The user who signed in.</param>
    /// <param name="provider">The provider, which all refresh tokens of the sign-in name.</param>
    public async Task<TokenPair> IssueAsync(User user, OpenIdProvider provider, CancellationToken cancellationToken = default) =>
        await IssueAsync(await settings.GetAsync(cancellationToken), user, Guid.NewGuid(), null, provider, cancellationToken);

    /// <summary>
    /// Exchanges a refresh token for a new pair; the token stays valid, since clients refresh in parallel. Two transactions, three for an OAuth
    /// client.
    /// </summary>
    /// <exception cref="CloudreveException">
    /// 40020: malformed, expired, revoked, or made before a change of mail address or password, or the account is not active; of an OAuth
    /// client, also when the grant was withdrawn or narrowed. 40089: the OAuth client was not granted offline access.
    /// </exception>
    public async Task<TokenPair> RefreshAsync(string refreshToken, CancellationToken cancellationToken = default)
    {
        var site = await settings.GetAsync(cancellationToken);
        var token = await ReadRefreshAsync(site, refreshToken, cancellationToken);
        if (token.Client is { } client && !client.Scopes.Contains(OAuthScopes.OfflineAccess))
            throw new CloudreveException(ErrorCode.ScopeMissing, "The application is not allowed to refresh its tokens.");
        var revocation = IsRevokedAsync(token.Session.RootId, cancellationToken);
        var granted = token.Client is { } demanded ? grants.RenewAsync(token.UserId, demanded, cancellationToken) : Task.FromResult<ClientScopes?>(null);
        var found = users.FindAsync(token.UserId, cancellationToken);
        // All of them, even when one fails: otherwise the others' errors would be lost.
        await Task.WhenAll(revocation, granted, found);
        var (isRevoked, renewed, user) = (await revocation, await granted, await found);
        if (isRevoked || user is not { Status: UserStatus.Active } || !IsState(token.Session.State, site, user) || (token.Client is not null && renewed is null))
            throw Invalid();
        return await IssueAsync(site, user, token.Session.RootId, renewed, token.Provider, cancellationToken);
    }

    /// <summary>The state of an account, which a change of password or mail address changes. No transaction beyond the settings.</summary>
    public async Task<string> StateOfAsync(User user, CancellationToken cancellationToken = default) =>
        ComputeState(await settings.GetAsync(cancellationToken), user);

    /// <summary>Revokes a refresh token and all that share its root. One transaction.</summary>
    /// <returns>The identity provider that the user signed in with; null without one.</returns>
    /// <exception cref="CloudreveException">40020: malformed or expired.</exception>
    public async Task<OpenIdProvider?> RevokeAsync(string refreshToken, CancellationToken cancellationToken = default)
    {
        var token = await ReadRefreshAsync(await settings.GetAsync(cancellationToken), refreshToken, cancellationToken);
        await RevokeRootAsync(token.UserId, token.Session.RootId, cancellationToken);
        return token.Provider;
    }

    /// <summary>Revokes all tokens that share a root. One transaction.</summary>
    internal async Task RevokeRootAsync(long userId, Guid rootId, CancellationToken cancellationToken)
    {
        var row = new Row(RootPartition(rootId), Revoked)
        {
            [RevokedUser] = userId,
            // No descendant can outlive this, so the row may be swept then.
            [SessionSweep.ExpiresAt] = clock.GetUtcNow() + TokenKeyRing.LongestToken + ClockSkew,
        };
        await layout.Sessions.UpsertAsync(row, cancellationToken);
        Remember(rootId, isRevoked: true);
    }

    /// <summary>
    /// The account as it is now, if a sign-in is still valid: neither signed out, nor older than the last change of password or mail address.
    /// Two transactions. An access token alone reflects a state of up to an hour ago.
    /// </summary>
    /// <param name="session">The sign-in; null for one that another party answers for.</param>
    /// <returns>The account; null when the sign-in is no longer valid.</returns>
    public async Task<User?> FindHoldingAsync(long userId, TokenSession? session, CancellationToken cancellationToken = default)
    {
        var site = await settings.GetAsync(cancellationToken);
        var revocation = session is null ? Task.FromResult(false) : IsRevokedAsync(session.RootId, cancellationToken);
        var found = users.FindAsync(userId, cancellationToken);
        await Task.WhenAll(revocation, found);
        return await found is { Status: UserStatus.Active } user && !await revocation && (session is null || IsState(session.State, site, user))
            ? user
            : null;
    }

    /// <summary>
    /// Checks whether an OAuth client may still use an access token, that is, whether its grant was neither withdrawn nor narrowed and its
    /// tokens were not revoked. No transaction for one that was looked up within <see cref="UserStore.MaxAge"/>, two otherwise.
    /// </summary>
    /// <param name="grant">The content of the token.</param>
    public async ValueTask<bool> IsGrantedAsync(AccessGrant grant, CancellationToken cancellationToken = default)
    {
        if (grant is not { ClientId: { } clientId, Scopes: { } scopes })
            return true;
        if (grant.Session is not { } session)
            return false;
        var kept = _recentRoots.Find(session.RootId);
        var isRevoked = kept is null ? IsRevokedAsync(session.RootId, cancellationToken) : Task.FromResult(kept.IsRevoked);
        var granted = await grants.FindRecentAsync(grant.UserId, clientId, cancellationToken);
        return !await isRevoked && granted is not null && scopes.All(granted.Scopes.Contains);
    }

    /// <summary>Reads an access token; null when it is malformed, forged or expired. No transaction beyond the settings.</summary>
    /// <exception cref="CloudreveException">40020: a valid token of another type.</exception>
    public async Task<AccessGrant?> ReadAccessAsync(string token, CancellationToken cancellationToken = default)
    {
        var site = await settings.GetAsync(cancellationToken);
        if (await ValidateAsync(token, cancellationToken) is not { } jwt)
            return null;
        if (!TokenClaims.IsOfType(jwt, TokenClaims.Access))
            throw Invalid();
        // A token whose scopes cannot be read is invalid: it must not be taken for one that may do everything.
        return site.HashIds.TryDecode(jwt.Subject, HashIdKind.User, out var userId) && TokenClaims.TryReadClient(jwt, out var client)
            ? new AccessGrant(userId, client?.Scopes) { ClientId = client?.ClientId, Session = TokenClaims.ReadSession(jwt) }
            : null;
    }

    private async Task<bool> IsRevokedAsync(Guid rootId, CancellationToken cancellationToken)
    {
        var isRevoked = await layout.Sessions.FindAsync(RootPartition(rootId), Revoked, cancellationToken) is not null;
        Remember(rootId, isRevoked);
        return isRevoked;
    }

    private void Remember(Guid rootId, bool isRevoked) =>
        _recentRoots.Keep(rootId, new RecentRoot(isRevoked), clock.GetUtcNow() + UserStore.MaxAge);

    private static string RootPartition(Guid rootId) => "root-" + rootId.ToString("N");

    private static CloudreveException Invalid() => new(ErrorCode.CredentialInvalid, "The token is not valid. Please sign in again.");

    private async Task<RefreshClaims> ReadRefreshAsync(SiteSettings site, string token, CancellationToken cancellationToken) =>
        await ValidateAsync(token, cancellationToken) is { } jwt && TokenClaims.ReadRefresh(jwt, site) is { } claims ? claims : throw Invalid();

    private async Task<JsonWebToken?> ValidateAsync(string token, CancellationToken cancellationToken)
    {
        var ring = await keys.GetAsync(cancellationToken);
        var result = await ValidateAsync(token, ring);
        // Only a token of the kind that this site signs triggers a read of unknown keys: others' tokens pass here as well.
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException && _jwt.ReadJsonWebToken(token).Alg == SecurityAlgorithms.HmacSha256
            && await keys.GetAgainAsync(ring, cancellationToken) is var newer && newer != ring)
            result = await ValidateAsync(token, newer);
        return result.IsValid ? (JsonWebToken)result.SecurityToken : null;
    }

    private Task<TokenValidationResult> ValidateAsync(string token, TokenKeyRing ring)
    {
        var now = clock.GetUtcNow();
        return _jwt.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            ValidTypes = [JwtConstants.HeaderType],
            // Exactly the key that the token names, or none.
            IssuerSigningKeyResolver = (_, _, id, _) => ring.Find(id, now) is { } key ? [key.ForTokens()] : [],
            TryAllIssuerSigningKeys = false,
            ValidateIssuer = false,
            ValidateAudience = false,
            RequireSignedTokens = true,
            LifetimeValidator = (notBefore, expires, _, _) =>
                expires is { } end && now.UtcDateTime < end && now.UtcDateTime + ClockSkew >= (notBefore ?? DateTime.MinValue),
        });
    }

    private async Task<TokenPair> IssueAsync(
        SiteSettings site, User user, Guid rootId, ClientScopes? client, OpenIdProvider? provider, CancellationToken cancellationToken)
    {
        // JWT times have whole seconds; clients must not be given a later time.
        var now = DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().ToUnixTimeSeconds());
        var accessExpires = now + Shorter(site.Get(SiteSetting.AccessTokenLifetime));
        var refreshExpires = now + Shorter(client?.RefreshLifetime ?? site.Get(SiteSetting.RefreshTokenLifetime));
        var key = (await keys.GetAsync(cancellationToken)).Current(now);
        var subject = site.HashIds.Encode(user.Id, HashIdKind.User);
        var session = new TokenSession(rootId, ComputeState(site, user));
        var access = TokenClaims.ForAccess(subject, client, session);
        var refresh = TokenClaims.ForRefresh(subject, client, session, provider);
        return new TokenPair(Write(key, access, now, accessExpires), Write(key, refresh, now, refreshExpires), accessExpires, refreshExpires);
    }

    // Keys and revocations are kept for as long as the longest token lives.
    private static TimeSpan Shorter(TimeSpan lifetime) => lifetime < TokenKeyRing.LongestToken ? lifetime : TokenKeyRing.LongestToken;

    private string Write(TokenKey key, Dictionary<string, object> claims, DateTimeOffset from, DateTimeOffset to) =>
        _jwt.CreateToken(new SecurityTokenDescriptor
        {
            Claims = claims,
            NotBefore = from.UtcDateTime,
            Expires = to.UtcDateTime,
            SigningCredentials = new SigningCredentials(key.ForTokens(), SecurityAlgorithms.HmacSha256),
        });

    private static bool IsState(string stateHash, SiteSettings site, User user) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(stateHash), Encoding.UTF8.GetBytes(ComputeState(site, user)));

    /// <summary>Covers everything whose change invalidates refresh tokens. Keyed, since the token can be read by its holder.</summary>
    private static string ComputeState(SiteSettings site, User user)
    {
        var key = Encoding.UTF8.GetBytes(site.Get(SiteSetting.SecretKey));
        return Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{user.Email}\n{user.PasswordHash}\n{site.Get(SiteSetting.SiteId)}")));
    }

    private sealed record RecentRoot(bool IsRevoked);
}

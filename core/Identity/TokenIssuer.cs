using System.Security.Cryptography;
using System.Text;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Errors;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Tables;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Cloudreve.Core.Identity;

/// <summary>A pair of tokens that a client gets.</summary>
/// <param name="AccessToken">Goes with every request.</param>
/// <param name="RefreshToken">Buys the next pair.</param>
/// <param name="AccessExpires">When the access token ends.</param>
/// <param name="RefreshExpires">When the refresh token ends.</param>
public sealed record TokenPair(string AccessToken, string RefreshToken, DateTimeOffset AccessExpires, DateTimeOffset RefreshExpires);

/// <summary>What a valid access token says.</summary>
/// <param name="UserId">The account.</param>
/// <param name="Scopes">What an OAuth client was granted; null for a client of the site's own.</param>
public sealed record AccessGrant(long UserId, IReadOnlySet<string>? Scopes);

/// <summary>
/// Issues, refreshes and revokes tokens: JWTs signed with HS256 and the site's secret (contract, section 5). All pairs that
/// descend from one sign-in share a root id, which signing out revokes.
/// </summary>
/// <param name="layout">Where revoked roots are kept.</param>
/// <param name="settings">The site's secret and lifetimes.</param>
/// <param name="users">The accounts.</param>
/// <param name="clock">Tells what has expired.</param>
public sealed class TokenIssuer(StorageLayout layout, SettingStore settings, UserStore users, TimeProvider clock)
{
    private const string Access = "access";
    private const string Refresh = "refresh";
    private const string TokenType = "token_type";
    private const string StateHash = "state_hash";
    private const string RootId = "root_token_id";
    private const string ScopesClaim = "scopes";
    private const string Revoked = "revoked";

    // Instances' clocks differ a little: a token that one issued must be valid at once at another.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    private readonly JsonWebTokenHandler _jwt = new() { SetDefaultTimesOnTokenCreation = false, MaximumTokenSizeInBytes = 8192, MapInboundClaims = false };

    /// <summary>Issues the first pair of a sign-in. No transaction beyond the settings.</summary>
    /// <param name="user">Who signed in.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<TokenPair> IssueAsync(User user, CancellationToken cancellationToken = default) =>
        Issue(await settings.GetAsync(cancellationToken), user, Guid.NewGuid());

    /// <summary>
    /// Buys a new pair with a refresh token, which stays valid: clients refresh in parallel. Two transactions.
    /// </summary>
    /// <param name="refreshToken">The refresh token.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="CloudreveException">
    /// 40020: malformed, expired, revoked, or made before a change of mail address or password, or the account is not active.
    /// </exception>
    public async Task<TokenPair> RefreshAsync(string refreshToken, CancellationToken cancellationToken = default)
    {
        var site = await settings.GetAsync(cancellationToken);
        var (userId, rootId, stateHash) = await ReadRefreshAsync(site, refreshToken);
        var revocation = layout.Sessions.FindAsync(RootPartition(rootId), Revoked, cancellationToken);
        var user = await users.FindAsync(userId, cancellationToken);
        if (await revocation is not null || user is not { Status: UserStatus.Active } || !IsState(stateHash, site, user))
            throw Invalid();
        return Issue(site, user, rootId);
    }

    /// <summary>Revokes a refresh token and all that share its root. One transaction.</summary>
    /// <param name="refreshToken">The refresh token.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="CloudreveException">40020: malformed or expired.</exception>
    public async Task RevokeAsync(string refreshToken, CancellationToken cancellationToken = default)
    {
        var site = await settings.GetAsync(cancellationToken);
        var (userId, rootId, _) = await ReadRefreshAsync(site, refreshToken);
        var row = new Row(RootPartition(rootId), Revoked)
        {
            ["user"] = userId,
            // No descendant can outlive this, so the row may be swept then.
            ["expires"] = clock.GetUtcNow() + site.Get(SiteSetting.RefreshTokenLifetime) + ClockSkew,
        };
        await layout.Sessions.UpsertAsync(row, cancellationToken);
    }

    /// <summary>Reads an access token; null when it is malformed, forged or expired. No transaction beyond the settings.</summary>
    /// <param name="token">The token.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="CloudreveException">40020: a valid token of another type.</exception>
    public async Task<AccessGrant?> ReadAccessAsync(string token, CancellationToken cancellationToken = default)
    {
        var site = await settings.GetAsync(cancellationToken);
        if (await ValidateAsync(site, token) is not { } jwt)
            return null;
        if (!jwt.TryGetPayloadValue<string>(TokenType, out var type) || type != Access)
            throw Invalid();
        if (!site.HashIds.TryDecode(jwt.Subject, HashIdKind.User, out var userId))
            return null;
        var scopes = jwt.TryGetPayloadValue<string[]>(ScopesClaim, out var granted) ? granted.ToHashSet(StringComparer.Ordinal) : null;
        return new AccessGrant(userId, scopes);
    }

    private static string RootPartition(Guid rootId) => "root-" + rootId.ToString("N");

    private static CloudreveException Invalid() => new(ErrorCode.CredentialInvalid, "The token is not valid; sign in again.");

    private static SymmetricSecurityKey Key(SiteSettings site) => new(Encoding.UTF8.GetBytes(site.Get(SiteSetting.SecretKey)));

    private async Task<(long UserId, Guid RootId, string StateHash)> ReadRefreshAsync(SiteSettings site, string token)
    {
        if (await ValidateAsync(site, token) is not { } jwt
            || !jwt.TryGetPayloadValue<string>(TokenType, out var type) || type != Refresh
            || !site.HashIds.TryDecode(jwt.Subject, HashIdKind.User, out var userId)
            || !jwt.TryGetPayloadValue<string>(RootId, out var root) || !Guid.TryParseExact(root, "D", out var rootId)
            || !jwt.TryGetPayloadValue<string>(StateHash, out var stateHash))
            throw Invalid();
        return (userId, rootId, stateHash);
    }

    private async Task<JsonWebToken?> ValidateAsync(SiteSettings site, string token)
    {
        var result = await _jwt.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            IssuerSigningKey = Key(site),
            ValidateIssuer = false,
            ValidateAudience = false,
            RequireSignedTokens = true,
            LifetimeValidator = (notBefore, expires, _, _) =>
                clock.GetUtcNow().UtcDateTime is var now && expires is { } end && now < end && now + ClockSkew >= (notBefore ?? DateTime.MinValue),
        });
        return result.IsValid ? (JsonWebToken)result.SecurityToken : null;
    }

    private TokenPair Issue(SiteSettings site, User user, Guid rootId)
    {
        // JWT times have whole seconds; what clients are told must not be later.
        var now = DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().ToUnixTimeSeconds());
        var accessExpires = now + site.Get(SiteSetting.AccessTokenLifetime);
        var refreshExpires = now + site.Get(SiteSetting.RefreshTokenLifetime);
        var subject = site.HashIds.Encode(user.Id, HashIdKind.User);
        var access = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            [TokenType] = Access,
            [JwtRegisteredClaimNames.Sub] = subject,
        };
        var refresh = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            [TokenType] = Refresh,
            [JwtRegisteredClaimNames.Sub] = subject,
            [StateHash] = ComputeState(site, user),
            [RootId] = rootId.ToString("D"),
        };
        return new TokenPair(Write(site, access, now, accessExpires), Write(site, refresh, now, refreshExpires), accessExpires, refreshExpires);
    }

    private string Write(SiteSettings site, Dictionary<string, object> claims, DateTimeOffset from, DateTimeOffset to) =>
        _jwt.CreateToken(new SecurityTokenDescriptor
        {
            Claims = claims,
            NotBefore = from.UtcDateTime,
            Expires = to.UtcDateTime,
            SigningCredentials = new SigningCredentials(Key(site), SecurityAlgorithms.HmacSha256),
        });

    private static bool IsState(string stateHash, SiteSettings site, User user) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(stateHash), Encoding.UTF8.GetBytes(ComputeState(site, user)));

    /// <summary>Covers what voids refresh tokens when it changes. Keyed, since the token can be read by its holder.</summary>
    private static string ComputeState(SiteSettings site, User user)
    {
        var key = Encoding.UTF8.GetBytes(site.Get(SiteSetting.SecretKey));
        return Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{user.Email}\n{user.PasswordHash}\n{site.Get(SiteSetting.SiteId)}")));
    }
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Accounts.Tokens;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Text;

namespace Cloudreve.Core.Accounts.OAuth;

/// <summary>An application's request for a user's consent.</summary>
/// <param name="Client">The application.</param>
/// <param name="RedirectUri">The address that the user is redirected to.</param>
/// <param name="Scopes">The scopes that it requests.</param>
/// <param name="CodeChallenge">
/// The challenge of PKCE: the hash of a secret that the application keeps until the exchange. Null only for an application with a secret
/// of its own.
/// </param>
public sealed record OAuthConsent(OAuthClient Client, string RedirectUri, IReadOnlySet<string> Scopes, string? CodeChallenge);

/// <summary>An application's request to exchange a code for tokens.</summary>
/// <param name="ClientId">The application.</param>
/// <param name="ClientSecret">Its secret; null for none.</param>
/// <param name="Code">The code from the user's consent.</param>
/// <param name="CodeVerifier">The secret behind the challenge of PKCE.</param>
/// <param name="RedirectUri">The address that the user was redirected to; null when the application does not specify it.</param>
public sealed record OAuthExchange(string? ClientId, string? ClientSecret, string? Code, string? CodeVerifier, string? RedirectUri);

/// <summary>The result of an exchange.</summary>
/// <param name="Scopes">The scopes that they allow.</param>
/// <param name="MayRefresh">True if the application gets the refresh token.</param>
public sealed record OAuthTokens(TokenPair Tokens, IReadOnlySet<string> Scopes, bool MayRefresh);

/// <summary>
/// Codes that users' consent produces and applications exchange for tokens (contract, section 7): once, and with
/// PKCE unless they have a secret.
/// </summary>
/// <param name="layout">The storage of codes, which are hashed.</param>
/// <param name="clients">The applications.</param>
/// <param name="grants">Grants of users.</param>
/// <param name="tokens">Issues the tokens.</param>
/// <param name="clock">Determines which codes have expired.</param>
public sealed class OAuthCodes(
    StorageLayout layout, OAuthClients clients, OAuthGrants grants, TokenIssuer tokens, TimeProvider clock)
{
    /// <summary>Lifetime of an unused code.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(600);

    private const int CodeLength = 128;
    private const string Key = "code";
    private const string UserId = "user";
    private const string Client = "client";
    private const string Redirect = "redirect";
    private const string Scopes = "scopes";
    private const string Challenge = "challenge";
    private const string Root = "root";
    private const string State = "state";
    private const string UsedKey = "used";

    // RFC 7636, 4.1.
    private const int MinVerifier = 43;
    private const int MaxVerifier = 128;

    /// <summary>Records a user's consent and widens the grant. Three transactions at most.</summary>
    /// <param name="session">The sign-in that the user consents in; null where another party issued its token.</param>
    /// <param name="consent">The grant that the user consents to; checked by the caller against the client.</param>
    /// <returns>The code, which cannot be read again.</returns>
    public async Task<string> GrantAsync(User user, TokenSession? session, OAuthConsent consent, CancellationToken cancellationToken = default)
    {
        var code = RandomText.Draw(CodeLength);
        await grants.WidenAsync(user.Id, consent.Client.ClientId, consent.Scopes, cancellationToken);
        var row = new Row(PartitionOf(code), Key)
        {
            [UserId] = user.Id,
            [Client] = consent.Client.ClientId.ToString("D"),
            [Redirect] = consent.RedirectUri,
            [Scopes] = JsonSerializer.Serialize([.. consent.Scopes], OAuthJson.Default.IReadOnlyListString),
            [Challenge] = consent.CodeChallenge,
            [Root] = session?.RootId.ToString("D"),
            [State] = session?.State,
            [SessionSweep.ExpiresAt] = clock.GetUtcNow() + Lifetime,
        };
        // The key is random: an existing row is our own, whose response was lost.
        await layout.Sessions.UpsertAsync(row, cancellationToken);
        return code;
    }

    /// <summary>
    /// Exchanges a code. Seven transactions. A code that is used twice revokes the tokens of the first use (RFC 6749, 4.1.2):
    /// one of the two was not the application.
    /// </summary>
    /// <param name="exchange">The application's request.</param>
    /// <exception cref="OAuthException">invalid_client, or invalid_grant.</exception>
    public async Task<OAuthTokens> ExchangeAsync(OAuthExchange exchange, CancellationToken cancellationToken = default)
    {
        var client = await AuthenticateAsync(exchange, cancellationToken);
        // A code that fell into the wrong hands is consumed by the first attempt, with or without the verifier.
        if (exchange.Code is not { Length: CodeLength } code)
            throw Invalid();
        var row = await OneTimeRow.TakeAsync(layout.Sessions, PartitionOf(code), Key, cancellationToken);
        if (row is null)
            await RevokeUsedAsync(code, cancellationToken);
        if (row is null || !Fits(row, client, exchange))
            throw Invalid();
        var held = new ClientScopes(client.ClientId, OAuthClient.ReadList(row, Scopes).ToHashSet(StringComparer.Ordinal));
        var userId = row.RequiredNumber(UserId);
        var granted = await grants.RenewAsync(userId, held, cancellationToken) ?? throw Invalid();
        // A later change of the password or sign-out revokes the consent.
        var user = await tokens.FindHoldingAsync(userId, ReadSession(row), cancellationToken) ?? throw Invalid();
        await grants.NoteUseAsync(userId, client.ClientId, cancellationToken);
        var root = Guid.NewGuid();
        await NoteUsedAsync(code, userId, root, cancellationToken);
        return new OAuthTokens(
            await tokens.IssueAsync(user, granted, root, cancellationToken), granted.Scopes, granted.Scopes.Contains(OAuthScopes.OfflineAccess));
    }

    private static TokenSession? ReadSession(Row row) =>
        Guid.TryParseExact(row.Text(Root), "D", out var root) && row.Text(State) is { } state ? new TokenSession(root, state) : null;

    private async Task NoteUsedAsync(string code, long userId, Guid root, CancellationToken cancellationToken)
    {
        var row = new Row(PartitionOf(code), UsedKey)
        {
            [UserId] = userId,
            [Root] = root.ToString("D"),
            [SessionSweep.ExpiresAt] = clock.GetUtcNow() + TokenKeyRing.LongestToken,
        };
        await layout.Sessions.UpsertAsync(row, cancellationToken);
    }

    private async Task RevokeUsedAsync(string code, CancellationToken cancellationToken)
    {
        if (await layout.Sessions.FindAsync(PartitionOf(code), UsedKey, cancellationToken) is { } used)
            await tokens.RevokeRootAsync(used.RequiredNumber(UserId), Guid.ParseExact(used.RequiredText(Root), "D"), cancellationToken);
    }

    private static OAuthException Invalid() => new("invalid_grant", "The authorization code is invalid, expired or already used.");

    private static string PartitionOf(string code) => "oauth-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(code)));

    // A verifier without a challenge is refused (RFC 9700, 2.1.1): an attacker has removed the challenge.
    private static bool IsVerifier(string? verifier, string? challenge) => challenge is null
        ? string.IsNullOrEmpty(verifier)
        : verifier is { Length: >= MinVerifier and <= MaxVerifier }
            && CryptographicOperations.FixedTimeEquals(
                Encoding.UTF8.GetBytes(Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(verifier)))), Encoding.UTF8.GetBytes(challenge));

    private async Task<OAuthClient> AuthenticateAsync(OAuthExchange exchange, CancellationToken cancellationToken)
    {
        var client = Guid.TryParseExact(exchange.ClientId, "D", out var id) ? await clients.FindEnabledAsync(id, cancellationToken) : null;
        return client?.IsSecret(exchange.ClientSecret) == true
            ? client
            : throw new OAuthException("invalid_client", "Unknown client or wrong client secret.");
    }

    private bool Fits(Row row, OAuthClient client, OAuthExchange exchange) =>
        row.Time(SessionSweep.ExpiresAt) is { } end && clock.GetUtcNow() < end
        && string.Equals(row.Text(Client), client.ClientId.ToString("D"), StringComparison.Ordinal)
        && (exchange.RedirectUri is null || string.Equals(row.Text(Redirect), exchange.RedirectUri, StringComparison.Ordinal))
        && IsVerifier(exchange.CodeVerifier, row.Text(Challenge))
        && !(client.NeedsCodeChallenge && row.Text(Challenge) is null);
}

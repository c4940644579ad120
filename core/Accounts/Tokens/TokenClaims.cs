using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site.Settings;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Cloudreve.Core.Accounts.Tokens;

/// <summary>The claims of a valid refresh token.</summary>
/// <param name="Session">The sign-in that it descends from.</param>
/// <param name="Client">The OAuth client; null for a client of the site's own.</param>
/// <param name="Provider">The identity provider that the user signed in with; null without one.</param>
internal sealed record RefreshClaims(long UserId, TokenSession Session, ClientScopes? Client, OpenIdProvider? Provider);

/// <summary>The claims of tokens (contract, section 5).</summary>
internal static class TokenClaims
{
    public const string Access = "access";

    private const string Refresh = "refresh";
    private const string TokenType = "token_type";
    private const string StateHash = "state_hash";
    private const string RootId = "root_token_id";
    private const string Scopes = "scopes";
    private const string ClientId = "client_id";
    private const string Provider = "openid_provider";

    public static Dictionary<string, object> ForAccess(string subject, ClientScopes? client, TokenSession session) =>
        Describe(Access, subject, client, session);

    public static Dictionary<string, object> ForRefresh(string subject, ClientScopes? client, TokenSession session, OpenIdProvider? provider)
    {
        var claims = Describe(Refresh, subject, client, session);
        if (provider is { } number)
            claims[Provider] = (int)number;
        return claims;
    }

    public static bool IsOfType(JsonWebToken jwt, string type) =>
        jwt.TryGetPayloadValue<string>(TokenType, out var actual) && string.Equals(actual, type, StringComparison.Ordinal);

    /// <summary>Reads a refresh token whose signature was checked; null when a claim is missing.</summary>
    public static RefreshClaims? ReadRefresh(JsonWebToken jwt, SiteSettings site) =>
        IsOfType(jwt, Refresh)
        && site.HashIds.TryDecode(jwt.Subject, HashIdKind.User, out var userId)
        && ReadSession(jwt) is { } session
        && TryReadClient(jwt, out var client)
            ? new RefreshClaims(userId, session, client, jwt.TryGetPayloadValue<int>(Provider, out var number) ? (OpenIdProvider)number : null)
            : null;

    /// <summary>Reads the sign-in that a token descends from; null when it has none.</summary>
    public static TokenSession? ReadSession(JsonWebToken jwt) =>
        jwt.TryGetPayloadValue<string>(RootId, out var root) && Guid.TryParseExact(root, "D", out var rootId)
        && jwt.TryGetPayloadValue<string>(StateHash, out var state)
            ? new TokenSession(rootId, state)
            : null;

    /// <summary>Reads the OAuth client that a token was issued to; false when the claim cannot be read.</summary>
    /// <param name="jwt">The token.</param>
    /// <param name="client">The client and its scopes; null for a client of the site's own.</param>
    public static bool TryReadClient(JsonWebToken jwt, out ClientScopes? client)
    {
        client = null;
        var names = jwt.Claims.Select(claim => claim.Type).ToHashSet(StringComparer.Ordinal);
        // An empty array has no claim of its own, but the client's id is present.
        if (!names.Contains(ClientId))
            return !names.Contains(Scopes) && !jwt.TryGetPayloadValue<object>(Scopes, out _);
        if (!jwt.TryGetPayloadValue<string>(ClientId, out var id) || !Guid.TryParseExact(id, "D", out var clientId)
            || !jwt.TryGetPayloadValue<string[]>(Scopes, out var scopes) || scopes is null)
            return false;
        client = new ClientScopes(clientId, scopes.ToHashSet(StringComparer.Ordinal));
        return true;
    }

    private static Dictionary<string, object> Describe(string type, string subject, ClientScopes? client, TokenSession session)
    {
        var claims = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            [TokenType] = type,
            [JwtRegisteredClaimNames.Sub] = subject,
            [StateHash] = session.State,
            [RootId] = session.RootId.ToString("D"),
        };
        if (client is null)
            return claims;
        claims[ClientId] = client.ClientId.ToString("D");
        claims[Scopes] = client.Scopes.Order(StringComparer.Ordinal).ToArray();
        return claims;
    }
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Text;

namespace Cloudreve.Core.Accounts.OAuth;

/// <summary>An administrator's changes to an OAuth client; null leaves a value as it is, and takes the default for a new client.</summary>
public sealed record OAuthClientChange
{
    /// <summary>A secret; null or empty to keep the old one, or to generate one for a new client.</summary>
    public string? Secret { get; init; }

    /// <summary>The display name.</summary>
    public string? Name { get; init; }

    /// <summary>The application's home page.</summary>
    public string? HomepageUrl { get; init; }

    /// <summary>The addresses that users may be redirected to.</summary>
    public IReadOnlyList<string>? RedirectUris { get; init; }

    /// <summary>The scopes that the client may request.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>The description shown to users.</summary>
    public string? Description { get; init; }

    /// <summary>The address of the client's picture, or the name of an icon.</summary>
    public string? Icon { get; init; }

    /// <summary>Lifetime of refresh tokens, in seconds; 0 for that of the site's own clients.</summary>
    public long? RefreshSeconds { get; init; }

    /// <summary>True if the client may be used.</summary>
    public bool? IsEnabled { get; init; }
}

/// <summary>A client that was changed, and its secret if that was set: it cannot be read again.</summary>
/// <param name="Secret">The secret; null when it was not set.</param>
public sealed record ChangedOAuthClient(OAuthClient Client, string? Secret);

/// <summary>Operations of administrators on OAuth clients (contract, section 24).</summary>
/// <param name="grants">Grants of users to them.</param>
/// <param name="ids">Gives numbers to new ones.</param>
public sealed class OAuthClientAdministration(OAuthClients clients, OAuthGrants grants, IdAllocator ids)
{
    private const int MaxText = 255;
    private const int MaxLongText = 2000;
    private const int MaxUris = 50;

    // All of them are in one property of a row, which holds 32 K characters, escaped.
    private const int MaxUriCharacters = 10_000;
    private const int MinSecret = 16;
    private const int SecretBytes = 32;
    private const long MaxRefreshSeconds = 315_360_000;

    /// <summary>All clients, by id. One transaction.</summary>
    public async Task<IReadOnlyCollection<OAuthClient>> ListAsync() => await clients.ListLatestAsync();

    /// <summary>A client. One transaction.</summary>
    /// <param name="id">Its number.</param>
    /// <exception cref="CloudreveException">404: there is no such client.</exception>
    public async Task<OAuthClient> GetAsync(long id) =>
        (await clients.ListLatestAsync()).FirstOrDefault(client => client.Id == id) ?? throw new CloudreveException(ErrorCode.NotFound, "The application does not exist.");

    /// <summary>Number of users who have granted something to a client. Reads the table of accounts.</summary>
    public Task<long> CountGrantsAsync(OAuthClient client, CancellationToken cancellationToken = default) => grants.CountAsync(client.ClientId, cancellationToken);

    /// <summary>Creates a client, which gets its public id here. Two transactions.</summary>
    /// <param name="change">The initial values.</param>
    /// <exception cref="CloudreveException">40001: an invalid value.</exception>
    public async Task<ChangedOAuthClient> CreateAsync(OAuthClientChange change, CancellationToken cancellationToken = default)
    {
        Require(!string.IsNullOrWhiteSpace(change.Name), "The application needs a name.");
        Require(change.RedirectUris is { Count: > 0 }, "The application needs a redirect address.");
        Check(change);
        var secret = string.IsNullOrEmpty(change.Secret) ? Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes)) : change.Secret;
        var client = Apply(
            change with { Secret = secret },
            new OAuthClient { Id = (int)await ids.NextAsync(IdKind.OAuthClient, cancellationToken), ClientId = Guid.NewGuid(), Name = "" });
        await clients.SaveAsync(client, cancellationToken);
        return new ChangedOAuthClient(client, secret);
    }

    /// <summary>Changes a client. Two transactions.</summary>
    /// <param name="id">Its number.</param>
    /// <exception cref="CloudreveException">40001: an invalid value; 404: no such client; 40040: a fixed property of a built-in client.</exception>
    public async Task<ChangedOAuthClient> UpdateAsync(long id, OAuthClientChange change, CancellationToken cancellationToken = default)
    {
        var client = await GetAsync(id);
        Check(change);
        var secret = string.IsNullOrEmpty(change.Secret) ? null : change.Secret;
        // Existing applications have these built in.
        if (client.IsSystem && (secret is not null
            || (change.RedirectUris ?? client.RedirectUris).Except(client.RedirectUris).Any() || client.RedirectUris.Except(change.RedirectUris ?? client.RedirectUris).Any()))
            throw new CloudreveException(ErrorCode.SystemGroupProtected, "The secret and redirect addresses of a built-in application cannot be changed.");
        var changed = Apply(change, client);
        await clients.SaveAsync(changed, cancellationToken);
        return new ChangedOAuthClient(changed, secret);
    }

    /// <summary>Deletes a client and all grants to it: its tokens stop working. Reads the table of accounts.</summary>
    /// <param name="id">Its number.</param>
    /// <exception cref="CloudreveException">404: no such client; 40040: it is built in.</exception>
    public async Task DeleteAsync(long id, CancellationToken cancellationToken = default)
    {
        var client = await GetAsync(id);
        if (client.IsSystem)
            throw new CloudreveException(ErrorCode.SystemGroupProtected, "A built-in application cannot be deleted.");
        // Without the client no grant is valid, whether or not its row still exists.
        await clients.DeleteAsync(client.ClientId, cancellationToken);
        await grants.ClearAsync(client.ClientId, cancellationToken);
    }

    private static OAuthClient Apply(OAuthClientChange change, OAuthClient client) => client with
    {
        Name = change.Name ?? client.Name,
        SecretHash = string.IsNullOrEmpty(change.Secret) ? client.SecretHash : OAuthClient.Hash(change.Secret),
        HomepageUrl = change.HomepageUrl ?? client.HomepageUrl,
        RedirectUris = change.RedirectUris ?? client.RedirectUris,
        Scopes = change.Scopes?.Distinct(StringComparer.Ordinal).ToList() ?? client.Scopes,
        Description = change.Description ?? client.Description,
        Icon = change.Icon ?? client.Icon,
        RefreshLifetime = change.RefreshSeconds switch
        {
            null => client.RefreshLifetime,
            0 => null,
            { } seconds => TimeSpan.FromSeconds(seconds),
        },
        IsEnabled = change.IsEnabled ?? client.IsEnabled,
    };

    private static void Check(OAuthClientChange change)
    {
        Require(change.Name is null || (!string.IsNullOrWhiteSpace(change.Name) && change.Name.CountCharacters() <= MaxText), "The name must have 1 to 255 characters.");
        Require(string.IsNullOrEmpty(change.Secret) || change.Secret.Length is >= MinSecret and <= MaxText, "The secret must have 16 to 255 characters.");
        Require((change.Description?.Length ?? 0) <= MaxLongText, "The description is too long.");
        Require(string.IsNullOrEmpty(change.HomepageUrl) || IsWebAddress(change.HomepageUrl), "The home page must be an http or https address.");
        Require(
            string.IsNullOrEmpty(change.Icon) || IsWebAddress(change.Icon) || IsPath(change.Icon) || IsIconName(change.Icon),
            "The icon must be an http or https address, or the name of an icon such as mdi:application.");
        Require(
            change.RedirectUris is not { } uris || (uris.Count <= MaxUris && uris.All(uri => uri.Length <= MaxLongText && (IsPath(uri) || IsRedirect(uri)))),
            "A redirect address must be absolute, have no fragment, and not run as a script.");
        Require(change.RedirectUris is not { } all || JsonSerializer.Serialize(all).Length <= MaxUriCharacters, "The redirect addresses are too long.");
        Require(change.Scopes is not { } scopes || scopes.All(OAuthScopes.All.Contains), "A scope is unknown.");
        Require(change.RefreshSeconds is null or (>= 0 and <= MaxRefreshSeconds), "The lifetime of refresh tokens must be between 0 seconds and ten years.");
    }

    private static bool IsWebAddress(string text) =>
        text.Length <= MaxLongText && Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https");

    /// <summary>Checks for the name of an icon in a set, which clients draw; the dashboard's form suggests one.</summary>
    private static bool IsIconName(string text) =>
        text.Length <= MaxText && text.Split(':') is [not ("data" or "javascript"), _] parts
        && parts.All(part => part.Length > 0 && part.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'));

    private static bool IsPath(string text) => text.StartsWith('/') && !text.StartsWith("//", StringComparison.Ordinal) && !text.Contains('#', StringComparison.Ordinal);

    // Applications on devices have schemes of their own (RFC 8252, 7.1).
    private static bool IsRedirect(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Fragment.Length == 0 && uri.Scheme is not ("javascript" or "data" or "vbscript" or "file");

    private static void Require(bool holds, string message)
    {
        if (!holds)
            throw new CloudreveException(ErrorCode.BadParameter, message);
    }
}

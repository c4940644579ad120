using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Core.Accounts.OAuth;

/// <summary>An application that may ask users for access to their accounts (contract, section 7).</summary>
public sealed record OAuthClient
{
    /// <summary>The number by which the administration knows the client.</summary>
    public required int Id { get; init; }

    /// <summary>The client's public id.</summary>
    public required Guid ClientId { get; init; }

    /// <summary>The display name.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The hash of the client's secret; null for an application on users' devices, which cannot keep one. Such an application needs
    /// PKCE.
    /// </summary>
    public string? SecretHash { get; init; }

    /// <summary>The application's home page.</summary>
    public string HomepageUrl { get; init; } = "";

    /// <summary>The addresses that users may be redirected to; compared as a whole. One that starts with a slash is a path of the site.</summary>
    public IReadOnlyList<string> RedirectUris { get; init; } = [];

    /// <summary>The scopes that the client may request.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>The description shown to users.</summary>
    public string Description { get; init; } = "";

    /// <summary>The address of the client's picture.</summary>
    public string Icon { get; init; } = "";

    /// <summary>Lifetime of the client's refresh tokens; null for that of the site's own clients.</summary>
    public TimeSpan? RefreshLifetime { get; init; }

    /// <summary>True if the client may be used.</summary>
    public bool IsEnabled { get; init; } = true;

    /// <summary>True if the client is built in and cannot be deleted.</summary>
    public bool IsSystem { get; init; }

    /// <summary>Checks whether users may be redirected to an address.</summary>
    /// <param name="redirectUri">The address that the client named.</param>
    /// <param name="siteBase">The site's address, without a trailing slash.</param>
    public bool AllowsRedirect(string redirectUri, string siteBase) =>
        RedirectUris.Any(allowed => string.Equals(allowed, redirectUri, StringComparison.Ordinal)
            || (allowed.StartsWith('/') && string.Equals(siteBase + allowed, redirectUri, StringComparison.Ordinal)));

    /// <summary>True if the client must use PKCE (RFC 9700, 2.1.1): it has no secret that proves who exchanges a code.</summary>
    public bool NeedsCodeChallenge => SecretHash is null;

    /// <summary>Checks a secret against the client's; true for a client that has none.</summary>
    /// <param name="secret">The secret that the client sent; null for none.</param>
    public bool IsSecret(string? secret) =>
        SecretHash is null || CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Hash(secret ?? "")), Encoding.UTF8.GetBytes(SecretHash));

    /// <summary>The form in which secrets are kept. They are random, not chosen, so a plain hash is enough.</summary>
    public static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    internal static OAuthClient Read(Row row) => new()
    {
        Id = (int)row.RequiredNumber(Columns.Id),
        ClientId = Guid.ParseExact(row.RowKey, "D"),
        Name = row.RequiredText(Columns.Name),
        SecretHash = row.Text(Columns.SecretHash),
        HomepageUrl = row.Text(Columns.HomepageUrl) ?? "",
        RedirectUris = ReadList(row, "redirects"),
        Scopes = ReadList(row, "scopes"),
        Description = row.Text(Columns.Description) ?? "",
        Icon = row.Text(Columns.Icon) ?? "",
        RefreshLifetime = row.Number(Columns.RefreshLifetime) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        IsEnabled = row.Flag(Columns.IsEnabled),
        IsSystem = row.Flag(Columns.IsSystem),
    };

    internal Row Describe(string partition) => new(partition, ClientId.ToString("D"))
    {
        [Columns.Id] = Id,
        [Columns.Name] = Name,
        [Columns.SecretHash] = SecretHash,
        [Columns.HomepageUrl] = HomepageUrl,
        [Columns.RedirectUris] = JsonSerializer.Serialize(RedirectUris, OAuthJson.Default.IReadOnlyListString),
        [Columns.Scopes] = JsonSerializer.Serialize(Scopes, OAuthJson.Default.IReadOnlyListString),
        [Columns.Description] = Description,
        [Columns.Icon] = Icon,
        [Columns.RefreshLifetime] = RefreshLifetime is { } lifetime ? (long)lifetime.TotalSeconds : null,
        [Columns.IsEnabled] = IsEnabled,
        [Columns.IsSystem] = IsSystem,
    };

    internal static IReadOnlyList<string> ReadList(Row row, string property) =>
        row.Text(property) is { } json ? JsonSerializer.Deserialize(json, OAuthJson.Default.IReadOnlyListString) ?? [] : [];

    private static class Columns
    {
        public const string RefreshLifetime = "refresh";
        public const string Id = "id";
        public const string Name = "name";
        public const string SecretHash = "secret";
        public const string HomepageUrl = "homepage";
        public const string RedirectUris = "redirects";
        public const string Scopes = "scopes";
        public const string Description = "description";
        public const string Icon = "icon";
        public const string IsEnabled = "enabled";
        public const string IsSystem = "system";
    }
}

/// <summary>JSON inside rows of the OAuth provider.</summary>
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class OAuthJson : JsonSerializerContext;

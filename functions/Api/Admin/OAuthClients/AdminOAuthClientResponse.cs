using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Functions.Api.Files;

namespace Cloudreve.Functions.Api.Admin.OAuthClients;

/// <summary>An application as the administration sees it (contract, section 24).</summary>
internal sealed record AdminOAuthClientResponse(
    int Id, string Guid, string Name, IReadOnlyList<string> RedirectUris, IReadOnlyList<string> Scopes, AdminOAuthClientProps Props, bool IsEnabled, bool IsSystem)
{
    /// <summary>The secret, the only time it is shown.</summary>
    public string? Secret { get; init; }

    /// <summary>The application's home page.</summary>
    public string? HomepageUrl { get; init; }

    /// <summary>Number of users who have granted something to it.</summary>
    public long? TotalGrants { get; init; }

    /// <summary>Describes an application.</summary>
    /// <param name="client">The application.</param>
    public static AdminOAuthClientResponse Of(OAuthClient client) => new(
        client.Id,
        client.ClientId.ToString("D"),
        client.Name,
        client.RedirectUris,
        client.Scopes,
        new AdminOAuthClientProps(NullIfEmpty(client.Description), NullIfEmpty(client.Icon), (long?)client.RefreshLifetime?.TotalSeconds),
        client.IsEnabled,
        client.IsSystem)
    {
        HomepageUrl = NullIfEmpty(client.HomepageUrl),
    };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}

/// <summary>Further properties of an application.</summary>
/// <param name="Description">The description shown to users.</param>
/// <param name="Icon">The address of its picture.</param>
/// <param name="RefreshTokenTtl">Lifetime of refresh tokens, in seconds.</param>
internal sealed record AdminOAuthClientProps(string? Description = null, string? Icon = null, long? RefreshTokenTtl = null);

/// <summary>A page of applications.</summary>
internal sealed record AdminOAuthClientListResponse(IReadOnlyList<AdminOAuthClientResponse> Clients, PaginationResponse Pagination);

/// <summary>The body of a new application or a change of one.</summary>
/// <param name="Client">The application.</param>
internal sealed record UpsertOAuthClientRequest(UpsertOAuthClient Client);

/// <summary>An application in a body; fields that are left out, or null, stay as they are.</summary>
internal sealed record UpsertOAuthClient
{
    /// <summary>A secret; empty to keep the old one.</summary>
    public string? Secret { get; init; }

    /// <summary>The display name.</summary>
    public string? Name { get; init; }

    /// <summary>The application's home page.</summary>
    public string? HomepageUrl { get; init; }

    /// <summary>The addresses that users may be redirected to.</summary>
    public IReadOnlyList<string>? RedirectUris { get; init; }

    /// <summary>The scopes that the application may request.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>Further properties of the application.</summary>
    public AdminOAuthClientProps? Props { get; init; }

    /// <summary>True if the client may be used.</summary>
    public bool? IsEnabled { get; init; }

    /// <summary>Reads the change.</summary>
    public OAuthClientChange Read() => new()
    {
        Secret = Secret,
        Name = Name,
        HomepageUrl = HomepageUrl,
        RedirectUris = RedirectUris,
        Scopes = Scopes,
        Description = Props?.Description,
        Icon = Props?.Icon,
        RefreshSeconds = Props?.RefreshTokenTtl,
        IsEnabled = IsEnabled,
    };
}

namespace Cloudreve.Functions.Api.Session.OAuth;

/// <summary>The user's data for an application (OpenID Connect Core, 5.1).</summary>
/// <param name="Sub">The user's encoded id.</param>
internal sealed record UserInfoResponse(string Sub)
{
    /// <summary>The display name.</summary>
    public string? Name { get; init; }

    /// <summary>The same.</summary>
    public string? PreferredUsername { get; init; }

    /// <summary>The address of the user's picture.</summary>
    public string? Picture { get; init; }

    /// <summary>The time the account was last changed, in Unix seconds.</summary>
    public long? UpdatedAt { get; init; }

    /// <summary>The mail address.</summary>
    public string? Email { get; init; }

    /// <summary>True if the site has verified that the address belongs to the user.</summary>
    public bool? EmailVerified { get; init; }
}

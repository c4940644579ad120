namespace Cloudreve.Functions.Api.Session.OAuth;

/// <summary>What an application learns of the user (OpenID Connect Core, 5.1).</summary>
/// <param name="Sub">The user's encoded id.</param>
internal sealed record UserInfoResponse(string Sub)
{
    /// <summary>What others see.</summary>
    public string? Name { get; init; }

    /// <summary>The same.</summary>
    public string? PreferredUsername { get; init; }

    /// <summary>The address of the user's picture.</summary>
    public string? Picture { get; init; }

    /// <summary>When the account was last changed, in unix seconds.</summary>
    public long? UpdatedAt { get; init; }

    /// <summary>The mail address.</summary>
    public string? Email { get; init; }

    /// <summary>True if the site has verified that the address belongs to the user.</summary>
    public bool? EmailVerified { get; init; }
}

namespace Cloudreve.Functions.Api.Session.OAuth;

/// <summary>An application that requests access.</summary>
/// <param name="Id">Its public id.</param>
/// <param name="Name">The display name.</param>
internal sealed record OAuthAppResponse(string Id, string Name)
{
    /// <summary>Its home page.</summary>
    public string? HomepageUrl { get; init; }

    /// <summary>The description shown to users.</summary>
    public string? Description { get; init; }

    /// <summary>The address of its picture.</summary>
    public string? Icon { get; init; }

    /// <summary>The scopes that the caller has granted it before.</summary>
    public IReadOnlyList<string> ConsentedScopes { get; init; } = [];
}

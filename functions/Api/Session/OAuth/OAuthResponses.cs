using System.Text.Json.Serialization;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Session.OAuth;

/// <summary>An application that asks for access.</summary>
/// <param name="Id">Its public id.</param>
/// <param name="Name">What users read.</param>
internal sealed record OAuthAppResponse(string Id, string Name)
{
    /// <summary>Its home page.</summary>
    public string? HomepageUrl { get; init; }

    /// <summary>What users read about it.</summary>
    public string? Description { get; init; }

    /// <summary>The address of its picture.</summary>
    public string? Icon { get; init; }

    /// <summary>What the caller granted it before.</summary>
    public IReadOnlyList<string> ConsentedScopes { get; init; } = [];
}

/// <summary>The body of a consent.</summary>
/// <param name="ClientId">The application.</param>
/// <param name="ResponseType">code.</param>
/// <param name="RedirectUri">Where the user is sent back to.</param>
/// <param name="Scope">What it asks for, separated by spaces.</param>
/// <param name="State">Comes back as it is.</param>
/// <param name="CodeChallenge">The challenge of PKCE.</param>
/// <param name="CodeChallengeMethod">S256.</param>
internal sealed record ConsentRequest(
    string ClientId, string ResponseType, string RedirectUri, string Scope, string? State = null, string? CodeChallenge = null,
    string? CodeChallengeMethod = null);

/// <summary>The answer to a consent.</summary>
/// <param name="Code">What the application exchanges.</param>
/// <param name="State">What it sent.</param>
internal sealed record ConsentResponse(string Code, string State);

/// <summary>Tokens of an application (RFC 6749, 5.1).</summary>
/// <param name="AccessToken">Access token.</param>
/// <param name="TokenType">Bearer.</param>
/// <param name="ExpiresIn">Seconds until its end.</param>
/// <param name="Scope">What it allows, separated by spaces.</param>
internal sealed record OAuthTokenResponse(string AccessToken, string TokenType, long ExpiresIn, string Scope)
{
    /// <summary>Refresh token; only with offline access.</summary>
    public string? RefreshToken { get; init; }

    /// <summary>Seconds until its end; only with offline access.</summary>
    public long? RefreshTokenExpiresIn { get; init; }
}

/// <summary>An exchange that failed (RFC 6749, 5.2).</summary>
/// <param name="Error">The error's code.</param>
/// <param name="ErrorDescription">What a developer reads.</param>
/// <param name="ErrorCodes">Codes of the API.</param>
/// <param name="CorrelationId">The id of the request.</param>
internal sealed record OAuthErrorResponse(string Error, string ErrorDescription, IReadOnlyList<int> ErrorCodes, string CorrelationId);

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

    /// <summary>Whether the site made sure that the address is the user's.</summary>
    public bool? EmailVerified { get; init; }
}

/// <summary>JSON of the group.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ConsentRequest))]
[JsonSerializable(typeof(ApiResponse<OAuthAppResponse>))]
[JsonSerializable(typeof(ApiResponse<ConsentResponse>))]
[JsonSerializable(typeof(OAuthTokenResponse))]
[JsonSerializable(typeof(OAuthErrorResponse))]
[JsonSerializable(typeof(UserInfoResponse))]
internal sealed partial class OAuthJsonContext : JsonSerializerContext;

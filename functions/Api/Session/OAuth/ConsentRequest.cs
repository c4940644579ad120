namespace Cloudreve.Functions.Api.Session.OAuth;

/// <summary>The body of a consent.</summary>
/// <param name="ClientId">The application.</param>
/// <param name="ResponseType">code.</param>
/// <param name="RedirectUri">The address that the user is redirected to.</param>
/// <param name="Scope">The scopes that it requests, separated by spaces.</param>
/// <param name="State">Comes back as it is.</param>
/// <param name="CodeChallenge">The challenge of PKCE.</param>
/// <param name="CodeChallengeMethod">S256.</param>
internal sealed record ConsentRequest(
    string ClientId, string ResponseType, string RedirectUri, string Scope, string? State = null, string? CodeChallenge = null,
    string? CodeChallengeMethod = null);

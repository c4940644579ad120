using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Session;

/// <summary>Refreshing and revoking tokens (contract, section 5).</summary>
internal sealed class TokenFunctions(TokenIssuer tokens, OpenIdSignIn openId)
{
    /// <summary>Exchanges a refresh token for a new pair.</summary>
    [Function("RefreshToken")]
    [Requires(AuthClass.None)]
    [NeverStored]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<TokenResponse>]
    public async Task<IResult> RefreshAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/session/token/refresh")] HttpRequest request,
        [JsonBody] RefreshTokenRequest body, CancellationToken cancellationToken) =>
        ApiResponse.Ok(TokenResponse.Of(await tokens.RefreshAsync(body.RefreshToken, cancellationToken)));

    /// <summary>Signs out; after a sign-in with an identity provider it returns the address that signs out there as well.</summary>
    [Function("SignOut")]
    [Requires(AuthClass.None)]
    [NeverStored]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<string>]
    public async Task<IResult> SignOutAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v4/session/token")] HttpRequest request,
        [JsonBody] RefreshTokenRequest body, ApiCall call, CancellationToken cancellationToken) =>
        ApiResponse.Ok(await tokens.RevokeAsync(body.RefreshToken, cancellationToken) is { } provider
            ? await openId.SignOutAddressAsync(call.Site, provider, SiteUrls.Base(request.HttpContext, call.Site, primary: false), cancellationToken)
            : "");
}

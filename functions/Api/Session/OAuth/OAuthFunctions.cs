using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Text;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Session.OAuth;

/// <summary>
/// Applications and their users at the site as an OAuth provider (contract, section 7). A grant must not help an application
/// to more rights, so consent is for the site's own clients alone.
/// </summary>
internal sealed class OAuthFunctions(OAuthClients clients, OAuthGrants grants, OAuthCodes codes)
{
    private const int MaxState = 4096;
    private const int MaxChallenge = 255;

    /// <summary>Describes an application to the user who is asked for consent.</summary>
    [Function("GetOAuthApp")]
    [Requires(AuthClass.Optional)]
    [Answers<OAuthAppResponse>]
    public async Task<IResult> GetAppAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/session/oauth/app/{appId}")] HttpRequest request,
        string appId, ApiCall call, CancellationToken cancellationToken)
    {
        var client = await clients.GetEnabledAsync(appId, cancellationToken);
        var grant = call.Caller.IsAnonymous ? null : await grants.FindAsync(call.Caller.UserId, client.ClientId, cancellationToken);
        return ApiResponse.Ok(new OAuthAppResponse(client.ClientId.ToString("D"), client.Name)
        {
            HomepageUrl = NullIfEmpty(client.HomepageUrl),
            Description = NullIfEmpty(client.Description),
            Icon = NullIfEmpty(client.Icon),
            ConsentedScopes = grant?.Scopes ?? [],
        });
    }

    /// <summary>Grants an application the requested scopes, and returns the authorization code.</summary>
    [Function("ConsentOAuthApp")]
    [Requires(AuthClass.Required, LiveSignIn = true)]
    [NeverStored]
    [Charges(ClientBudget.Ceremonies)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<ConsentResponse>]
    public async Task<IResult> ConsentAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/session/oauth/consent")] HttpRequest request,
        [JsonBody] ConsentRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var client = await clients.GetEnabledAsync(body.ClientId, cancellationToken);
        var scopes = body.Scope.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
        if (body.ResponseType != "code" || body.State?.CountCharacters() > MaxState)
            throw Malformed("The response type must be code, and the state must not exceed 4,096 characters.");
        if (!client.AllowsRedirect(body.RedirectUri, SiteUrls.Base(request.HttpContext, call.Site, primary: false)))
            throw Malformed("The redirect URI is not registered for this application.");
        if (!scopes.Contains(OAuthScopes.OpenId) || !scopes.All(client.Scopes.Contains))
            throw Malformed("The scopes must include openid and be allowed for the application.");
        var code = await codes.GrantAsync(
            call.Caller.RequireUser(), call.Caller.Session, new OAuthConsent(client, body.RedirectUri, scopes, ReadChallenge(body, client)), cancellationToken);
        return ApiResponse.Ok(new ConsentResponse(code, body.State ?? ""));
    }

    /// <summary>Returns an application's data about the user who granted it access (OpenID Connect Core, 5.3).</summary>
    [Function("GetOAuthUserInfo")]
    [Requires(AuthClass.Required, OAuthScopes.OpenId)]
    [NeverStored]
    [Answers<UserInfoResponse>(IsBare = true)]
    public static IResult GetUserInfo(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/session/oauth/userinfo")] HttpRequest request, ApiCall call)
    {
        var user = call.Caller.RequireUser();
        var id = call.Site.HashIds.Encode(user.Id, HashIdKind.User);
        var answer = new UserInfoResponse(id);
        if (call.Caller.Holds(OAuthScopes.Profile))
        {
            answer = answer with
            {
                Name = user.Nick,
                PreferredUsername = user.Nick,
                Picture = $"{SiteUrls.Base(request.HttpContext, call.Site, primary: false)}{ApiPaths.Prefix}/user/avatar/{id}",
                UpdatedAt = user.UpdatedAt.ToUnixTimeSeconds(),
            };
        }
        if (call.Caller.Holds(OAuthScopes.Email))
            answer = answer with { Email = user.Email, EmailVerified = user.IsEmailVerified };
        return Results.Json(answer, ApiJson.Options);
    }

    /// <summary>Withdraws the caller's grant to an application.</summary>
    [Function("RevokeOAuthGrant")]
    [Requires(AuthClass.Required, OAuthScopes.UserSecurityInfoWrite, LiveSignIn = true)]
    [BodyLimit(BodyLimitAttribute.None)]
    public async Task<IResult> RevokeAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v4/session/oauth/grant/{appId}")] HttpRequest request,
        string appId, ApiCall call, CancellationToken cancellationToken) =>
        Guid.TryParseExact(appId, "D", out var id) && await grants.WithdrawAsync(call.Caller.UserId, id, cancellationToken)
            ? ApiResponse.Ok()
            : throw new CloudreveException(ErrorCode.NotFound, "The application has not been granted access.");

    private static string? ReadChallenge(ConsentRequest request, OAuthClient client) => request switch
    {
        { CodeChallenge: null or "", CodeChallengeMethod: null or "" } when !client.NeedsCodeChallenge => null,
        { CodeChallenge: { Length: > 0 and <= MaxChallenge } challenge, CodeChallengeMethod: "S256" } => challenge,
        _ => throw Malformed("A code challenge with method S256 is required."),
    };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    private static CloudreveException Malformed(string message) => new(ErrorCode.BadParameter, message);
}

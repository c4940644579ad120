using Cloudreve.Core.Errors;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Identity.OAuth;
using Cloudreve.Functions.Api.Edge;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Cloudreve.Functions.Api.Session.OAuth;

/// <summary>The site as an OAuth provider (contract, section 7).</summary>
internal static class OAuthEndpoints
{
    private const int MaxState = 4096;
    private const int MaxChallenge = 255;

    /// <summary>Maps the endpoints.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapOAuthEndpoints(this IEndpointRouteBuilder api)
    {
        // What an application was granted must not help it to more: consent is for the site's own clients alone.
        api.MapGet("/session/oauth/app/{appId}", GetAppAsync).WithName("GetOAuthApp").Auth(AuthClass.Optional);
        api.MapPost("/session/oauth/consent", ConsentAsync).WithName("ConsentOAuthApp").Auth(AuthClass.Required);
        api.MapPost("/session/oauth/token", ExchangeAsync).WithName("ExchangeOAuthToken").Auth(AuthClass.None);
        api.MapGet("/session/oauth/userinfo", GetUserInfo).WithName("GetOAuthUserInfo").Auth(AuthClass.Required, OAuthScopes.OpenId);
        api.MapDelete("/session/oauth/grant/{appId}", RevokeAsync).WithName("RevokeOAuthGrant").Auth(AuthClass.Required, OAuthScopes.UserSecurityInfoWrite);
    }

    private static async Task<ApiResponse<OAuthAppResponse>> GetAppAsync(
        string appId, ApiCall call, OAuthClients clients, OAuthGrants grants, CancellationToken cancellationToken)
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

    private static async Task<ApiResponse<ConsentResponse>> ConsentAsync(
        ConsentRequest request, ApiCall call, HttpContext http, OAuthClients clients, OAuthCodes codes, CancellationToken cancellationToken)
    {
        var client = await clients.GetEnabledAsync(request.ClientId, cancellationToken);
        var scopes = request.Scope.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
        if (request.ResponseType != "code" || request.State?.Length > MaxState)
            throw Malformed("The response type must be code, and the state not too long.");
        if (!client.AllowsRedirect(request.RedirectUri, SiteUrls.Base(http, call.Site, primary: false)))
            throw Malformed("The application does not have this redirect address.");
        if (!scopes.Contains(OAuthScopes.OpenId) || !scopes.All(client.Scopes.Contains))
            throw Malformed("The scopes must include openid, and be some of the application's.");
        var code = await codes.GrantAsync(
            call.Caller.RequireUser(), new OAuthConsent(client, request.RedirectUri, scopes, ReadChallenge(request, client)), cancellationToken);
        return ApiResponse.Ok(new ConsentResponse(code, request.State ?? ""));
    }

    private static string? ReadChallenge(ConsentRequest request, OAuthClient client) => request switch
    {
        { CodeChallenge: null or "", CodeChallengeMethod: null or "" } when !client.NeedsCodeChallenge => null,
        { CodeChallenge: { Length: > 0 and <= MaxChallenge } challenge, CodeChallengeMethod: "S256" } => challenge,
        _ => throw Malformed("A code challenge of the method S256 is needed."),
    };

    private static async Task<Results<JsonHttpResult<OAuthTokenResponse>, JsonHttpResult<OAuthErrorResponse>>> ExchangeAsync(
        HttpContext http, OAuthCodes codes, TimeProvider clock, CancellationToken cancellationToken)
    {
        http.Response.Headers.CacheControl = "no-store";
        try
        {
            var granted = await codes.ExchangeAsync(await ReadAsync(http, cancellationToken), cancellationToken);
            var now = clock.GetUtcNow();
            var (tokens, scope) = (granted.Tokens, string.Join(' ', granted.Scopes.Order(StringComparer.Ordinal)));
            return TypedResults.Json(
                new OAuthTokenResponse(tokens.AccessToken, "Bearer", (long)(tokens.AccessExpires - now).TotalSeconds, scope)
                {
                    RefreshToken = granted.MayRefresh ? tokens.RefreshToken : null,
                    RefreshTokenExpiresIn = granted.MayRefresh ? (long)(tokens.RefreshExpires - now).TotalSeconds : null,
                },
                OAuthJsonContext.Default.OAuthTokenResponse);
        }
        catch (OAuthException e)
        {
            return TypedResults.Json(
                new OAuthErrorResponse(e.Error, e.Message, [(int)ErrorCode.CredentialInvalid], http.TraceIdentifier),
                OAuthJsonContext.Default.OAuthErrorResponse, statusCode: StatusCodes.Status400BadRequest);
        }
    }

    private static JsonHttpResult<UserInfoResponse> GetUserInfo(ApiCall call, HttpContext http)
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
                Picture = $"{SiteUrls.Base(http, call.Site, primary: false)}{ApiEdge.Prefix}/user/avatar/{id}",
                UpdatedAt = user.UpdatedAt.ToUnixTimeSeconds(),
            };
        }
        if (call.Caller.Holds(OAuthScopes.Email))
            answer = answer with { Email = user.Email, EmailVerified = user.IsEmailVerified };
        return TypedResults.Json(answer, OAuthJsonContext.Default.UserInfoResponse);
    }

    private static async Task<ApiResponse<string>> RevokeAsync(string appId, ApiCall call, OAuthGrants grants, CancellationToken cancellationToken) =>
        Guid.TryParseExact(appId, "D", out var id) && await grants.WithdrawAsync(call.Caller.UserId, id, cancellationToken)
            ? ApiResponse.Ok()
            : throw new CloudreveException(ErrorCode.NotFound, "The application has no access.");

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    private static CloudreveException Malformed(string message) => new(ErrorCode.BadParameter, message);

    private static async Task<OAuthExchange> ReadAsync(HttpContext http, CancellationToken cancellationToken)
    {
        if (!http.Request.HasFormContentType)
            throw new OAuthException("invalid_request", "The body must be a form.");
        IFormCollection form;
        try
        {
            form = await http.Request.ReadFormAsync(cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataException or BadHttpRequestException)
        {
            throw new OAuthException("invalid_request", "The form is malformed.");
        }
        return One(form, "grant_type") == "authorization_code"
            ? new OAuthExchange(One(form, "client_id"), One(form, "client_secret"), One(form, "code"), One(form, "code_verifier"), One(form, "redirect_uri"))
            : throw new OAuthException("unsupported_grant_type", "The grant type must be authorization_code; tokens are refreshed elsewhere.");
    }

    // RFC 6749, 3.2: a parameter must not come twice.
    private static string? One(IFormCollection form, string name) => form[name] switch
    {
        { Count: 0 } => null,
        { Count: 1 } values => values[0],
        _ => throw new OAuthException("invalid_request", "A parameter comes twice."),
    };
}

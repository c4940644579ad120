using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Session.OAuth;

/// <summary>The token endpoint of the site as an OAuth provider (RFC 6749, 3.2; contract, section 7).</summary>
internal sealed class OAuthTokenFunctions(OAuthCodes codes, TimeProvider clock)
{
    /// <summary>Exchanges an authorization code for tokens.</summary>
    [Function("ExchangeOAuthToken")]
    [Requires(AuthClass.None)]
    [NeverStored]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Consumes("application/x-www-form-urlencoded")]
    [Answers<OAuthTokenResponse>(IsBare = true)]
    [OAuthFailures]
    public async Task<IResult> ExchangeAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/session/oauth/token")] HttpRequest request,
        CancellationToken cancellationToken)
    {
        var http = request.HttpContext;
        try
        {
            var granted = await codes.ExchangeAsync(await ReadAsync(request, cancellationToken), cancellationToken);
            return Results.Json(Describe(granted), ApiJson.Options);
        }
        catch (OAuthException e)
        {
            return Results.Json(
                new OAuthErrorResponse(e.Error, e.Message, [(int)ErrorCode.CredentialInvalid], http.TraceIdentifier),
                ApiJson.Options, statusCode: StatusCodes.Status400BadRequest);
        }
    }

    private OAuthTokenResponse Describe(OAuthTokens granted)
    {
        var now = clock.GetUtcNow();
        var (tokens, scope) = (granted.Tokens, string.Join(' ', granted.Scopes.Order(StringComparer.Ordinal)));
        return new OAuthTokenResponse(tokens.AccessToken, "Bearer", (long)(tokens.AccessExpires - now).TotalSeconds, scope)
        {
            RefreshToken = granted.MayRefresh ? tokens.RefreshToken : null,
            RefreshTokenExpiresIn = granted.MayRefresh ? (long)(tokens.RefreshExpires - now).TotalSeconds : null,
        };
    }

    private static async Task<OAuthExchange> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasFormContentType)
            throw new OAuthException("invalid_request", "The request body must be a form.");
        IFormCollection form;
        try
        {
            form = await request.ReadFormAsync(cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataException or BadHttpRequestException)
        {
            throw new OAuthException("invalid_request", "The form is malformed.");
        }
        return One(form, "grant_type") == "authorization_code"
            ? new OAuthExchange(One(form, "client_id"), One(form, "client_secret"), One(form, "code"), One(form, "code_verifier"), One(form, "redirect_uri"))
            : throw new OAuthException("unsupported_grant_type", "The grant type must be authorization_code; tokens are refreshed elsewhere.");
    }

    // RFC 6749, 3.2: a parameter must not be repeated.
    private static string? One(IFormCollection form, string name) => form[name] switch
    {
        { Count: 0 } => null,
        { Count: 1 } values => values[0],
        _ => throw new OAuthException("invalid_request", "A parameter is given more than once."),
    };
}

using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Session.OAuth;

/// <summary>Failures of the token endpoint, in the form of RFC 6749, 5.2.</summary>
internal sealed class OAuthFailuresAttribute : FailureFormAttribute
{
    /// <inheritdoc/>
    public override IResult Describe(HttpContext http, ErrorCode code, string message)
    {
        http.Response.Headers.CacheControl = "no-store";
        var isOurs = code is ErrorCode.UnsetError or ErrorCode.DatabaseError;
        return Results.Json(
            new OAuthErrorResponse(isOurs ? "server_error" : "invalid_request", message, [(int)code], http.TraceIdentifier), ApiJson.Options,
            statusCode: isOurs ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status400BadRequest);
    }
}

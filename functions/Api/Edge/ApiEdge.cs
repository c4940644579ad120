using Cloudreve.Core.Errors;
using Microsoft.AspNetCore.Http.Metadata;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>What all API paths share.</summary>
internal static class ApiEdge
{
    /// <summary>What the paths of the API start with.</summary>
    public const string Prefix = "/api/v4";

    /// <summary>The largest JSON body, in bytes.</summary>
    public const long MaxJsonBody = 4 * 1024 * 1024;

    private const string CorrelationHeader = "X-Cr-Correlation-Id";

    /// <summary>Whether a request is one of the API.</summary>
    /// <param name="context">The request.</param>
    public static bool IsApi(HttpContext context) => context.Request.Path.StartsWithSegments(Prefix, StringComparison.Ordinal);

    /// <summary>Gives the request its id and the answer the headers of the API.</summary>
    /// <param name="context">The request.</param>
    /// <param name="next">The rest of the pipeline.</param>
    public static Task SetHeadersAsync(HttpContext context, RequestDelegate next)
    {
        context.TraceIdentifier =
            Guid.TryParseExact(context.Request.Headers[CorrelationHeader], "D", out var id) ? id.ToString() : Guid.NewGuid().ToString();
        if (IsApi(context))
        {
            context.Response.Headers.CacheControl = "private, no-cache";
            context.Response.Headers.XContentTypeOptions = "nosniff";
        }
        return next(context);
    }

    /// <summary>
    /// Answers 404 where the API has no such route or method, as a Functions host does, and refuses a body that is no JSON
    /// with an envelope where the framework has a bare status.
    /// </summary>
    /// <param name="context">The request, routed.</param>
    /// <param name="next">The rest of the pipeline.</param>
    /// <exception cref="CloudreveException">40001: the body is not of a type that the route takes.</exception>
    public static async Task RefuseUnknownRoutesAsync(HttpContext context, RequestDelegate next)
    {
        if (IsApi(context) && context.GetEndpoint() is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        await next(context);
        // Routing picks an endpoint without a pattern for a path that exists with another method or content type.
        if (!IsApi(context) || context.GetEndpoint() is RouteEndpoint)
            return;
        switch (context.Response.StatusCode)
        {
            case StatusCodes.Status405MethodNotAllowed:
                context.Response.Headers.Allow = default;
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
            case StatusCodes.Status415UnsupportedMediaType:
                throw new CloudreveException(ErrorCode.BadParameter, "The body must be JSON.");
            default:
                break;
        }
    }
}

/// <summary>Limits the body of an endpoint; the routing middleware applies it.</summary>
/// <param name="MaxRequestBodySize">In bytes; null for no limit of the endpoint's own.</param>
internal sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;

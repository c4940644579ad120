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

    /// <summary>Answers 404 where the API has no such route or method, as a Functions host does.</summary>
    /// <param name="context">The request, routed.</param>
    /// <param name="next">The rest of the pipeline.</param>
    public static Task RefuseUnknownRoutesAsync(HttpContext context, RequestDelegate next)
    {
        // A path that exists with another method is routed to an endpoint without a pattern that would answer 405.
        if (!IsApi(context) || context.GetEndpoint() is RouteEndpoint)
            return next(context);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}

/// <summary>Limits the body of an endpoint; the routing middleware applies it.</summary>
/// <param name="MaxRequestBodySize">In bytes; null for no limit of the endpoint's own.</param>
internal sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;

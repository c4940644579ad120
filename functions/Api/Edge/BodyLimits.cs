using Cloudreve.Core.Infrastructure.Errors;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>
/// Applies <see cref="BodyLimitAttribute"/>: a body that announces more is refused before it is read, one without a length once it
/// passes the limit. Bodies that arrive too slowly are given up (<see cref="PacedBody"/>).
/// </summary>
internal sealed class BodyLimits(HttpFunctions functions, TimeProvider clock) : IFunctionsWorkerMiddleware
{
    /// <inheritdoc/>
    public Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        var http = context.GetHttpContext()!;
        var limit = functions.Of(context).BodyLimit;
        // A body that no function reads is ignored, up to the general limit.
        if (limit == BodyLimitAttribute.None)
            limit = BodyLimitAttribute.Json;
        if (http.Request.ContentLength > limit)
            throw new CloudreveException(ErrorCode.BadParameter, "The request body is too large.");
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = limit;
        http.Request.Body = new PacedBody(http.Request.Body, clock);
        return next(context);
    }
}

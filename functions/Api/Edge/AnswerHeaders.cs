using Cloudreve.Functions.Startup;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>Gives each request its correlation id, and answers of the API their headers.</summary>
/// <param name="functions">What the functions declare.</param>
/// <param name="settings">Tells whether a developer runs the app, whose machine has other sites without TLS.</param>
internal sealed class AnswerHeaders(HttpFunctions functions, AppSettings settings) : IFunctionsWorkerMiddleware
{
    private const string CorrelationHeader = "X-Cr-Correlation-Id";

    /// <inheritdoc/>
    public Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        var http = context.GetHttpContext()!;
        http.TraceIdentifier = Guid.TryParseExact(http.Request.Headers[CorrelationHeader], "D", out var id) ? id.ToString() : Guid.NewGuid().ToString();
        if (!settings.IsDevelopment)
            http.Response.Headers.StrictTransportSecurity = "max-age=31536000";
        if (ApiPaths.IsApi(http))
        {
            http.Response.Headers.CacheControl = "private, no-cache";
            http.Response.Headers.XContentTypeOptions = "nosniff";
        }
        if (functions.Of(context).IsNeverStored)
            http.Response.Headers.CacheControl = "no-store";
        return next(context);
    }
}

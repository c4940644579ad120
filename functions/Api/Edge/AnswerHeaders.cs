using Cloudreve.Functions.Startup;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>Gives each request its correlation id, and sets the headers that most responses need.</summary>
/// <param name="functions">The declarations of the functions.</param>
/// <param name="settings">Determines whether a developer runs the app, whose machine has other sites without TLS.</param>
internal sealed class AnswerHeaders(HttpFunctions functions, AppSettings settings) : IFunctionsWorkerMiddleware
{
    // Responses are not pages unless they say so. Only frames of the site itself may hold one, such as the download of an archive.
    private const string NoPage = "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'self'";
    private const string CorrelationHeader = "X-Cr-Correlation-Id";

    /// <inheritdoc/>
    public Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        var http = context.GetHttpContext()!;
        http.TraceIdentifier = Guid.TryParseExact(http.Request.Headers[CorrelationHeader], "D", out var id) ? id.ToString() : Guid.NewGuid().ToString();
        var headers = http.Response.Headers;
        if (!settings.IsDevelopment)
            headers.StrictTransportSecurity = "max-age=31536000";
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = NoPage;
        // Addresses of share links hold their passwords, and map services ask for the site's origin.
        headers["Referrer-Policy"] = "strict-origin-when-cross-origin";
        if (functions.Of(context).IsNeverStored)
            headers.CacheControl = "no-store";
        else if (ApiPaths.IsApi(http))
            headers.CacheControl = "private, no-cache";
        return next(context);
    }
}

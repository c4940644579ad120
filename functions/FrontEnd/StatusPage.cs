using System.Security.Cryptography;
using System.Text;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Site;

namespace Cloudreve.Functions.FrontEnd;

/// <summary>
/// Shows at <c>/</c> what this app is and whether it works, if it serves no front end. Each view costs one storage transaction.
/// </summary>
/// <param name="layout">The storage whose health is shown.</param>
/// <param name="clock">Measures how long storage takes.</param>
internal sealed class StatusPage(StorageLayout layout, TimeProvider clock) : IFrontEnd
{
    private const string Style = """
        body { max-width: 40rem; margin: 4rem auto; padding: 0 1rem; font: 1rem/1.6 system-ui, sans-serif; color: #222; background: #fff }
        dt { font-weight: 600 } dd { margin: 0 0 .75rem } .ok { color: #17692f } .down { color: #b3261e }
        @media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 } a { color: #8ab4f8 } .ok { color: #7ccf92 } .down { color: #f2857d } }
        """;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private static readonly string s_contentSecurityPolicy =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <inheritdoc/>
    public async Task<IResult> AnswerAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.Path is { HasValue: true, Value: not "/" })
            return Results.NotFound();
        var isHealthy = await IsStorageReachableAsync(cancellationToken);
        var headers = request.HttpContext.Response.Headers;
        headers.ContentSecurityPolicy = s_contentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-store";
        return Results.Text(
            Write(isHealthy), "text/html", Encoding.UTF8, isHealthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private async Task<bool> IsStorageReachableAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            // No such row exists: any response will do, even that the site does not exist yet.
            await layout.Site.FindAsync("health", "health", either.Token).WaitAsync(either.Token);
            return true;
        }
        catch (StorageNotFoundException)
        {
            return true;
        }
        catch (StorageException)
        {
            return false;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return false;
        }
    }

    private static string Write(bool isHealthy) => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>Cloudreve.Functions</title>
        <style>{Style}</style>
        </head>
        <body>
        <h1>Cloudreve.Functions</h1>
        <p>A serverless implementation of the Cloudreve v4 API on Azure Functions. This address serves the API; it has no web front end of its own.</p>
        <dl>
        <dt>Version</dt><dd>{ProductVersion.Text}</dd>
        <dt>Storage</dt><dd>{(isHealthy ? """<span class="ok">reachable</span>""" : """<span class="down">not reachable</span>""")}</dd>
        <dt>Live check</dt><dd><a href="{ApiPaths.Prefix}/site/ping">{ApiPaths.Prefix}/site/ping</a></dd>
        <dt>API</dt><dd><a href="/docs">Reference</a>, <a href="/docs/openapi.json">OpenAPI description</a></dd>
        <dt>README</dt><dd>The README in the root of the app's repository explains how to run, configure and deploy it, which parts of the
        API it supports, and how to add the official web front end.</dd>
        </dl>
        </body>
        </html>
        """;
}

using System.Security.Cryptography;
using System.Text;

namespace Cloudreve.Functions.Api.Description;

/// <summary>The page at <c>/docs</c>. Everything that it loads comes from the app itself.</summary>
internal static class ReferencePage
{
    private const string Start = """
        Scalar.createApiReference('#reference', {
          url: 'docs/openapi.json', proxyUrl: '', withDefaultFonts: false, telemetry: false, hideClientButton: true,
          agent: { disabled: true }, mcp: { disabled: true }, showDeveloperTools: 'never'
        })
        """;

    private static readonly string s_contentSecurityPolicy =
        $"default-src 'none'; script-src 'self' 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Start)))}'; "
        + "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>The page.</summary>
    public static string Html { get; } = $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>API of Cloudreve.Functions</title>
        </head>
        <body>
        <div id="reference"></div>
        <noscript>The description for programs is at <a href="docs/openapi.json">docs/openapi.json</a>.</noscript>
        <script src="docs/scalar.js?v={ReferenceScript.Version}"></script>
        <script>{Start}</script>
        </body>
        </html>
        """;

    /// <summary>Sets what browsers may do with the page.</summary>
    /// <param name="headers">The answer's headers.</param>
    public static void SetHeaders(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = s_contentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-cache";
    }
}

using System.IO.Compression;
using Scalar.AspNetCore;

namespace Cloudreve.Functions.Api.Description;

/// <summary>
/// Scalar's script. Its package serves it through endpoint routing, which a Functions app does not have: the host routes. The script
/// is stored in the package's assembly, compressed, and is sent from there.
/// </summary>
internal static class ReferenceScript
{
    private const string Resource = "ScalarStaticAssets.scalar.js";

    /// <summary>The package's version; it makes addresses change with the content.</summary>
    public static string Version { get; } = typeof(ScalarOptions).Assembly.GetName().Version!.ToString(3);

    /// <summary>Sends the script, compressed for clients that accept that.</summary>
    public static IResult Answer(HttpRequest request)
    {
        var headers = request.HttpContext.Response.Headers;
        headers.CacheControl = "public, max-age=31536000, immutable";
        headers.XContentTypeOptions = "nosniff";
        headers.Vary = "Accept-Encoding";
        var script = typeof(ScalarOptions).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The package of Scalar has no {Resource}.");
        if (!request.GetTypedHeaders().AcceptEncoding.Any(coding => coding.Value == "gzip" && coding.Quality is not 0))
            return Results.Stream(new GZipStream(script, CompressionMode.Decompress), "text/javascript");
        headers.ContentEncoding = "gzip";
        return Results.Stream(script, "text/javascript");
    }
}

using System.Security.Cryptography;
using System.Text;
using Cloudreve.LocalHost.Workers;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Host.Config;

namespace Cloudreve.LocalHost.Jobs;

/// <summary>
/// The extensions' own HTTP endpoints. Only the blob extension's is open, to callers with its key: Event Grid delivers there.
/// The durable extension gets an address, without which it does not start, but nothing responds at it.
/// </summary>
/// <param name="address">The host's address for clients.</param>
/// <param name="key">The key, as the query parameter <c>code</c>.</param>
#pragma warning disable CS0618 // The SDK marks its webhook types as subject to change; there are no others.
internal sealed class Webhooks(Uri address, string key) : IWebHookProvider
#pragma warning restore CS0618
{
    /// <summary>The path at which the blob extension listens.</summary>
    public const string BlobsPath = "/runtime/webhooks/blobs";

    private IAsyncConverter<HttpRequestMessage, HttpResponseMessage>? _blobs;

    /// <summary>Gives an extension its address.</summary>
    public Uri GetUrl(IExtensionConfigProvider extension)
    {
        var isBlobs = extension.GetType().Name.StartsWith("Blobs", StringComparison.Ordinal);
        if (isBlobs)
            _blobs = extension as IAsyncConverter<HttpRequestMessage, HttpResponseMessage>;
        return isBlobs ? new Uri(address, $"{BlobsPath}?code={key}") : new Uri(address, "/runtime/webhooks/durabletask");
    }

    /// <summary>The address at which a function takes Event Grid's events; null for functions that accept none.</summary>
    public Uri? AddressFor(FunctionDefinition function) =>
        function.IsTriggeredBy("blobTrigger") && string.Equals(function.Setting("source"), "EventGrid", StringComparison.OrdinalIgnoreCase)
            ? new Uri(address, $"{BlobsPath}?functionName=Host.Functions.{function.Name}&code={key}")
            : null;

    /// <summary>Tests whether a path belongs to the extensions and to no function.</summary>
    public static bool Owns(PathString path) => path.StartsWithSegments("/runtime/webhooks", StringComparison.OrdinalIgnoreCase);

    /// <summary>Handles a request for an extension.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(context.Request.Query["code"].ToString()), Encoding.UTF8.GetBytes(key)))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }
        if (_blobs is null || !string.Equals(context.Request.Path, BlobsPath, StringComparison.OrdinalIgnoreCase))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        using var request = ToMessage(context.Request);
        using var response = await _blobs.ConvertAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static HttpRequestMessage ToMessage(HttpRequest request)
    {
        var uri = new UriBuilder(request.Scheme, request.Host.Host, request.Host.Port ?? 80, request.Path, request.QueryString.Value).Uri;
        var message = new HttpRequestMessage(new HttpMethod(request.Method), uri) { Content = new StreamContent(request.Body) };
        foreach (var (name, values) in request.Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
                message.Content.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        }
        return message;
    }
}

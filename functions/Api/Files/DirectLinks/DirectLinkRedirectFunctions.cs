using System.Globalization;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Sharing.DirectLinks;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Content;

namespace Cloudreve.Functions.Api.Files.DirectLinks;

/// <summary>Follows direct links (contract, section 15), which are not part of the API.</summary>
internal sealed class DirectLinkRedirectFunctions(DirectLinkTarget target, DirectLinkHits hits)
{
    /// <summary>Redirects to the content of a file.</summary>
    [Function("FollowDirectLink")]
    [Requires(AuthClass.None)]
    [Answers(StatusCodes.Status302Found)]
    public Task<IResult> FollowAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "f/{id}/{name}")] HttpRequest request, string id, string name, ApiCall call,
        CancellationToken cancellationToken) =>
        RedirectAsync(request, call, (id, name), isDownload: false, cancellationToken);

    /// <summary>Redirects to the content of a file for browsers to save.</summary>
    [Function("DownloadDirectLink")]
    [Requires(AuthClass.None)]
    [Answers(StatusCodes.Status302Found)]
    public Task<IResult> DownloadAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "f/d/{id}/{name}")] HttpRequest request, string id, string name, ApiCall call,
        CancellationToken cancellationToken) =>
        RedirectAsync(request, call, (id, name), isDownload: true, cancellationToken);

    /// <summary>Allows pages of other sites to follow direct links.</summary>
    [Function("OptionsDirectLink")]
    [Requires(AuthClass.None)]
    public static IResult Preflight([HttpTrigger(AuthorizationLevel.Anonymous, "options", Route = "f/{*path}")] HttpRequest request) =>
        new ContentPreflight();

    private async Task<IResult> RedirectAsync(
        HttpRequest request, ApiCall call, (string Id, string Name) link, bool isDownload, CancellationToken cancellationToken)
    {
        var headers = request.HttpContext.Response.Headers;
        headers.AccessControlAllowOrigin = "*";
        try
        {
            var siteBase = SiteUrls.Base(request.HttpContext, call.Site, primary: false);
            if (await target.FindAsync(call, siteBase, link.Id, link.Name, isDownload, cancellationToken) is not { } found)
                return Results.NotFound();
            // A HEAD request does not count as following the link.
            if (!HttpMethods.IsHead(request.Method))
                hits.Count(found.Link);
            headers.CacheControl = string.Create(CultureInfo.InvariantCulture, $"public, max-age={(long)found.Lifetime.TotalSeconds}");
            return Results.Redirect(found.Url);
        }
        catch (StorageException)
        {
            return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }
    }
}

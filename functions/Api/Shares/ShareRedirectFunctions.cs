using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Sharing;
using Cloudreve.Functions.Api.Edge;
using Microsoft.AspNetCore.Http.Extensions;

namespace Cloudreve.Functions.Api.Shares;

/// <summary>
/// Redirects the short address of a link to the page of the web front end (contract, section 17), without any request to storage. Programs that
/// render previews get a page of their own.
/// </summary>
internal sealed class ShareRedirectFunctions(SharedPlaces places, UserStore users)
{
    private const string Path = "path";

    /// <summary>Redirects to the page of a link.</summary>
    [Function("ShareShortLink")]
    [Requires(AuthClass.None)]
    [Answers(StatusCodes.Status302Found)]
    public Task<IResult> LeadAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "s/{id}")] HttpRequest request, string id, ApiCall call,
        CancellationToken cancellationToken) =>
        LeadWithPasswordAsync(request, id, "", call, cancellationToken);

    /// <summary>Redirects to the page of a link, with the link's password.</summary>
    [Function("ShareShortLinkPassword")]
    [Requires(AuthClass.None)]
    [NeverStored]
    [Answers(StatusCodes.Status302Found)]
    public async Task<IResult> LeadWithPasswordAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "s/{id}/{password}")] HttpRequest request, string id, string password, ApiCall call,
        CancellationToken cancellationToken) =>
        SocialPreview.IsWanted(request)
            ? await PreviewAsync(request, id, call, cancellationToken)
            : Results.Redirect("/home" + AddressOf(request.Query, id, password));

    private static QueryString AddressOf(IQueryCollection asked, string id, string password)
    {
        var below = asked[Path].ToString().Split('/', StringSplitOptions.RemoveEmptyEntries).Select(FileUri.Escape);
        var share = password.Length == 0 ? FileUri.Escape(id) : $"{FileUri.Escape(id)}:{FileUri.Escape(password)}";
        var query = new QueryBuilder { { Path, string.Join('/', below.Prepend($"cloudreve://{share}@share")) } };
        foreach (var (name, values) in asked.Where(pair => !string.Equals(pair.Key, Path, StringComparison.OrdinalIgnoreCase)))
            query.Add(name, values.OfType<string>());
        return query.ToQueryString();
    }

    private async Task<IResult> PreviewAsync(HttpRequest request, string id, ApiCall call, CancellationToken cancellationToken)
    {
        try
        {
            // Without the password: the page shows only what anybody may know.
            var link = await places.DescribeAsync(call.Caller, id, "", call.Site.HashIds, cancellationToken);
            var owner = await users.FindRecentAsync(link.Share.OwnerId, cancellationToken);
            var address = SharePresenter.AddressOf(call.Site, SiteUrls.Base(request.HttpContext, call.Site, primary: false), link.Share, withPassword: false);
            return Results.Content(SocialPreview.Write(call.Site, address, link, owner?.Nick), "text/html; charset=utf-8");
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.NotFound)
        {
            return Results.NotFound();
        }
    }
}

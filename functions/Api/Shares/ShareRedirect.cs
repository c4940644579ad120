using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Shares;
using Cloudreve.Functions.Api.Edge;
using Microsoft.AspNetCore.Http.Extensions;

namespace Cloudreve.Functions.Api.Shares;

/// <summary>
/// Leads the short address of a link to the page of the web front end (contract, section 17), which asks storage for nothing. Programs that draw
/// previews get a page of their own.
/// </summary>
internal static class ShareRedirect
{
    private const string Path = "path";

    /// <summary>Maps the addresses, which are no part of the API.</summary>
    /// <param name="app">The app.</param>
    public static void MapShareRedirects(this IEndpointRouteBuilder app)
    {
        app.MapGet("/s/{id}", LeadAsync).WithName("ShareShortLink").Auth(AuthClass.None);
        app.MapGet("/s/{id}/{password}", LeadWithPasswordAsync).WithName("ShareShortLinkPassword").Auth(AuthClass.None);
    }

    private static Task<IResult> LeadAsync(
        string id, ApiCall call, HttpContext http, SharedPlaces places, UserStore users, CancellationToken cancellationToken) =>
        LeadWithPasswordAsync(id, "", call, http, places, users, cancellationToken);

    private static async Task<IResult> LeadWithPasswordAsync(
        string id, string password, ApiCall call, HttpContext http, SharedPlaces places, UserStore users, CancellationToken cancellationToken) =>
        SocialPreview.IsWanted(http.Request)
            ? await PreviewAsync(id, call, http, places, users, cancellationToken)
            : Results.Redirect("/home" + AddressOf(http.Request.Query, id, password));

    private static QueryString AddressOf(IQueryCollection asked, string id, string password)
    {
        var below = asked[Path].ToString().Split('/', StringSplitOptions.RemoveEmptyEntries).Select(FileUri.Escape);
        var share = password.Length == 0 ? FileUri.Escape(id) : $"{FileUri.Escape(id)}:{FileUri.Escape(password)}";
        var query = new QueryBuilder { { Path, string.Join('/', below.Prepend($"cloudreve://{share}@share")) } };
        foreach (var (name, values) in asked.Where(pair => !string.Equals(pair.Key, Path, StringComparison.OrdinalIgnoreCase)))
            query.Add(name, values.OfType<string>());
        return query.ToQueryString();
    }

    private static async Task<IResult> PreviewAsync(
        string id, ApiCall call, HttpContext http, SharedPlaces places, UserStore users, CancellationToken cancellationToken)
    {
        try
        {
            if (!call.Site.HashIds.TryDecode(id, HashIdKind.Share, out var shareId))
                return Results.NotFound();
            // Without the password: what the page tells is what anybody may know.
            var link = await places.DescribeAsync(call.Caller, shareId, "", cancellationToken);
            var owner = await users.FindRecentAsync(link.Share.OwnerId, cancellationToken);
            var address = SharePresenter.AddressOf(call.Site, SiteUrls.Base(http, call.Site, primary: false), link.Share, withPassword: false);
            return Results.Content(SocialPreview.Write(call.Site, address, link, owner?.Nick), "text/html; charset=utf-8");
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.NotFound)
        {
            return Results.NotFound();
        }
    }
}

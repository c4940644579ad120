using Cloudreve.Core.FileSystem;
using Cloudreve.Functions.Api.Edge;
using Microsoft.AspNetCore.Http.Extensions;

namespace Cloudreve.Functions.Api.Shares;

/// <summary>Leads the short address of a link to the page of the web front end (contract, section 17). It asks storage for nothing.</summary>
internal static class ShareRedirect
{
    private const string Path = "path";

    /// <summary>Maps the addresses, which are no part of the API.</summary>
    /// <param name="app">The app.</param>
    public static void MapShareRedirects(this IEndpointRouteBuilder app)
    {
        app.MapGet("/s/{id}", (string id, HttpContext http) => Lead(http, id, "")).WithName("ShareShortLink").Auth(AuthClass.None);
        app.MapGet("/s/{id}/{password}", (string id, string password, HttpContext http) => Lead(http, id, password))
            .WithName("ShareShortLinkPassword").Auth(AuthClass.None);
    }

    private static IResult Lead(HttpContext http, string id, string password)
    {
        var below = http.Request.Query[Path].ToString().Split('/', StringSplitOptions.RemoveEmptyEntries).Select(FileUri.Escape);
        var owner = password.Length == 0 ? FileUri.Escape(id) : $"{FileUri.Escape(id)}:{FileUri.Escape(password)}";
        var query = new QueryBuilder { { Path, string.Join('/', below.Prepend($"cloudreve://{owner}@share")) } };
        foreach (var (name, values) in http.Request.Query.Where(pair => !string.Equals(pair.Key, Path, StringComparison.OrdinalIgnoreCase)))
            query.Add(name, values.OfType<string>());
        return Results.Redirect("/home" + query.ToQueryString());
    }
}

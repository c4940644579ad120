using Cloudreve.Core.Identity;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Site;

/// <summary>What clients ask about the site before they sign in.</summary>
internal static class SiteEndpoints
{
    /// <summary>Maps the group.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapSiteEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapGet("/site/ping", Ping).WithName("Ping").Auth(AuthClass.None);
        api.MapGet("/site/config/{section}", GetConfig).WithName("GetSiteSettings").Auth(AuthClass.Optional, OAuthScopes.Any);
    }

    /// <summary>Maps the web app's manifest, which lies outside the API's prefix.</summary>
    /// <param name="app">The app.</param>
    public static void MapWebManifest(this IEndpointRouteBuilder app) =>
        app.MapGet("/manifest.json", GetManifest).WithName("WebManifest").Auth(AuthClass.None);

    private static IResult GetManifest(ApiCall call) =>
        Results.Json(WebManifest.Of(call.Site), SiteJsonContext.Default.WebManifest, "application/manifest+json");

    private static ApiResponse<string> Ping() => ApiResponse.Ok(ProductVersion.Text);

    private static ApiResponse<SiteConfig> GetConfig(string section, ApiCall call) => ApiResponse.Ok(SiteConfig.Of(section, call));
}

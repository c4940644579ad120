using Cloudreve.Core.Captchas;
using Cloudreve.Core.Captchas.Pictures;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Site;
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
        api.MapGet("/site/captcha", GetCaptcha).WithName("GetCaptcha").Auth(AuthClass.None);
        api.MapPost("/site/abuse", ReportAbuseAsync).WithName("ReportAbuse").Auth(AuthClass.Optional, OAuthScopes.Any);
        api.MapGet("/site/config/{section}", GetConfig).WithName("GetSiteSettings").Auth(AuthClass.Optional, OAuthScopes.Any);
    }

    private static ApiResponse<CaptchaResponse> GetCaptcha(ApiCall call, PictureCaptcha captchas)
    {
        var challenge = captchas.Create(call.Site);
        return ApiResponse.Ok(new CaptchaResponse("data:image/png;base64," + Convert.ToBase64String(challenge.Image), challenge.Ticket));
    }

    private static async Task<ApiResponse<string>> ReportAbuseAsync(
        AbuseReportRequest request, ApiCall call, CaptchaGate captchas, AbuseReports reports, CancellationToken cancellationToken)
    {
        var report = request.Read(call);
        await captchas.PassAsync(call.Site, CaptchaSetting.OnAbuseReport, request.CaptchaAnswer(), cancellationToken);
        await reports.AddAsync(report, cancellationToken);
        return ApiResponse.Ok();
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

using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Captchas;
using Cloudreve.Core.Accounts.Captchas.Pictures;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Site;

/// <summary>The questions about the site that clients ask before they sign in.</summary>
internal sealed class SiteFunctions(PictureCaptcha pictures, CaptchaGate captchas, AbuseReports reports, SignInPressure pressure)
{
    /// <summary>Returns the product's version.</summary>
    [Function("Ping")]
    [Requires(AuthClass.None)]
    [Answers<string>]
    public static IResult Ping([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/v4/site/ping")] HttpRequest request) =>
        ApiResponse.Ok(ProductVersion.Text);

    /// <summary>Draws a captcha.</summary>
    [Function("GetCaptcha")]
    [Requires(AuthClass.None)]
    [NeverStored]
    [Charges(ClientBudget.CaptchaPictures)]
    [Answers<CaptchaResponse>]
    public IResult GetCaptcha([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/site/captcha")] HttpRequest request, ApiCall call)
    {
        var challenge = pictures.Create(call.Site);
        return ApiResponse.Ok(new CaptchaResponse("data:image/png;base64," + Convert.ToBase64String(challenge.Image), challenge.Ticket));
    }

    /// <summary>Accepts a report of abuse.</summary>
    [Function("ReportAbuse")]
    [Requires(AuthClass.Optional, OAuthScopes.Any)]
    [Charges(ClientBudget.AbuseReports)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> ReportAbuseAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/site/abuse")] HttpRequest request,
        [JsonBody] AbuseReportRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var report = body.Read(call);
        await captchas.PassAsync(call.Site, CaptchaSetting.OnAbuseReport, body.CaptchaAnswer(), cancellationToken);
        await reports.AddAsync(report, cancellationToken);
        return ApiResponse.Ok();
    }

    /// <summary>Returns a section of the site's configuration.</summary>
    [Function("GetSiteSettings")]
    [Requires(AuthClass.Optional, OAuthScopes.Any)]
    [Answers<SiteConfig>]
    public IResult GetConfig(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/site/config/{section}")] HttpRequest request, string section, ApiCall call) =>
        ApiResponse.Ok(SiteConfig.Of(section, call, pressure.IsHigh));

    /// <summary>Returns the web app's manifest, which is outside the API's prefix.</summary>
    [Function("WebManifest")]
    [Requires(AuthClass.None)]
    [Answers("application/manifest+json")]
    public static IResult GetManifest([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "manifest.json")] HttpRequest request, ApiCall call) =>
        Results.Json(WebManifest.Of(call.Site), ApiJson.Options, "application/manifest+json");
}

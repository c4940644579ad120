using System.Reflection;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Site.Summaries;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Site;

namespace Cloudreve.Functions.Api.Admin.Summary;

/// <summary>The administration's first page (contract, section 24).</summary>
internal sealed class AdminSummaryFunctions(SiteSummary summary)
{
    // Maximum number of characters that the dashboard has room for.
    private const int ShortCommit = 8;

    private static readonly string s_commit =
        typeof(AdminSummaryFunctions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+') is [_, { } commit, ..]
            ? commit[..Math.Min(commit.Length, ShortCommit)]
            : "";

    /// <summary>Returns the site's addresses and version, and its totals: those counted within a day, or counted now if requested.</summary>
    [Function("AdminSummary")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [QueryParameter<bool>("generate")]
    [Answers<AdminSummaryResponse>]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/admin/summary")] HttpRequest request,
        ApiCall call, CancellationToken cancellationToken)
    {
        var numbers = request.OptionalBoolean("generate") == true ? await summary.CountAsync(cancellationToken) : await summary.FindAsync(cancellationToken);
        return ApiResponse.Ok(new AdminSummaryResponse(
            [.. call.Site.Urls.Select(url => url.GetLeftPart(UriPartial.Authority))], new AdminVersionResponse(ProductVersion.Text, Pro: false, s_commit))
        {
            MetricsSummary = numbers is null ? null : AdminMetricsResponse.Of(numbers),
        });
    }
}

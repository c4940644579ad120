using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Site;

public sealed class AbuseReportTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_a_guest_and_a_user_when_they_report_then_the_reports_are_kept_with_who_it_was()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        var site = await app.GetSiteAsync();
        var share = site.HashIds.Encode(7, HashIdKind.Share);

        var byGuest = await app.CreateClient().PostApiAsync(
            "site/abuse", new { category = 0, description = "", share_id = share, file_uri = $"cloudreve://{share}:745@share" });
        var byAdmin = await (await app.SignInAsync()).PostApiAsync(
            "site/abuse", new { category = 3, description = "This user sucks.", user_id = site.HashIds.Encode(9, HashIdKind.User) });

        Assert.Equal((0, 0), (byGuest.Code, byAdmin.Code));
        var reports = await ReadAsync(app);
        Assert.Equal([1L, 0L], reports.Select(row => row.RequiredNumber("by")));
        Assert.Equal((9L, 3L, "This user sucks."), (reports[0].Number("user"), reports[0].Number("category"), reports[0].Text("description")));
        Assert.Equal((7L, $"cloudreve://{share}:745@share"), (reports[1].Number("share"), reports[1].Text("uri")));
    }

    [Theory]
    [InlineData("""{"category":4,"user_id":"USER"}""")]
    [InlineData("""{"category":-1,"user_id":"USER"}""")]
    [InlineData("""{"category":1.5,"user_id":"USER"}""")]
    [InlineData("""{"user_id":"USER"}""")]
    [InlineData("""{"category":0}""")]
    [InlineData("""{"category":0,"user_id":"bad id"}""")]
    [InlineData("""{"category":0,"share_id":"USER"}""")]
    [InlineData("""{"category":0,"user_id":"USER","file_uri":"https://example.com"}""")]
    [InlineData("""{"category":0,"user_id":"USER","description":"LONG"}""")]
    public async Task Given_a_bad_report_when_it_is_sent_then_it_is_a_bad_parameter_and_nothing_is_kept(string body)
    {
        await using var app = await AppFixture.StartAsync(azurite);
        var user = (await app.GetSiteAsync()).HashIds.Encode(9, HashIdKind.User);
        var filled = body.Replace("USER", user, StringComparison.Ordinal).Replace("LONG", new string('x', 513), StringComparison.Ordinal);

        Assert.Equal(40001, (await app.CreateClient().SendTextAsync(HttpMethod.Post, "site/abuse", filled)).Code);
        Assert.Empty(await ReadAsync(app));
    }

    [Fact]
    public async Task Given_a_site_that_demands_a_captcha_when_a_report_has_none_then_it_is_refused_and_not_kept()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        await app.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string> { ["abuse_report_captcha"] = "1" });

        var answer = await app.CreateClient().PostApiAsync("site/abuse", new { category = 0, user_id = (await app.GetSiteAsync()).HashIds.Encode(9, HashIdKind.User) });

        Assert.Equal(40026, answer.Code);
        Assert.Empty(await ReadAsync(app));
    }

    private static async Task<List<Row>> ReadAsync(AppFixture app)
    {
        var rows = new List<Row>();
        await foreach (var row in app.Layout.Reports.ScanAsync())
            rows.Add(row);
        return rows;
    }
}

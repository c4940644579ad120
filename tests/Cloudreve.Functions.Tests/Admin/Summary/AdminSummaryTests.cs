using System.Text.Json;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Files;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Functions.Tests.Admin.Summary;

/// <summary>The administration's first page (contract, section 24).</summary>
public sealed class AdminSummaryTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_a_site_when_its_numbers_are_requested_then_they_are_kept_for_a_day()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var app = await AppFixture.StartAsync(azurite, services => services.AddSingleton<TimeProvider>(clock));
        var admin = await app.SignInAsync();
        Assert.False((await admin.GetApiAsync("admin/summary")).Data.TryGetProperty("metrics_summary", out _));
        var (client, user) = await app.NewUserAsync();
        await app.PutContentAsync(client, user, "/a.txt", [1]);
        await app.PutContentAsync(client, user, "/b.txt", [1, 2]);
        await client.SendApiAsync(HttpMethod.Put, "share", new { uri = "cloudreve://my/a.txt" });

        var summary = (await admin.GetApiAsync("admin/summary?generate=true")).Data;

        var numbers = summary.GetProperty("metrics_summary");
        Assert.Equal(12, numbers.GetProperty("dates").GetArrayLength());
        Assert.Equal((2, 2, 1), (Today(numbers, "files"), Today(numbers, "users"), Today(numbers, "shares")));
        Assert.Equal(
            (2, 2, 1, 2),
            (numbers.GetProperty("file_total").GetInt64(), numbers.GetProperty("user_total").GetInt64(), numbers.GetProperty("share_total").GetInt64(), numbers.GetProperty("entities_total").GetInt64()));
        Assert.Equal((await app.GetSiteAsync()).Urls[0].GetLeftPart(UriPartial.Authority), summary.GetProperty("site_urls")[0].GetString());
        Assert.False(summary.GetProperty("version").GetProperty("pro").GetBoolean());
        Assert.Equal(numbers.GetRawText(), (await admin.GetApiAsync("admin/summary?generate=false")).Data.GetProperty("metrics_summary").GetRawText());
        clock.Advance(TimeSpan.FromHours(25));
        Assert.False((await (await app.SignInAsync()).GetApiAsync("admin/summary")).Data.TryGetProperty("metrics_summary", out _));
    }

    [Fact]
    public async Task Given_a_small_site_when_it_is_counted_then_it_costs_few_transactions()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        var (client, user) = await app.NewUserAsync();
        await app.PutContentAsync(client, user, "/a.txt", [1]);
        var admin = await app.SignInAsync();
        await admin.GetApiAsync("admin/summary?generate=true");

        Assert.InRange(await app.TransactionsOfAsync(() => admin.GetApiAsync("admin/summary?generate=true")), 10, 25);
        Assert.Equal(AdminCalls.SignInCheck + 1, await app.TransactionsOfAsync(() => admin.GetApiAsync("admin/summary")));
    }

    private static long Today(JsonElement numbers, string name) => numbers.GetProperty(name).EnumerateArray().Last().GetInt64();
}

using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Functions.Tests.Description;

/// <summary>The pages that show the description of the API.</summary>
public sealed class ApiReferenceTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_the_app_when_its_reference_is_opened_then_everything_comes_from_the_app_itself()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        using var client = new HttpClient { BaseAddress = app.Address };

        using var page = await client.GetAsync("/docs");
        var html = await page.Content.ReadAsStringAsync();
        var script = await client.GetStringAsync("/docs/scalar.js");
        var document = await client.GetFromJsonAsync<JsonObject>("/docs/openapi.json");

        Assert.Contains("docs/scalar.js?v=", html, StringComparison.Ordinal);
        Assert.DoesNotContain("://", html, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Contains("createApiReference", script, StringComparison.Ordinal);
        Assert.Equal("listFiles", (string?)document!["paths"]!["/api/v4/file"]!["get"]!["operationId"]);
    }

    [Fact]
    public async Task Given_a_browser_that_takes_compressed_content_when_it_loads_the_script_then_it_is()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        using var client = new HttpClient { BaseAddress = app.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/docs/scalar.js");
        request.Headers.AcceptEncoding.ParseAdd("gzip, br");

        using var answer = await client.SendAsync(request);

        Assert.Equal(["gzip"], answer.Content.Headers.ContentEncoding);
        Assert.Equal([0x1F, 0x8B], (await answer.Content.ReadAsByteArrayAsync())[..2]);
    }

    [Fact]
    public async Task Given_an_app_without_a_front_end_when_it_is_opened_then_the_reference_comes()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        using var client = new HttpClient { BaseAddress = app.Address };

        Assert.Contains("href=\"/docs\"", await client.GetStringAsync("/"), StringComparison.Ordinal);
    }
}

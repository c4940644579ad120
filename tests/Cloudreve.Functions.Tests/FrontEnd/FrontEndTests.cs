using System.Net;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Startup;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.FrontEnd;

/// <summary>A built front end that the app serves beside the API.</summary>
public sealed class FrontEndTests(AzuriteServer azurite) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("front-end").FullName;

    [Fact]
    public async Task Given_a_front_end_when_pages_files_and_the_api_are_requested_then_each_answers_for_itself()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "index.html"), "<title>{siteName}</title>{siteScript}");
        Directory.CreateDirectory(Path.Combine(_folder, "assets"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "assets", "a.js"), "1");
        await File.WriteAllTextAsync(_folder + ".secret", "not served");
        await using var app = await AppFixture.StartAsync(azurite, settings: new Dictionary<string, string?> { ["CLOUDREVE_FRONT_END"] = _folder });
        await app.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string> { ["siteName"] = "A & B" });
        using var client = new HttpClient { BaseAddress = app.Address };

        Assert.Equal("<title>A &amp; B</title>", await client.GetStringAsync("/"));
        Assert.Equal("<title>A &amp; B</title>", await client.GetStringAsync("/browse/deep?path=x"));
        Assert.Equal("<title>A &amp; B</title>", await client.GetStringAsync("/index.html"));
        using var script = await client.GetAsync("/assets/a.js");
        Assert.Equal(("1", "text/javascript"), (await script.Content.ReadAsStringAsync(), script.Content.Headers.ContentType!.MediaType));
        Assert.DoesNotContain("not served", await client.GetStringAsync($"/..%2f{Path.GetFileName(_folder)}.secret"), StringComparison.Ordinal);
        Assert.Contains("4.", await client.GetStringAsync("/api/v4/site/ping"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/api/v4/none")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/s")).StatusCode);
    }

    [Fact]
    public void Given_a_folder_without_a_page_when_settings_are_read_then_they_are_refused()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["AzureWebJobsStorage"] = azurite.ConnectionString,
            ["CLOUDREVE_FRONT_END"] = _folder,
        }).Build();

        Assert.Throws<SettingsException>(() => AppSettings.Read(configuration));
    }

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        File.Delete(_folder + ".secret");
    }
}

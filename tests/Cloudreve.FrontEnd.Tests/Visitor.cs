using System.Text.Json;
using Cloudreve.EndToEnd.Sites;
using Microsoft.Playwright;

namespace Cloudreve.FrontEnd.Tests;

/// <summary>
/// A visitor with a browser. Records every failed response of the API, and every error that the browser reports.
/// </summary>
internal sealed class Visitor : IAsyncDisposable
{
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;
    private readonly Lock _lock = new();
    private readonly List<string> _complaints = [];

    private Visitor(IPlaywright playwright, IBrowser browser, IPage page) => (_playwright, _browser, Page) = (playwright, browser, page);

    /// <summary>The browser's page.</summary>
    public IPage Page { get; }

    /// <summary>The errors so far.</summary>
    public IReadOnlyList<string> Complaints
    {
        get
        {
            lock (_lock)
                return [.. _complaints];
        }
    }

    /// <summary>Opens a browser on a site.</summary>
    public static async Task<Visitor> OpenAsync(Site site)
    {
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-dev-shm-usage"],
        });
        var page = await browser.NewPageAsync(new BrowserNewPageOptions
        {
            BaseURL = site.Address.AbsoluteUri,
            Locale = "en-US",
            ViewportSize = new ViewportSize { Width = 1400, Height = 900 },
        });
        var visitor = new Visitor(playwright, browser, page);
        page.Response += (_, response) => _ = visitor.JudgeAsync(response);
        page.PageError += (_, error) => visitor.Note(error);
        page.Console += (_, message) => visitor.Judge(message);
        return visitor;
    }

    /// <summary>Signs in as the site's administrator.</summary>
    public async Task SignInAsync()
    {
        await Page.GotoAsync("/session");
        await Page.FillAsync("#email", SiteClient.AdminEmail);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
        await Page.FillAsync("#password", SiteClient.AdminPassword);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await Page.WaitForURLAsync("**/home**");
    }

    /// <summary>Opens a page and waits until it has loaded what it shows.</summary>
    /// <param name="path">The page.</param>
    public async Task VisitAsync(string path)
    {
        await Page.GotoAsync(path);
        await Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }

    private async Task JudgeAsync(IResponse response)
    {
        var (method, url) = (response.Request.Method, new Uri(response.Url));
        // A user without a picture has none: the front end shows a letter instead.
        if (!url.AbsolutePath.StartsWith("/api/v4/", StringComparison.Ordinal) || url.AbsolutePath.Contains("/avatar/", StringComparison.Ordinal))
            return;
        if (response.Status >= 400)
            Note($"{method} {url.PathAndQuery}: HTTP {response.Status}");
        else if (response.Headers.GetValueOrDefault("content-type")?.Contains("json", StringComparison.Ordinal) == true)
            JudgeEnvelope($"{method} {url.PathAndQuery}", await response.TextAsync());
    }

    private void JudgeEnvelope(string request, string body)
    {
        using var envelope = JsonDocument.Parse(body);
        if (envelope.RootElement.TryGetProperty("code", out var code) && code.GetInt32() is not (0 or 203))
            Note($"{request}: {body}");
    }

    private void Judge(IConsoleMessage message)
    {
        // A failed request is judged as a response.
        if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            Note($"console: {message.Text}");
    }

    private void Note(string complaint)
    {
        lock (_lock)
            _complaints.Add(complaint);
    }
}

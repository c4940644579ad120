using System.Text.RegularExpressions;
using Cloudreve.EndToEnd.Sites;
using Microsoft.Playwright;
using Xunit;

namespace Cloudreve.FrontEnd.Tests;

/// <summary>The built official front end, whose folder <c>CLOUDREVE_TEST_FRONT_END</c> names, in front of the app.</summary>
public sealed class OfficialFrontEndTests(FrontEndSite front) : IClassFixture<FrontEndSite>, IAsyncLifetime
{
    private Visitor _visitor = null!;

    private Site Site => front.Site;

    public async ValueTask InitializeAsync()
    {
        _visitor = await Visitor.OpenAsync(Site);
        await _visitor.SignInAsync();
    }

    [Fact]
    public async Task Given_a_file_when_it_is_uploaded_and_shared_in_the_browser_then_a_guest_can_open_the_link()
    {
        var page = _visitor.Page;
        await page.GetByRole(AriaRole.Button, new() { Name = "New", Exact = true }).ClickAsync();
        var chooser = await page.RunAndWaitForFileChooserAsync(() => page.GetByRole(AriaRole.Menuitem, new() { Name = "Upload files" }).ClickAsync());
        await chooser.SetFilesAsync(new FilePayload { Name = "hello.txt", MimeType = "text/plain", Buffer = "hello"u8.ToArray() });
        await page.GetByText("Uploaded", new() { Exact = true }).WaitForAsync();
        await page.ReloadAsync();

        await page.GetByText("hello.txt").First.ClickAsync(new() { Button = MouseButton.Right });
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Share", Exact = true }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog).Last;
        await dialog.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^(?:OK|Create share link)$", RegexOptions.None, TimeSpan.FromSeconds(1)) }).ClickAsync();
        var link = await dialog.GetByRole(AriaRole.Textbox).First.InputValueAsync();

        await using var guest = await Visitor.OpenAsync(Site);
        await guest.VisitAsync(new Uri(link).PathAndQuery);
        await guest.Page.GetByText("hello.txt").First.WaitForAsync();
        Assert.Empty(_visitor.Complaints);
        Assert.Empty(guest.Complaints);
    }

    [Fact]
    public async Task Given_blobs_in_the_container_when_imported_in_the_dashboard_then_the_browser_shows_them()
    {
        await Site.WriteAsync(("photos/one.txt", "1"u8.ToArray()), ("photos/trip/two.txt", "2"u8.ToArray()));
        var page = _visitor.Page;
        await _visitor.VisitAsync("/admin/file");
        await page.GetByRole(AriaRole.Button, new() { Name = "Import", Exact = true }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByRole(AriaRole.Combobox).First.ClickAsync();
        await page.GetByRole(AriaRole.Option).First.ClickAsync();
        await dialog.GetByPlaceholder("/path/to/folder").FillAsync("photos");
        await dialog.GetByPlaceholder("Search user by name or email...").FillAsync("admin");
        await page.GetByText(SiteClient.AdminEmail).Last.ClickAsync();
        await dialog.GetByPlaceholder("/", new() { Exact = true }).FillAsync("/imported");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "OK" }).ClickAsync();
        await page.GetByText("Import task created").WaitForAsync();

        await Site.EventuallyAsync(async () => await FilesOfAsync("imported/trip") == 1);
        await _visitor.VisitAsync("/home?path=cloudreve%3A%2F%2Fmy%2Fimported");
        await page.GetByText("one.txt").First.WaitForAsync();
        await _visitor.VisitAsync("/tasks");
        await _visitor.VisitAsync("/admin/task");
        await page.GetByText("Import files").First.WaitForAsync();
        await page.GetByText("1000", new() { Exact = true }).ClickAsync();
        await page.GetByText("External import").WaitForAsync();
        Assert.Empty(_visitor.Complaints);
    }

    [Theory]
    [InlineData("/admin/home")]
    [InlineData("/admin/settings?tab=siteInformation")]
    [InlineData("/admin/settings?tab=userSession")]
    [InlineData("/admin/settings?tab=captcha")]
    [InlineData("/admin/settings?tab=mediaProcessing")]
    [InlineData("/admin/settings?tab=email")]
    [InlineData("/admin/settings?tab=queue")]
    [InlineData("/admin/settings?tab=appearance")]
    [InlineData("/admin/settings?tab=server")]
    [InlineData("/admin/settings?tab=vas")]
    [InlineData("/admin/settings?tab=events")]
    [InlineData("/admin/filesystem?tab=parameters")]
    [InlineData("/admin/filesystem?tab=fullTextSearch")]
    [InlineData("/admin/filesystem?tab=icon")]
    [InlineData("/admin/filesystem?tab=fileApp")]
    [InlineData("/admin/filesystem?tab=customProps")]
    [InlineData("/admin/policy")]
    [InlineData("/admin/policy/1")]
    [InlineData("/admin/group")]
    [InlineData("/admin/group/1")]
    [InlineData("/admin/node")]
    [InlineData("/admin/node/1")]
    [InlineData("/admin/oauth")]
    [InlineData("/admin/oauth/new")]
    [InlineData("/admin/user")]
    [InlineData("/admin/file")]
    [InlineData("/admin/blob")]
    [InlineData("/admin/task")]
    [InlineData("/admin/share")]
    [InlineData("/home")]
    [InlineData("/tasks")]
    [InlineData("/connect")]
    [InlineData("/downloads")]
    [InlineData("/shares")]
    [InlineData("/settings")]
    public async Task Given_an_administrator_when_a_page_is_opened_then_nothing_fails(string path)
    {
        await _visitor.VisitAsync(path);

        Assert.Empty(_visitor.Complaints);
    }

    public ValueTask DisposeAsync() => _visitor.DisposeAsync();

    private async Task<int> FilesOfAsync(string folder)
    {
        var answer = await Site.Client.ExchangeAsync(HttpMethod.Get, "file?page_size=100&uri=" + Uri.EscapeDataString("cloudreve://my/" + folder), null);
        return answer.GetProperty("code").GetInt32() == 0 ? answer.GetProperty("data").GetProperty("files").GetArrayLength() : -1;
    }
}

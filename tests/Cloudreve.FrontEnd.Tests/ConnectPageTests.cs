using Cloudreve.EndToEnd.Sites;
using Microsoft.Playwright;
using Xunit;

namespace Cloudreve.FrontEnd.Tests;

/// <summary>The page "Connect", on which users make WebDAV accounts.</summary>
public sealed class ConnectPageTests(FrontEndSite front) : IClassFixture<FrontEndSite>, IAsyncLifetime
{
    private Visitor _visitor = null!;

    private Site Site => front.Site;

    public async ValueTask InitializeAsync()
    {
        _visitor = await Visitor.OpenAsync(Site);
        await _visitor.SignInAsync();
    }

    [Fact]
    public async Task Given_a_user_when_an_account_is_changed_in_the_browser_then_the_list_and_clients_see_it()
    {
        var page = _visitor.Page;
        await _visitor.VisitAsync("/connect");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create new account" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog).Last;
        await dialog.GetByLabel("Annotation").FillAsync("Laptop");
        await dialog.GetByText("Advanced options").ClickAsync();
        await dialog.GetByLabel("Readonly").CheckAsync();
        await dialog.GetByLabel("Block system files upload").CheckAsync();
        await dialog.GetByLabel("Reverse Proxy").CheckAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "OK" }).ClickAsync();
        // Address, name and password; their labels belong to no field.
        var shown = page.GetByRole(AriaRole.Dialog).Locator("input[readonly]").Nth(2);
        await shown.WaitForAsync();
        var password = await shown.InputValueAsync();
        Assert.Equal((207, 403), (await StatusAsync("PROPFIND", password), await StatusAsync("PUT", password)));

        await _visitor.VisitAsync("/connect");
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Laptop" });
        await row.GetByText("Readonly").WaitForAsync();
        await row.GetByText("Proxied").WaitForAsync();
        await OpenMenuAsync(row, "Edit");
        await dialog.GetByText("Advanced options").ClickAsync();
        await dialog.GetByLabel("Readonly").UncheckAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "OK" }).ClickAsync();
        await row.GetByText("Read & Write").WaitForAsync();
        await Site.EventuallyAsync(async () => await StatusAsync("PUT", password) is 201 or 204);

        await OpenMenuAsync(row, "Delete");
        await page.GetByText("Laptop").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await Site.EventuallyAsync(async () => await StatusAsync("PROPFIND", password) == 401);
        await _visitor.VisitAsync("/connect");
        Assert.Equal(0, await page.GetByText("Laptop").CountAsync());
        Assert.Empty(_visitor.Complaints);
    }

    public ValueTask DisposeAsync() => _visitor.DisposeAsync();

    private async Task OpenMenuAsync(ILocator row, string item)
    {
        await row.GetByRole(AriaRole.Button).Last.ClickAsync();
        await _visitor.Page.GetByRole(AriaRole.Menuitem, new() { Name = item }).ClickAsync();
    }

    private async Task<int> StatusAsync(string method, string password)
    {
        using var client = new HttpClient { BaseAddress = Site.Address };
        using var request = new HttpRequestMessage(new HttpMethod(method), method == "PUT" ? "/dav/a.txt" : "/dav/");
        request.Headers.Authorization = new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{SiteClient.AdminEmail}:{password}")));
        using var answer = await client.SendAsync(request);
        return (int)answer.StatusCode;
    }
}

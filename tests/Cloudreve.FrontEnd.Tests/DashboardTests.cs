using Cloudreve.EndToEnd.Sites;
using Microsoft.Playwright;
using Xunit;

namespace Cloudreve.FrontEnd.Tests;

/// <summary>The steps of an administrator in the dashboard of the built official front end.</summary>
public sealed class DashboardTests(FrontEndSite front) : IClassFixture<FrontEndSite>, IAsyncLifetime
{
    private Visitor _visitor = null!;

    private Site Site => front.Site;

    private IPage Page => _visitor.Page;

    public async ValueTask InitializeAsync()
    {
        _visitor = await Visitor.OpenAsync(Site);
        await _visitor.SignInAsync();
    }

    [Fact]
    public async Task Given_the_first_page_when_its_numbers_are_counted_then_they_are_shown()
    {
        await _visitor.VisitAsync("/admin/home");

        await Page.GetByRole(AriaRole.Button, new() { Name = "Calculate" }).First.ClickAsync();

        await Page.GetByText("Generated at").WaitForAsync();
        Assert.Empty(_visitor.Complaints);
    }

    [Fact]
    public async Task Given_the_wizard_of_s3_when_it_names_a_container_of_the_account_then_the_policy_is_made_with_its_cors_rules()
    {
        await OpenWizardAsync("S3 Compatible");
        var form = Page.GetByRole(AriaRole.Dialog).Last;
        var fields = form.Locator("input[type=text]");
        await fields.Nth(0).FillAsync("Second account");
        await fields.Nth(1).FillAsync("second-" + Site.Prefix);
        await fields.Nth(2).FillAsync(Site.Storage.BlobEndpoint.AbsoluteUri.TrimEnd('/'));
        await fields.Nth(3).FillAsync("azure");
        await form.GetByPlaceholder("Access Key").FillAsync(Site.Storage.Name);
        // The app's own account is reached without keys.
        await form.GetByPlaceholder("Secret Key").FillAsync("bm8ga2V5");
        await form.GetByRole(AriaRole.Button, new() { Name = "Let Cloudreve set it for me" }).ClickAsync();

        await form.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();

        await Page.WaitForURLAsync("**/admin/policy/*");
        await Page.GetByText("Edit Second account").WaitForAsync();
        Assert.Empty(_visitor.Complaints);
    }

    [Fact]
    public async Task Given_the_sites_node_when_it_is_renamed_then_the_list_shows_the_name()
    {
        await _visitor.VisitAsync("/admin/node/1");
        // The form demands a downloader of a node that downloads.
        await Page.GetByText("Remote Download", new() { Exact = true }).First.ClickAsync();
        await Page.GetByRole(AriaRole.Textbox).First.FillAsync("Main node");

        await SaveAsync();

        await _visitor.VisitAsync("/admin/node");
        await Page.GetByText("Main node").WaitForAsync();
        Assert.Empty(_visitor.Complaints);
    }

    [Fact]
    public async Task Given_a_switch_of_a_page_of_settings_when_it_is_saved_then_it_is_shown_so_again()
    {
        await _visitor.VisitAsync("/admin/settings?tab=userSession");
        var setting = Page.Locator("form input[type=checkbox]").First;
        var before = await setting.IsCheckedAsync();
        await setting.ClickAsync(new() { Force = true });

        await SaveAsync();

        await _visitor.VisitAsync("/admin/settings?tab=userSession");
        Assert.Equal(!before, await Page.Locator("form input[type=checkbox]").First.IsCheckedAsync());
        Assert.Empty(_visitor.Complaints);
    }

    public ValueTask DisposeAsync() => _visitor.DisposeAsync();

    private async Task OpenWizardAsync(string provider)
    {
        await _visitor.VisitAsync("/admin/policy");
        await Page.GetByText("New storage policy").ClickAsync();
        await Page.GetByRole(AriaRole.Dialog).GetByText(provider, new() { Exact = true }).ClickAsync();
        await Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Textbox).First.WaitForAsync();
    }

    /// <summary>Saves a form, and waits until the button is gone because nothing is left to save.</summary>
    private async Task SaveAsync()
    {
        var save = Page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true });
        await save.ClickAsync();
        await save.WaitForAsync(new() { State = WaitForSelectorState.Hidden });
    }
}

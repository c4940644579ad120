using System.Net.Http.Json;
using System.Text.Json.Nodes;
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
    public async Task Given_the_form_of_a_new_group_when_it_is_sent_then_the_group_can_be_edited_and_deleted()
    {
        await _visitor.VisitAsync("/admin/group");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();
        await Page.GetByRole(AriaRole.Dialog).Locator("input").First.FillAsync("Painters");
        await OkAsync();
        await Page.WaitForURLAsync("**/admin/group/*");
        await Page.GetByText("Create share link").ClickAsync();
        await SaveAsync();
        await _visitor.VisitAsync("/admin/group");
        var row = Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Painters" });
        await row.GetByText("Count").ClickAsync();
        await row.GetByRole(AriaRole.Button).Last.ClickAsync();

        await OkAsync();

        await row.WaitForAsync(new() { State = WaitForSelectorState.Detached });
        Assert.Empty(_visitor.Complaints);
    }

    [Fact]
    public async Task Given_the_form_of_a_new_account_when_sent_then_it_can_be_banned_calibrated_and_deleted()
    {
        await _visitor.VisitAsync("/admin/user");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();
        var form = Page.GetByRole(AriaRole.Dialog);
        await form.Locator("input[type=email]").FillAsync("zoe@example.com");
        await form.Locator("input[type=password]").FillAsync(SiteClient.AdminPassword);
        await OkAsync();
        // The page opens the new account.
        await form.GetByText("Calibrate storage").WaitForAsync();
        await form.GetByText("Active", new() { Exact = true }).ClickAsync();
        await Page.GetByRole(AriaRole.Option, new() { Name = "Manual blocked" }).ClickAsync();
        await SaveAsync();
        await form.GetByText("Calibrate storage").ClickAsync();
        await _visitor.VisitAsync("/admin/user");
        var row = Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "zoe@example.com" });
        await row.GetByRole(AriaRole.Button).Last.ClickAsync();

        await OkAsync();

        await row.WaitForAsync(new() { State = WaitForSelectorState.Detached });
        Assert.Empty(_visitor.Complaints);
    }

    [Fact]
    public async Task Given_the_wizard_of_local_storage_when_it_is_sent_then_the_relay_policy_can_be_changed()
    {
        await OpenWizardAsync("Local");
        await Page.GetByRole(AriaRole.Dialog).Locator("input").First.FillAsync("Relayed");

        await Page.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).Last.ClickAsync();

        await Page.WaitForURLAsync("**/admin/policy/*");
        await Page.GetByText("Edit Relayed").WaitForAsync();
        await Page.Locator("form input[type=text]").First.FillAsync("Relayed later");
        await SaveAsync();
        await _visitor.VisitAsync("/admin/policy");
        await Page.GetByText("Relayed later").WaitForAsync();
        Assert.Empty(_visitor.Complaints);
    }

    [Fact]
    public async Task Given_the_wizard_of_s3_when_it_names_a_container_then_a_policy_with_cors_rules_is_made()
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

    [Fact]
    public async Task Given_the_sites_node_when_capabilities_are_switched_then_the_form_saves_each_state()
    {
        await _visitor.VisitAsync("/admin/node/1");
        var download = Page.GetByRole(AriaRole.Checkbox, new() { Name = "Remote Download" });
        var before = await download.IsCheckedAsync();

        for (var change = 0; change < 2; change++)
        {
            await download.ClickAsync(new() { Force = true });
            await SaveAsync();
        }

        await _visitor.VisitAsync("/admin/node/1");
        Assert.Equal(before, await download.IsCheckedAsync());
        Assert.Empty(_visitor.Complaints);
    }

    [Fact]
    public async Task Given_the_form_of_a_new_node_when_it_is_sent_then_the_page_says_that_there_are_no_others()
    {
        await _visitor.VisitAsync("/admin/node");
        await Page.GetByText("New node").First.ClickAsync();
        var form = Page.GetByRole(AriaRole.Dialog);
        await form.Locator("input").First.FillAsync("Second machine");
        await form.Locator("input[type=text]").Last.FillAsync("https://node.example.com:5212");

        await form.GetByRole(AriaRole.Button, new() { Name = "Test node communication" }).ClickAsync();
        await Page.GetByText("This feature is not enabled.").First.WaitForAsync();
        await OkAsync();

        await Page.GetByText("This feature is not enabled.").Nth(1).WaitForAsync();
        Assert.Equal(["POST /api/v4/admin/node/test", "PUT /api/v4/admin/node"], Refusals("Nodes other than the site itself are not supported."));
    }

    [Fact]
    public async Task Given_an_import_of_a_missing_folder_when_sent_then_the_page_says_that_it_cannot_be_listed()
    {
        await FillImportAsync("no/such/folder");

        await OkAsync();

        await Page.GetByText("Failed to list objects under given folder.").First.WaitForAsync();
        Assert.Equal(["POST /api/v4/workflow/import"], Refusals("The source folder is empty or does not exist."));
    }

    [Fact]
    public async Task Given_an_import_beyond_the_quota_when_its_task_is_opened_then_each_left_out_file_is_named()
    {
        await Site.WriteAsync(("too-much/large.bin", new byte[2000]));
        var quota = await SetQuotaAsync(1000);
        try
        {
            await FillImportAsync("too-much");
            await OkAsync();
            await Page.GetByText("Import task created").WaitForAsync();
            await Site.EventuallyAsync(async () =>
                (await Site.Client.GetAsync("workflow?page_size=10&category=general")).GetProperty("tasks")[0].GetProperty("status").GetString() == "completed");

            await _visitor.VisitAsync("/tasks");
            await Page.GetByText("Import files from").First.ClickAsync();

            await Page.GetByText("too-much/large.bin: The storage quota is exceeded.").WaitForAsync();
            Assert.Empty(_visitor.Complaints);
        }
        finally
        {
            await SetQuotaAsync(quota);
        }
    }

    public ValueTask DisposeAsync() => _visitor.DisposeAsync();

    private async Task OpenWizardAsync(string provider)
    {
        await _visitor.VisitAsync("/admin/policy");
        await Page.GetByText("New storage policy").ClickAsync();
        await Page.GetByRole(AriaRole.Dialog).GetByText(provider, new() { Exact = true }).ClickAsync();
        await Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Textbox).First.WaitForAsync();
    }

    private Task OkAsync() => Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "OK" }).Last.ClickAsync();

    /// <summary>The requests that were refused with a message. The front end itself reports each of them as an error, too.</summary>
    private string[] Refusals(string message) =>
    [
        .. _visitor.Complaints
            .Where(complaint => complaint.Contains("/api/v4/", StringComparison.Ordinal) && complaint.Contains(message, StringComparison.Ordinal))
            .Select(complaint => complaint.Split(": ")[0]),
    ];

    /// <summary>Limits the storage of administrators.</summary>
    /// <returns>How much they could before.</returns>
    private async Task<long> SetQuotaAsync(long bytes)
    {
        var group = JsonNode.Parse((await Site.Client.GetAsync("admin/group/1")).GetRawText())!;
        var before = group["max_storage"]!.GetValue<long>();
        group["max_storage"] = bytes;
        await Site.Client.SendAsync(HttpMethod.Put, "admin/group/1", JsonContent.Create(new { group }));
        return before;
    }

    private async Task FillImportAsync(string source)
    {
        await _visitor.VisitAsync("/admin/file");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Import", Exact = true }).ClickAsync();
        var form = Page.GetByRole(AriaRole.Dialog);
        await form.GetByRole(AriaRole.Combobox).First.ClickAsync();
        await Page.GetByRole(AriaRole.Option).First.ClickAsync();
        await form.GetByPlaceholder("/path/to/folder").FillAsync(source);
        await form.GetByPlaceholder("Search user by name or email...").FillAsync("admin");
        await Page.GetByText(SiteClient.AdminEmail).Last.ClickAsync();
    }

    /// <summary>Saves a form, and waits until the button is gone because nothing is left to save.</summary>
    private async Task SaveAsync()
    {
        var save = Page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true });
        await save.ClickAsync();
        await save.WaitForAsync(new() { State = WaitForSelectorState.Hidden });
    }
}

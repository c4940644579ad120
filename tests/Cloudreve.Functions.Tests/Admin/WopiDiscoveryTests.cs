using System.Net;
using Cloudreve.Functions.Tests.App;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Cloudreve.Functions.Tests.Admin;

/// <summary>The viewers of WOPI servers, as an administrator adds them (contract, sections 16 and 24).</summary>
public sealed class WopiDiscoveryTests(SharedApp shared) : IClassFixture<SharedApp>, IAsyncLifetime
{
    private const string Document = """
        <wopi-discovery>
          <net-zone name="internal-http"><app name="Inside"><action name="view" ext="docx" urlsrc="http://inside/"/></app></net-zone>
          <net-zone name="external-https">
            <app name="Word" favIconUrl="https://office.example/word.ico" checkLicense="true">
              <action name="view" ext="docx" urlsrc="https://office.example/view?&lt;ui=UI_LLCC&amp;&gt;"/>
              <action name="edit" ext="DOCX" default="true" urlsrc="https://office.example/edit?"/>
              <action name="view" ext="doc" urlsrc="https://office.example/view?"/>
              <action name="convert" ext="rtf" urlsrc="https://office.example/convert?"/>
              <action name="edit" ext="odt" urlsrc="javascript:alert(1)"/>
            </app>
            <app name="Capabilities"><action name="getinfo" ext="" urlsrc="https://office.example/info"/></app>
          </net-zone>
        </wopi-discovery>
        """;

    private WebApplication _server = null!;
    private HttpClient _admin = null!;
    private Func<HttpContext, Task> _answer = http => http.Response.WriteAsync(Document);

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _server = builder.Build();
        _server.MapFallback(http => _answer(http));
        await _server.StartAsync();
        _admin = await shared.App.SignInAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _admin.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Given_a_discovery_document_when_it_is_read_then_apps_of_the_outer_zone_are_viewers()
    {
        var answer = await DiscoverAsync(Address);

        Assert.Equal((0, ""), (answer.Code, answer.Msg));
        var viewer = Assert.Single(answer.Data.GetProperty("viewers").EnumerateArray());
        Assert.Equal(("wopi", "Word", "https://office.example/word.ico"),
            (viewer.GetProperty("type").GetString(), viewer.GetProperty("display_name").GetString(), viewer.GetProperty("icon").GetString()));
        Assert.Equal(["doc", "docx"], viewer.GetProperty("exts").EnumerateArray().Select(ext => ext.GetString()).Order());
        var actions = viewer.GetProperty("wopi_actions").GetProperty("docx");
        Assert.Equal(("https://office.example/edit?", "https://office.example/view?<ui=UI_LLCC&>"),
            (actions.GetProperty("edit").GetString(), actions.GetProperty("view").GetString()));
    }

    [Fact]
    public async Task Given_viewers_that_were_found_when_the_settings_are_saved_with_them_then_the_site_has_them()
    {
        var found = await DiscoverAsync(Address);
        var before = (await shared.App.GetSiteAsync()).Get(Core.Content.Viewers.ViewerSetting.Viewers);
        try
        {
            var saved = await SetViewersAsync($"[{found.Data.GetRawText()}]");

            Assert.Equal(0, saved.Code);
            Assert.Equal("Word", Assert.Single(Core.Content.Viewers.ViewerCatalog.Groups(await shared.App.GetSiteAsync())[0].Viewers).DisplayName);
        }
        finally
        {
            await SetViewersAsync(before);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("ftp://office.example/")]
    [InlineData("no address")]
    [InlineData("http://127.0.0.1:1/hosting/discovery")]
    [InlineData("http://169.254.169.254/hosting/discovery")]
    [InlineData("http://10.0.0.1/hosting/discovery")]
    public async Task Given_an_address_that_cannot_be_when_it_is_read_then_it_is_a_bad_parameter(string endpoint) =>
        Assert.Equal(40001, (await DiscoverAsync(endpoint)).Code);

    [Theory]
    [InlineData("<html>")]
    [InlineData("<wopi-discovery/>")]
    [InlineData("""<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><wopi-discovery>&a;</wopi-discovery>""")]
    public async Task Given_another_document_when_it_is_read_then_it_is_a_bad_parameter(string document)
    {
        _answer = http => http.Response.WriteAsync(document);

        Assert.Equal(40001, (await DiscoverAsync(Address)).Code);
    }

    [Fact]
    public async Task Given_a_server_that_refuses_when_it_is_asked_then_its_status_is_reported()
    {
        _answer = http =>
        {
            http.Response.StatusCode = 403;
            return Task.CompletedTask;
        };

        var answer = await DiscoverAsync(Address);

        Assert.Equal((40001, "The WOPI server answered with status 403."), (answer.Code, answer.Msg));
    }

    private string Address => _server.Urls.First() + "/hosting/discovery";

    private Task<ApiAnswer> DiscoverAsync(string endpoint) => _admin.GetApiAsync("admin/tool/wopi?endpoint=" + Uri.EscapeDataString(endpoint));

    private Task<ApiAnswer> SetViewersAsync(string viewers) =>
        _admin.SendApiAsync(HttpMethod.Patch, "admin/settings", new { settings = new Dictionary<string, string> { ["file_viewers"] = viewers } });
}

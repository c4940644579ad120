using System.Net.Http.Headers;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Files;
using Cloudreve.Functions.Tests.App;
using Xunit;

namespace Cloudreve.Functions.Tests.Files;

public sealed class ContentTypeTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private static readonly SiteSettings s_site = new(new Dictionary<string, string>());

    [Theory]
    [InlineData("a.mkv", "video/x-matroska", "inline")]
    [InlineData("a.flac", "audio/flac", "inline")]
    [InlineData("a.OPUS", "audio/ogg", "inline")]
    [InlineData("a.heic", "image/heic", "inline")]
    [InlineData("a.vtt", "text/vtt", "inline")]
    [InlineData("a.pdf", "application/pdf", "inline")]
    [InlineData("a.svg", "image/svg+xml", "attachment")]
    [InlineData("a.html", "text/html", "attachment")]
    [InlineData("a.accdb", "application/msaccess", "attachment")]
    [InlineData("a.unknown", "application/octet-stream", "attachment")]
    [InlineData("a", "application/octet-stream", "attachment")]
    public void Given_an_unchanged_site_when_a_file_is_typed_then_browsers_can_show_what_is_harmless(string name, string type, string disposition)
    {
        Assert.Equal(type, ContentNames.MimeType(s_site, name));
        Assert.Equal(disposition, ContentDispositionHeaderValue.Parse(ContentNames.Disposition(s_site, name, download: false)).DispositionType);
        Assert.Equal("attachment", ContentDispositionHeaderValue.Parse(ContentNames.Disposition(s_site, name, download: true)).DispositionType);
    }

    [Theory]
    [InlineData("""{".own":"image/own"}""", "a.own", "image/own", "inline")]
    [InlineData("""{"own":"text/x-own; charset=utf-8"}""", "a.OWN", "text/x-own; charset=utf-8", "attachment")]
    [InlineData("""{".own":"IMAGE/SVG+XML; charset=utf-8"}""", "a.own", "IMAGE/SVG+XML; charset=utf-8", "attachment")]
    [InlineData("""{".png":"application/x-png"}""", "a.png", "application/x-png", "attachment")]
    [InlineData("{}", "a.png", "image/png", "inline")]
    [InlineData("{}", "a.mkv", "video/x-matroska", "inline")]
    [InlineData("""{".own":"no type"}""", "a.mkv", "video/x-matroska", "inline")]
    public void Given_a_mapping_of_the_site_when_a_file_is_typed_then_it_comes_first(string mapping, string name, string type, string disposition)
    {
        var site = new SiteSettings(new Dictionary<string, string> { ["mime_mapping"] = mapping });

        Assert.Equal(type, ContentNames.MimeType(site, name));
        Assert.Equal(disposition, ContentDispositionHeaderValue.Parse(ContentNames.Disposition(site, name, download: false)).DispositionType);
    }

    [Theory]
    [InlineData("{}", 0)]
    [InlineData("""{".mkv":"video/x-matroska"}""", 0)]
    [InlineData("[]", 40001)]
    [InlineData("""{".mkv":"matroska"}""", 40001)]
    [InlineData("""{".mkv":"video/x\r\nx: y"}""", 40001)]
    [InlineData("""{".mkv":7}""", 40001)]
    [InlineData("""{".mkv":null}""", 40001)]
    public async Task Given_a_mapping_when_the_administration_stores_it_then_only_types_are_taken(string mapping, int code)
    {
        var admin = await shared.App.SignInAsync();

        var answer = await admin.SendApiAsync(HttpMethod.Patch, "admin/settings", new { settings = new Dictionary<string, string> { ["mime_mapping"] = mapping } });

        Assert.Equal(code, answer.Code);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(SiteFiles.ProxiedPolicy)]
    public async Task Given_a_video_when_its_address_is_followed_then_the_answer_has_its_type(int policyId)
    {
        await shared.App.AddProxiedPolicyAsync();
        var (client, user) = await shared.App.NewUserAsync();
        await shared.App.AddFileAsync(user, "/a.mkv", [1], policyId);
        using var plain = new HttpClient();

        using var answer = await plain.GetAsync(await client.AddressAsync("cloudreve://my/a.mkv"));

        Assert.Equal(("video/x-matroska", "inline"), (answer.Content.Headers.ContentType?.MediaType, answer.Content.Headers.ContentDisposition?.DispositionType));
    }
}

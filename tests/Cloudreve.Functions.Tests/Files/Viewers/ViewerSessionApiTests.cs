using System.Net;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Functions.Tests.App;
using Xunit;

namespace Cloudreve.Functions.Tests.Files.Viewers;

public sealed class ViewerSessionApiTests(WopiSite site) : IClassFixture<WopiSite>
{
    [Fact]
    public async Task Given_a_document_when_it_is_opened_then_the_viewer_gets_a_token_for_ten_hours()
    {
        var (client, user) = await site.NewUserAsync();
        var file = await site.AddFileAsync(user, "/a b.docx", [1, 2, 3]);

        var data = (await WopiSite.CreateSessionAsync(client, "cloudreve://my/a%20b.docx")).Data;

        var id = await site.EncodeAsync(file.Id);
        Assert.Equal($"{site.App.Address.GetLeftPart(UriPartial.Authority)}/api/v4/file/wopi/{id}", WopiSite.SourceOf(data));
        Assert.StartsWith("http://office.example/edit?WOPISrc=", data.GetProperty("wopi_src").GetString(), StringComparison.Ordinal);
        Assert.EndsWith("&lang=lng", data.GetProperty("wopi_src").GetString(), StringComparison.Ordinal);
        var session = data.GetProperty("session");
        Assert.StartsWith(session.GetProperty("id").GetString() + ".", session.GetProperty("access_token").GetString(), StringComparison.Ordinal);
        var rest = DateTimeOffset.FromUnixTimeMilliseconds(session.GetProperty("expires").GetInt64()) - DateTimeOffset.UtcNow;
        Assert.InRange(rest.TotalHours, 9, 10);
    }

    [Fact]
    public async Task Given_a_viewer_of_the_client_when_it_is_opened_then_there_is_a_session_and_no_page()
    {
        var (client, user) = await site.NewUserAsync();
        await site.AddFileAsync(user, "/a.png", [1]);

        var data = (await WopiSite.CreateSessionAsync(client, "cloudreve://my/a.png", "image")).Data;

        Assert.False(data.TryGetProperty("wopi_src", out _));
    }

    [Fact]
    public async Task Given_a_link_with_one_download_when_guests_open_documents_then_one_session_is_given()
    {
        var (owner, user) = await site.NewUserAsync();
        await site.AddFileAsync(user, "/in/a.docx", [1, 2, 3]);
        var url = (await owner.SendApiAsync(HttpMethod.Put, "share", new { uri = "cloudreve://my/in", downloads = 1 })).Data.GetString()!;
        var document = $"cloudreve://{new Uri(url).AbsolutePath.Split('/')[2]}@share/a.docx";
        var guest = site.App.CreateClient();

        Assert.Equal(0, (await WopiSite.CreateSessionAsync(guest, document, action: "view")).Code);

        Assert.Equal(404, (await WopiSite.CreateSessionAsync(guest, document, action: "view")).Code);
    }

    [Fact]
    public async Task Given_a_session_of_a_viewer_in_the_page_when_it_comes_to_WOPI_routes_then_it_is_refused()
    {
        var (client, user) = await site.NewUserAsync();
        var file = await site.AddFileAsync(user, "/a.png", [1]);
        var data = (await WopiSite.CreateSessionAsync(client, "cloudreve://my/a.png", "image")).Data;
        var token = data.GetProperty("session").GetProperty("access_token").GetString()!;
        var viewer = new WopiClient(site.App.CreateClient(), "/api/v4/file/wopi/" + await site.EncodeAsync(file.Id), token);

        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.GetFileAsync()).Status);
    }

    [Fact]
    public async Task Given_what_cannot_be_opened_when_a_session_is_requested_then_the_documented_code_answers()
    {
        var (client, user) = await site.NewUserAsync();
        await site.AddFileAsync(user, "/a.docx", [1]);
        await site.AddFileAsync(user, "/a.txt", [1]);
        await site.AddFileAsync(user, "/large.png", new byte[11]);
        await client.PostApiAsync("file/create", new { uri = "cloudreve://my/folder", type = "folder" });
        var foreign = await site.EncodeAsync(987_654, HashIdKind.Entity);

        Assert.Equal(40001, (await WopiSite.CreateSessionAsync(client, "cloudreve://my/a.docx", "none")).Code);
        Assert.Equal(40001, (await WopiSite.CreateSessionAsync(client, "cloudreve://my/a.docx", WopiSite.DisabledViewerId)).Code);
        Assert.Equal(40001, (await WopiSite.CreateSessionAsync(client, "cloudreve://my/a.docx", action: "delete")).Code);
        Assert.Equal(40001, (await WopiSite.CreateSessionAsync(client, "cloudreve://my/a.txt")).Code);
        Assert.Equal(40001, (await WopiSite.CreateSessionAsync(client, "cloudreve://my/a.docx", version: "no id")).Code);
        Assert.Equal(40077, (await WopiSite.CreateSessionAsync(client, "cloudreve://my/a.docx", version: foreign)).Code);
        Assert.Equal(40077, (await WopiSite.CreateSessionAsync(client, "cloudreve://my/folder")).Code);
        Assert.Equal(40049, (await WopiSite.CreateSessionAsync(client, "cloudreve://my/large.png", "image")).Code);
        Assert.Equal(40016, (await WopiSite.CreateSessionAsync(client, "cloudreve://my/none.docx")).Code);
        Assert.Equal(40007, (await WopiSite.CreateSessionAsync(client, "cloudreve://my/a.docx", WopiSite.AdminViewerId)).Code);
        Assert.Equal(401, (await WopiSite.CreateSessionAsync(site.App.CreateClient(), "cloudreve://my/a.docx")).Code);
    }

    [Fact]
    public async Task Given_the_settings_when_a_client_asks_for_viewers_then_pages_of_wopi_viewers_are_kept_back()
    {
        var explorer = (await site.App.CreateClient().GetApiAsync("site/config/explorer")).Data;

        var viewers = explorer.GetProperty("file_viewers")[0].GetProperty("viewers").EnumerateArray().ToList();
        Assert.Equal(WopiSite.ViewerId, viewers[0].GetProperty("id").GetString());
        Assert.All(viewers, viewer => Assert.False(viewer.TryGetProperty("wopi_actions", out _)));
        Assert.Equal("markdown", explorer.GetProperty("default_viewer_mapping").GetProperty("md").GetString());
    }
}

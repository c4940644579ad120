using System.Net;
using System.Xml.Linq;
using Cloudreve.Functions.Tests.App;
using Xunit;

namespace Cloudreve.Functions.Tests.WebDav;

public sealed class DavTests(DavSite site) : IClassFixture<DavSite>
{
    private static readonly object s_streams = new { proxy = true };
    private static readonly XNamespace s_dav = "DAV:";

    [Fact]
    public async Task Given_nobody_signed_in_when_options_are_requested_then_all_else_needs_a_password()
    {
        var client = site.App.CreateClient();

        using var options = await client.SendAsync(new HttpRequestMessage(HttpMethod.Options, "/dav/"));
        using var read = await client.GetAsync("/dav/a.txt");

        Assert.Equal("1, 2, 3", string.Join(", ", options.Headers.GetValues("DAV")));
        Assert.Equal("DAV", options.Headers.GetValues("MS-Author-Via").Single());
        Assert.Equal((HttpStatusCode.Unauthorized, "Basic realm=\"cloudreve\""), (read.StatusCode, read.Headers.WwwAuthenticate.ToString()));
    }

    [Fact]
    public async Task Given_names_of_all_kinds_when_they_are_written_then_listings_and_addresses_hold_them()
    {
        var user = await site.NewUserAsync(s_streams);
        string[] names = ["a b.txt", "50% #1.txt", "ä+ö&ü;=@.txt", "漢字 🎉.txt", "(x)'!~[].txt"];
        foreach (var name in names)
            await user.PutAsync("/" + Uri.EscapeDataString(name), name);

        var listing = await user.SendAsync("PROPFIND", "/", null, ("Depth", "1"));

        var hrefs = XDocument.Parse(listing.Body).Descendants(s_dav + "href").Select(e => e.Value).Where(href => href != "/dav/").ToList();
        Assert.Equal(names.Order(StringComparer.Ordinal), hrefs.Select(href => Uri.UnescapeDataString(href["/dav/".Length..])).Order(StringComparer.Ordinal));
        foreach (var href in hrefs)
            Assert.Equal(Uri.UnescapeDataString(href["/dav/".Length..]), await user.ReadAsync(href["/dav".Length..]));
    }

    [Fact]
    public async Task Given_an_account_without_proxy_when_a_file_is_read_then_the_client_is_sent_to_blob_storage()
    {
        var user = await site.NewUserAsync();
        await user.PutAsync("/a.txt", "content");

        var reply = await user.SendAsync("GET", "/a.txt");

        Assert.Equal(302, reply.Status);
        using var anybody = new HttpClient();
        Assert.Equal("content", await anybody.GetStringAsync(reply.Headers["Location"]));
        Assert.Equal(200, (await user.SendAsync("GET", "/a.txt", null, ("User-Agent", "Microsoft-WebDAV-MiniRedir/10.0"))).Status);
    }

    [Fact]
    public async Task Given_a_file_when_parts_and_versions_are_requested_then_ranges_and_conditions_hold()
    {
        var user = await site.NewUserAsync(s_streams);
        var etag = (await user.PutAsync("/a.txt", "0123456789")).Headers["ETag"];

        Assert.Equal((206, "345"), Of(await user.SendAsync("GET", "/a.txt", null, ("Range", "bytes=3-5"))));
        Assert.Equal(304, (await user.SendAsync("GET", "/a.txt", null, ("If-None-Match", etag))).Status);
        Assert.Equal(412, (await user.SendAsync("PUT", "/a.txt", "x", ("If-None-Match", "*"))).Status);
        Assert.Equal(412, (await user.SendAsync("PUT", "/a.txt", "x", ("If-Match", "\"other\""))).Status);
        Assert.Equal(204, (await user.SendAsync("PUT", "/a.txt", "x", ("If-Match", etag))).Status);
        Assert.Equal("x", await user.ReadAsync("/a.txt"));
    }

    [Fact]
    public async Task Given_a_body_of_unknown_length_when_it_is_written_then_the_file_has_all_of_it()
    {
        var user = await site.NewUserAsync(s_streams);
        var content = Enumerable.Range(0, 9 << 20).Select(i => (byte)(i * 7)).ToArray();
        using var request = new HttpRequestMessage(HttpMethod.Put, "/dav/large.bin") { Content = new StreamContent(new MemoryStream(content)) };
        request.Headers.TransferEncodingChunked = true;

        using var answer = await user.Dav.SendAsync(request);

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal(content, await user.Dav.GetByteArrayAsync("/dav/large.bin"));
        var used = (await user.Api.GetApiAsync("user/capacity")).Data.GetProperty("used").GetInt64();
        Assert.Equal(content.Length, used);
    }

    [Fact]
    public async Task Given_missing_folders_and_taken_names_when_creating_then_the_protocols_statuses_come()
    {
        var user = await site.NewUserAsync();
        await user.MakeFolderAsync("/folder");

        Assert.Equal(409, (await user.SendAsync("PUT", "/missing/a.txt", "a")).Status);
        Assert.Equal(409, (await user.SendAsync("MKCOL", "/missing/folder")).Status);
        Assert.Equal(405, (await user.SendAsync("MKCOL", "/folder")).Status);
        Assert.Equal(415, (await user.SendAsync("MKCOL", "/other", "body")).Status);
        Assert.Equal(405, (await user.SendAsync("PUT", "/folder", "a")).Status);
        Assert.Equal(405, (await user.SendAsync("GET", "/folder/")).Status);
    }

    [Fact]
    public async Task Given_a_folder_when_it_is_deleted_then_it_is_in_the_trash()
    {
        var user = await site.NewUserAsync();
        await user.MakeFolderAsync("/folder");
        await user.PutAsync("/folder/a.txt", "a");

        Assert.Equal(204, (await user.SendAsync("DELETE", "/folder/")).Status);

        Assert.Equal(404, (await user.SendAsync("PROPFIND", "/folder/")).Status);
        var trash = (await user.Api.GetApiAsync("file?uri=cloudreve%3A%2F%2Ftrash")).Data.GetProperty("files");
        Assert.Equal("folder", Assert.Single(trash.EnumerateArray()).GetProperty("name").GetString());
    }

    [Fact]
    public async Task Given_a_file_that_moves_over_another_when_it_arrives_then_its_content_has_come()
    {
        var user = await site.NewUserAsync(s_streams);
        await user.PutAsync("/a.txt", "new");
        await user.PutAsync("/b.txt", "old");
        await SetAsync(user, "/a.txt", "color", "red");

        Assert.Equal(412, (await user.SendAsync("MOVE", "/a.txt", null, ("Destination", "/dav/b.txt"), ("Overwrite", "F"))).Status);
        Assert.Equal(204, (await user.SendAsync("MOVE", "/a.txt", null, ("Destination", "/dav/b.txt"))).Status);

        Assert.Equal("new", await user.ReadAsync("/b.txt"));
        Assert.Equal(404, (await user.SendAsync("GET", "/a.txt")).Status);
        Assert.Contains("red", (await user.SendAsync("PROPFIND", "/b.txt", null, ("Depth", "0"))).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_a_folder_when_it_is_copied_over_another_then_that_one_is_replaced_and_in_the_trash()
    {
        var user = await site.NewUserAsync(s_streams);
        await user.MakeFolderAsync("/from");
        await user.PutAsync("/from/a.txt", "a");
        await user.MakeFolderAsync("/to");
        await user.PutAsync("/to/b.txt", "b");

        Assert.Equal(204, (await user.SendAsync("COPY", "/from/", null, ("Destination", new Uri(site.App.Address, "/dav/to/").ToString()))).Status);

        Assert.Equal("a", await user.ReadAsync("/to/a.txt"));
        Assert.Equal("a", await user.ReadAsync("/from/a.txt"));
        Assert.Equal(404, (await user.SendAsync("GET", "/to/b.txt")).Status);
        Assert.Equal(502, (await user.SendAsync("COPY", "/from/", null, ("Destination", "http://elsewhere.example/dav/x/"))).Status);
        Assert.Equal(403, (await user.SendAsync("MOVE", "/from/", null, ("Destination", "/dav/from/inner/"))).Status);
    }

    [Fact]
    public async Task Given_a_lock_when_others_change_the_file_then_they_are_refused_until_it_is_released()
    {
        var user = await site.NewUserAsync(s_streams);
        await user.PutAsync("/a.txt", "old");

        var locked = await LockAsync(user, "/a.txt");
        var token = locked.Headers["Lock-Token"];

        Assert.Equal(423, (await user.SendAsync("PUT", "/a.txt", "new")).Status);
        Assert.Equal(423, (await user.SendAsync("DELETE", "/a.txt")).Status);
        Assert.Equal(423, (await LockAsync(user, "/a.txt")).Status);
        Assert.Equal(412, (await user.SendAsync("PUT", "/a.txt", "new", ("If", "(<opaquelocktoken:00000000-0000-0000-0000-000000000000>)"))).Status);
        Assert.Equal(204, (await user.SendAsync("PUT", "/a.txt", "new", ("If", $"({token})"))).Status);
        Assert.Equal(200, (await user.SendAsync("LOCK", "/a.txt", null, ("If", $"({token})"), ("Timeout", "Second-600"))).Status);
        Assert.Equal(204, (await user.SendAsync("UNLOCK", "/a.txt", null, ("Lock-Token", token))).Status);
        Assert.Equal(204, (await user.SendAsync("DELETE", "/a.txt")).Status);
    }

    [Fact]
    public async Task Given_nothing_when_it_is_locked_then_there_is_an_empty_file()
    {
        var user = await site.NewUserAsync(s_streams);

        Assert.Equal(201, (await LockAsync(user, "/new.txt")).Status);

        Assert.Equal("", await user.ReadAsync("/new.txt"));
        Assert.Equal(409, (await LockAsync(user, "/missing/new.txt")).Status);
    }

    [Fact]
    public async Task Given_a_read_only_account_when_it_changes_something_then_the_status_is_403()
    {
        var user = await site.NewUserAsync(new { @readonly = true });

        foreach (var method in (string[])["PUT", "DELETE", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "PROPPATCH"])
            Assert.Equal(403, (await user.SendAsync(method, "/a.txt")).Status);
        Assert.Equal(207, (await user.SendAsync("PROPFIND", "/")).Status);
    }

    [Fact]
    public async Task Given_an_account_without_system_files_when_one_is_written_then_the_status_is_405()
    {
        var user = await site.NewUserAsync(new { disable_sys_files = true });

        Assert.Equal(405, (await user.SendAsync("PUT", "/._a.txt", "a")).Status);
        await user.PutAsync("/a.txt", "a");
    }

    [Theory]
    [InlineData("/remote.php/webdav")]
    [InlineData("/remote.php/dav/files/somebody%40example.com")]
    public async Task Given_the_addresses_of_nextcloud_when_a_client_uses_them_then_it_finds_the_same_files(string mount)
    {
        var user = await site.NewUserAsync(s_streams);
        using var put = new HttpRequestMessage(HttpMethod.Put, mount + "/a.txt") { Content = new StringContent("a") };
        put.Headers.Add("X-OC-Mtime", "1000000000");

        using var written = await user.Dav.SendAsync(put);
        using var list = await user.Dav.SendAsync(new HttpRequestMessage(new HttpMethod("PROPFIND"), mount + "/"));

        Assert.Equal((HttpStatusCode.Created, "accepted"), (written.StatusCode, written.Headers.GetValues("X-OC-MTime").Single()));
        var body = await list.Content.ReadAsStringAsync();
        Assert.Contains($"<D:href>{mount}/a.txt</D:href>", body, StringComparison.Ordinal);
        Assert.Contains("Sun, 09 Sep 2001 01:46:40 GMT", body, StringComparison.Ordinal);
        Assert.Equal("a", await user.ReadAsync("/a.txt"));
        Assert.Equal(404, (int)(await user.Dav.GetAsync("/remote.php/dav/calendars")).StatusCode);
    }

    [Theory]
    [InlineData("<!DOCTYPE x [<!ENTITY a \"aaaa\">]><D:propfind xmlns:D=\"DAV:\"><D:prop><D:displayname>&a;</D:displayname></D:prop></D:propfind>")]
    [InlineData("<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><D:propfind xmlns:D=\"DAV:\"><D:allprop/></D:propfind>")]
    [InlineData("<D:propfind xmlns:D=\"DAV:\"><D:prop>")]
    [InlineData("<D:other xmlns:D=\"DAV:\"/>")]
    public async Task Given_xml_that_is_hostile_or_malformed_when_it_is_sent_then_the_status_is_400(string body)
    {
        var user = await site.NewUserAsync();

        Assert.Equal(400, (await user.SendAsync("PROPFIND", "/", body)).Status);
    }

    [Fact]
    public async Task Given_xml_of_a_hundred_thousand_levels_when_it_is_sent_then_the_status_is_400()
    {
        var user = await site.NewUserAsync();

        Assert.Equal(400, (await user.SendAsync("PROPPATCH", "/", string.Concat(Enumerable.Repeat("<a>", 100_000)))).Status);
    }

    [Fact]
    public async Task Given_a_lock_that_nobody_extends_when_its_time_is_up_then_others_may_change_the_file()
    {
        var user = await site.NewUserAsync(s_streams);
        await user.PutAsync("/a.txt", "old");
        Assert.Equal(200, (await LockAsync(user, "/a.txt")).Status);

        site.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));

        Assert.Equal(204, (await user.SendAsync("PUT", "/a.txt", "new")).Status);
    }

    [Fact]
    public async Task Given_a_warm_app_when_requests_come_then_they_cost_the_documented_transactions()
    {
        var user = await site.NewUserAsync(s_streams);
        await user.MakeFolderAsync("/folder");
        await user.PutAsync("/folder/a.txt", "a");
        await user.PutAsync("/folder/b.txt", "b");
        await user.ReadAsync("/folder/a.txt");

        // The folder, two rows of it, and one page of what it holds.
        Assert.Equal(3, await CostAsync(user, "PROPFIND", "/folder/", Names, ("Depth", "1")));
        Assert.Equal(2, await CostAsync(user, "HEAD", "/folder/a.txt"));
        // The entity and the blob besides.
        Assert.Equal(4, await CostAsync(user, "GET", "/folder/a.txt"));
        Assert.Equal(12, await CostAsync(user, "PUT", "/folder/c.txt", "c"));
        Assert.Equal(12, await CostAsync(user, "MOVE", "/folder/a.txt", null, ("Destination", "/dav/a.txt")));
        Assert.Equal(10, await CostAsync(user, "DELETE", "/folder/b.txt"));
        Assert.Equal(5, await CostAsync(user, "MKCOL", "/other"));
    }

    private const string Names = "<D:propfind xmlns:D=\"DAV:\"><D:prop><D:getcontentlength/><D:getlastmodified/><D:resourcetype/></D:prop></D:propfind>";

    private const string LockBody =
        "<D:lockinfo xmlns:D=\"DAV:\"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype><D:owner>me</D:owner></D:lockinfo>";

    private Task<int> CostAsync(DavUser user, string method, string path, string? body = null, params (string Name, string Value)[] headers) =>
        site.App.TransactionsOfAsync(async () => Assert.InRange((await user.SendAsync(method, path, body, headers)).Status, 200, 207));

    private static (int Status, string Body) Of(DavReply reply) => (reply.Status, reply.Body);

    private static Task<DavReply> LockAsync(DavUser user, string path) => user.SendAsync("LOCK", path, LockBody, ("Depth", "0"));

    private static async Task SetAsync(DavUser user, string path, string name, string value)
    {
        var reply = await user.SendAsync(
            "PROPPATCH", path, $"<D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop><x:{name} xmlns:x=\"urn:x\">{value}</x:{name}></D:prop></D:set></D:propertyupdate>");
        Assert.Contains("200 OK", reply.Body, StringComparison.Ordinal);
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Cloudreve.Functions.Tests.App;
using Xunit;

namespace Cloudreve.Functions.Tests.WebDav;

/// <summary>Uploads in chunks, as clients of Nextcloud send them.</summary>
public sealed class NextcloudUploadTests(DavSite site) : IClassFixture<DavSite>
{
    private const string Files = "/remote.php/dav/files/somebody";
    private const string Uploads = "/remote.php/dav/uploads/somebody";

    private static readonly object s_streams = new { proxy = true };
    private static readonly XNamespace s_dav = "DAV:";

    [Fact]
    public async Task Given_the_requests_of_rclone_when_a_file_is_sent_in_chunks_then_it_is_there_with_its_time()
    {
        var user = await site.NewUserAsync(s_streams);
        var content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 500).Select(i => $"{i:d4}")));
        var folder = $"{Uploads}/rclone-chunked-upload-{Convert.ToHexStringLower(SHA256.HashData(content)[..16])}";

        // As rclone 1.63 and later send them: backend/webdav/chunking.go.
        Assert.Equal(404, (await SendAsync(user, "DELETE", folder + "/")).Status);
        Assert.Equal(201, (await SendAsync(user, "MKCOL", folder + "/")).Status);
        for (var offset = 0; offset < content.Length; offset += 700)
        {
            var chunk = content[offset..Math.Min(content.Length, offset + 700)];
            Assert.Equal(201, (await SendAsync(user, "PUT", $"{folder}/{offset:d15}-{offset + chunk.Length - 1:d15}", chunk)).Status);
        }
        var moved = await SendAsync(
            user, "MOVE", folder + "/.file", null, ("Destination", Absolute("/a%20b.txt")), ("OC-Checksum", Sha1(content)), ("X-OC-Mtime", "1000000000.123"));

        Assert.Equal((201, "accepted"), (moved.Status, moved.Headers["X-OC-MTime"]));
        Assert.Equal(Encoding.ASCII.GetString(content), await user.ReadAsync("/a%20b.txt"));
        Assert.Contains("Sun, 09 Sep 2001 01:46:40 GMT", (await user.SendAsync("PROPFIND", "/a%20b.txt", null, ("Depth", "0"))).Body, StringComparison.Ordinal);
        Assert.Equal(404, (await SendAsync(user, "DELETE", folder + "/")).Status);
    }

    [Fact]
    public async Task Given_a_resumed_upload_of_nextclouds_client_when_it_goes_on_then_it_learns_what_has_come()
    {
        var user = await site.NewUserAsync(s_streams);
        var etag = (await user.PutAsync("/a.txt", "old")).Headers["ETag"];
        var (folder, destination) = ($"{Uploads}/1234567", ("Destination", Absolute("/a.txt")));
        Assert.Equal(201, (await SendAsync(user, "MKCOL", folder, null, destination, ("OC-Total-Length", "6"))).Status);
        Assert.Equal(201, (await SendAsync(user, "PUT", folder + "/00001", "new"u8.ToArray(), destination, ("OC-Total-Length", "6"), ("OC-Chunk-Offset", "0"))).Status);
        Assert.Equal(201, (await SendAsync(user, "PUT", folder + "/00003", "?"u8.ToArray(), destination)).Status);

        var listing = await SendAsync(
            user, "PROPFIND", folder, "<d:propfind xmlns:d=\"DAV:\"><d:prop><d:resourcetype/><d:getcontentlength/></d:prop></d:propfind>"u8.ToArray(), ("Depth", "1"));
        Assert.Equal(204, (await SendAsync(user, "DELETE", folder + "/00003")).Status);
        Assert.Equal(201, (await SendAsync(user, "PUT", folder + "/00002", "er!"u8.ToArray(), destination)).Status);
        var moved = await SendAsync(
            user, "MOVE", folder + "/.file", null, destination, ("OC-Total-Length", "6"), ("If", $"<{Files}/a.txt> ([{etag}])"));

        var chunks = XDocument.Parse(listing.Body).Descendants(s_dav + "response")
            .Select(r => (r.Element(s_dav + "href")!.Value, r.Descendants(s_dav + "getcontentlength").Single().Value)).ToList();
        Assert.Equal([($"{folder}/", ""), ($"{folder}/00001", "3"), ($"{folder}/00003", "1")], chunks);
        Assert.Equal((204, moved.Headers["OC-ETag"]), (moved.Status, moved.Headers["ETag"]));
        Assert.NotEqual("", moved.Headers["OC-FileId"]);
        Assert.Equal("newer!", await user.ReadAsync("/a.txt"));
    }

    [Fact]
    public async Task Given_an_upload_that_cannot_become_the_file_when_moved_then_the_status_says_why()
    {
        var user = await site.NewUserAsync(s_streams);
        await user.PutAsync("/a.txt", "old");
        await user.MakeFolderAsync("/folder");
        var folder = await BeginAsync(user, "new");
        var destination = ("Destination", Absolute("/a.txt"));

        Assert.Equal(400, (await MoveAsync(user, folder)).Status);
        Assert.Equal(502, (await MoveAsync(user, folder, ("Destination", "http://elsewhere.example/remote.php/dav/files/somebody/a.txt"))).Status);
        Assert.Equal(400, (await MoveAsync(user, folder, ("Destination", site.App.Address + Uploads[1..] + "/other/1"))).Status);
        Assert.Equal(400, (await MoveAsync(user, folder, destination, ("OC-Total-Length", "4"))).Status);
        Assert.Equal(400, (await MoveAsync(user, folder, destination, ("OC-Total-Length", "many"))).Status);
        Assert.Equal(400, (await MoveAsync(user, folder, destination, ("OC-Checksum", Sha1("old"u8)))).Status);
        Assert.Equal(412, (await MoveAsync(user, folder, destination, ("Overwrite", "F"))).Status);
        Assert.Equal(412, (await MoveAsync(user, folder, destination, ("If", "<" + Absolute("/a.txt") + "> ([\"other\"])"))).Status);
        Assert.Equal(412, (await MoveAsync(user, folder, destination, ("If-None-Match", "*"))).Status);
        Assert.Equal(409, (await MoveAsync(user, folder, ("Destination", Absolute("/missing/a.txt")))).Status);
        Assert.Equal(405, (await MoveAsync(user, folder, ("Destination", Absolute("/folder")))).Status);
        var locked = await user.SendAsync("LOCK", "/a.txt", LockBody, ("Depth", "0"));
        Assert.Equal(423, (await MoveAsync(user, folder, destination)).Status);
        Assert.Equal("old", await user.ReadAsync("/a.txt"));

        Assert.Equal(204, (await MoveAsync(user, folder, destination, ("If", $"<{Absolute("/a.txt")}> ({locked.Headers["Lock-Token"]})"))).Status);
        Assert.Equal("new", await user.ReadAsync("/a.txt"));
    }

    [Fact]
    public async Task Given_less_room_than_an_upload_takes_when_it_goes_on_then_the_status_is_507()
    {
        var user = await site.NewUserAsync(s_streams);
        var capacity = (await user.Api.GetApiAsync("user/capacity")).Data;
        var total = capacity.GetProperty("total").GetInt64();

        Assert.Equal(507, (await SendAsync(user, "MKCOL", Uploads + "/large", null, ("OC-Total-Length", $"{total + 1}"))).Status);
        var folder = await BeginAsync(user, "123");
        Assert.Equal(3, await UsedAsync(user));
        Assert.Equal(204, (await SendAsync(user, "DELETE", folder)).Status);

        Assert.Equal(0, await UsedAsync(user));
        Assert.Equal(404, (await SendAsync(user, "PUT", folder + "/2", [1])).Status);
        Assert.Equal(404, (await MoveAsync(user, folder, ("Destination", Absolute("/a.txt")))).Status);
    }

    [Fact]
    public async Task Given_requests_that_uploads_do_not_know_when_they_are_sent_then_they_are_refused()
    {
        var user = await site.NewUserAsync(s_streams);
        var folder = await BeginAsync(user, "a");

        Assert.Equal(405, (await SendAsync(user, "MKCOL", folder)).Status);
        Assert.Equal(400, (await SendAsync(user, "PUT", folder + "/name", [1])).Status);
        Assert.Equal(400, (await SendAsync(user, "PUT", folder + "/9-3", [1])).Status);
        Assert.Equal(405, (await SendAsync(user, "GET", folder + "/1")).Status);
        Assert.Equal(405, (await SendAsync(user, "COPY", folder + "/.file", null, ("Destination", Absolute("/a.txt")))).Status);
        Assert.Equal(405, (await SendAsync(user, "MOVE", folder + "/1", null, ("Destination", Absolute("/a.txt")))).Status);
        Assert.Equal(404, (await SendAsync(user, "DELETE", folder + "/2")).Status);
        Assert.Equal(400, (await SendAsync(user, "MKCOL", $"{Uploads}/{new string('n', 256)}")).Status);
        Assert.Equal(405, (await SendAsync(user, "PROPFIND", Uploads)).Status);
    }

    [Fact]
    public async Task Given_an_upload_of_one_account_when_others_name_it_then_there_is_none()
    {
        var user = await site.NewUserAsync(s_streams);
        var folder = await BeginAsync(user, "a");
        var other = new DavUser(site, user.User, user.Api, await DavSite.CreateAccountAsync(user.Api, new { proxy = true }));
        var readOnly = new DavUser(site, user.User, user.Api, await DavSite.CreateAccountAsync(user.Api, new { @readonly = true }));

        foreach (var stranger in (DavUser[])[await site.NewUserAsync(s_streams), other])
        {
            Assert.Equal(404, (await SendAsync(stranger, "PROPFIND", folder)).Status);
            Assert.Equal(404, (await SendAsync(stranger, "PUT", folder + "/2", [1])).Status);
            Assert.Equal(404, (await SendAsync(stranger, "DELETE", folder)).Status);
            Assert.Equal(404, (await MoveAsync(stranger, folder, ("Destination", Absolute("/a.txt")))).Status);
        }
        Assert.Equal(403, (await SendAsync(readOnly, "MKCOL", Uploads + "/mine")).Status);
    }

    [Fact]
    public async Task Given_an_account_of_a_folder_when_chunks_are_moved_then_the_file_cannot_leave_it()
    {
        var user = await site.NewUserAsync(s_streams);
        await user.MakeFolderAsync("/inner");
        var inner = new DavUser(site, user.User, user.Api, await DavSite.CreateAccountAsync(user.Api, s_streams, "cloudreve://my/inner"));
        var folder = await BeginAsync(inner, "a");

        Assert.Equal(400, (await MoveAsync(inner, folder, ("Destination", Absolute("/../a.txt")))).Status);
        Assert.Equal(201, (await MoveAsync(inner, folder, ("Destination", Absolute("/a.txt")))).Status);
        Assert.Equal("a", await user.ReadAsync("/inner/a.txt"));
    }

    [Fact]
    public async Task Given_a_checksum_when_a_file_is_written_whole_then_other_content_is_refused()
    {
        var user = await site.NewUserAsync(s_streams);

        Assert.Equal(400, (await SendAsync(user, "PUT", Files + "/a.txt", "content"u8.ToArray(), ("OC-Checksum", Sha1("other"u8)))).Status);
        Assert.Equal(404, (await user.SendAsync("GET", "/a.txt")).Status);
        Assert.Equal(201, (await SendAsync(user, "PUT", Files + "/a.txt", "content"u8.ToArray(), ("OC-Checksum", "ADLER32:0 " + Sha1("content"u8)))).Status);
    }

    [Fact]
    public async Task Given_a_warm_app_when_an_upload_goes_its_way_then_it_costs_the_documented_transactions()
    {
        var user = await site.NewUserAsync(s_streams);
        await user.PutAsync("/warm.txt", "a");
        var folder = await BeginAsync(user, "a");
        await MoveAsync(user, folder, ("Destination", Absolute("/warm.txt")));

        Assert.Equal(1, await CostAsync(() => SendAsync(user, "MKCOL", Uploads + "/2")));
        // Its name, two for the charge, a block, and its row.
        Assert.Equal(5, await CostAsync(() => SendAsync(user, "PUT", Uploads + "/2/1", [1])));
        Assert.Equal(2, await CostAsync(() => SendAsync(user, "PROPFIND", Uploads + "/2")));
        Assert.Equal(21, await CostAsync(() => MoveAsync(user, Uploads + "/2", ("Destination", Absolute("/new.txt")))));
    }

    private const string LockBody =
        "<D:lockinfo xmlns:D=\"DAV:\"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>";

    private static async Task<string> BeginAsync(DavUser user, string content)
    {
        var folder = $"{Uploads}/{Guid.NewGuid()}";
        Assert.Equal(201, (await SendAsync(user, "MKCOL", folder)).Status);
        Assert.Equal(201, (await SendAsync(user, "PUT", folder + "/1", Encoding.ASCII.GetBytes(content))).Status);
        return folder;
    }

    private static Task<DavReply> MoveAsync(DavUser user, string folder, params (string Name, string Value)[] headers) =>
        SendAsync(user, "MOVE", folder + "/.file", null, headers);

    private static async Task<long> UsedAsync(DavUser user) => (await user.Api.GetApiAsync("user/capacity")).Data.GetProperty("used").GetInt64();

    [SuppressMessage("Security", "CA5350", Justification = "What clients state; nothing is protected by it.")]
    private static string Sha1(ReadOnlySpan<byte> content) => "SHA1:" + Convert.ToHexStringLower(SHA1.HashData(content));

    private static async Task<DavReply> SendAsync(DavUser user, string method, string path, byte[]? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
            request.Content = new ByteArrayContent(body);
        foreach (var (name, value) in headers)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        using var answer = await user.Dav.SendAsync(request);
        return new DavReply((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.ToDictionary(h => h.Key, h => string.Join(", ", h.Value)));
    }

    private Task<int> CostAsync(Func<Task<DavReply>> act) =>
        site.App.TransactionsOfAsync(async () => Assert.InRange((await act()).Status, 200, 207));

    private string Absolute(string path) => new Uri(site.App.Address, Files).ToString() + path;
}

using System.Net.Sockets;
using System.Text;
using System.Xml.Linq;
using Cloudreve.Core.Content.Integrity;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.WebDav;

/// <summary>Requests that only an attacker sends.</summary>
public sealed class DavHostileTests(DavSite site) : IClassFixture<DavSite>
{
    private const string LockBody =
        "<D:lockinfo xmlns:D=\"DAV:\"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>";

    private static readonly object s_streams = new { proxy = true };

    [Fact]
    public async Task Given_a_hundred_thousand_properties_when_they_are_asked_for_or_set_then_the_status_is_400()
    {
        var user = await site.NewUserAsync();
        var names = string.Concat(Enumerable.Range(0, 100_000).Select(i => $"<p{i}/>"));

        Assert.Equal(400, (await user.SendAsync("PROPFIND", "/", $"<D:propfind xmlns:D=\"DAV:\"><D:prop>{names}</D:prop></D:propfind>")).Status);
        Assert.Equal(400, (await user.SendAsync("PROPPATCH", "/", $"<D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop>{names}</D:prop></D:set></D:propertyupdate>")).Status);
    }

    [Fact]
    public async Task Given_a_property_of_many_thousand_attributes_when_it_is_sent_then_the_server_answers()
    {
        var user = await site.NewUserAsync();
        await user.PutAsync("/a.txt", "a");
        var attributes = string.Concat(Enumerable.Range(0, 20_000).Select(i => $" xmlns:n{i}=\"u{i}\" a{i}=\"\""));

        var reply = await user.SendAsync(
            "PROPPATCH", "/a.txt", $"<D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop><p{attributes}/></D:prop></D:set></D:propertyupdate>");

        Assert.Equal(207, reply.Status);
        Assert.Contains("507", reply.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_a_body_beyond_the_limit_when_it_is_sent_then_it_is_refused()
    {
        var user = await site.NewUserAsync();

        Assert.Equal(400, (await user.SendAsync("PROPFIND", "/", new string(' ', 1_100_000))).Status);
    }

    [Theory]
    [InlineData("/dav/../../etc/passwd")]
    [InlineData("/dav/%2e%2e/a.txt")]
    [InlineData("/dav/x/%2e%2e/%2e%2e/a.txt")]
    [InlineData("/dav/a%00.txt")]
    [InlineData("/dav/a%2Fb.txt")]
    [InlineData("/dav/a%5Cb.txt")]
    [InlineData("/dav/.")]
    public async Task Given_paths_that_lead_nowhere_when_a_file_is_written_there_then_it_is_refused(string path)
    {
        var user = await site.NewUserAsync(s_streams);

        Assert.InRange(await RawAsync(user, $"PUT {path} HTTP/1.1\r\nHost: {site.App.Address.Authority}\r\nContent-Length: 1\r\n", "a"), 400, 499);

        Assert.Equal(1, await CountAsync(user));
    }

    [Fact]
    public async Task Given_names_that_are_not_utf8_or_too_long_when_written_then_listings_stay_well_formed()
    {
        var user = await site.NewUserAsync(s_streams);

        var broken = await RawAsync(user, $"PUT /dav/%FF%FE.txt HTTP/1.1\r\nHost: {site.App.Address.Authority}\r\nContent-Length: 1\r\n", "a");
        Assert.True(broken is 201 or (>= 400 and < 500), $"{broken}");
        Assert.InRange((await user.SendAsync("PUT", "/" + new string('n', 4_096), "a")).Status, 400, 499);
        Assert.InRange((await user.SendAsync("MKCOL", "/" + new string('n', 256))).Status, 400, 499);
        Assert.InRange((await user.SendAsync("COPY", "/a.txt", null, ("Destination", "/dav/%FF"))).Status, 400, 499);
        Assert.InRange((await user.SendAsync("MOVE", "/a.txt", null, ("Destination", "/dav/" + new string('n', 4_096)))).Status, 400, 499);
        Assert.Equal(broken == 201 ? 2 : 1, await CountAsync(user));
    }

    [Theory]
    [InlineData("(<opaquelocktoken:1>")]
    [InlineData("()")]
    [InlineData("<>")]
    [InlineData("([\"a\"]")]
    [InlineData("(Not)")]
    [InlineData("Not (<a:b>)")]
    [InlineData(") (")]
    public async Task Given_a_malformed_If_header_when_it_is_sent_then_the_status_is_400(string header)
    {
        var user = await site.NewUserAsync();

        Assert.Equal(400, (await user.SendAsync("PUT", "/a.txt", "a", ("If", header))).Status);
    }

    [Fact]
    public async Task Given_an_If_header_of_a_thousand_conditions_when_it_is_sent_then_it_is_refused()
    {
        var user = await site.NewUserAsync();
        var inner = await InnerAsync(user);

        Assert.Equal(400, (await user.SendAsync("PUT", "/a.txt", "a", ("If", string.Concat(Enumerable.Repeat("([\"x\"])", 1_000))))).Status);
        Assert.Equal(412, (await user.SendAsync("PUT", "/a.txt", "a", ("If", "<http://elsewhere.example/dav/a.txt> (Not <a:b>)"))).Status);
        Assert.InRange((await inner.SendAsync("PUT", "/a.txt", "a", ("If", "</dav/../secret.txt> ([\"x\"])"))).Status, 400, 412);
    }

    [Theory]
    [InlineData("PROPFIND", "2")]
    [InlineData("PROPFIND", "-1")]
    [InlineData("LOCK", "1")]
    [InlineData("COPY", "1")]
    [InlineData("MOVE", "0")]
    [InlineData("DELETE", "1")]
    public async Task Given_a_depth_that_the_method_does_not_know_when_it_is_sent_then_the_status_is_400(string method, string depth)
    {
        var user = await site.NewUserAsync();
        await user.MakeFolderAsync("/folder");

        Assert.Equal(400, (await user.SendAsync(method, "/folder/", null, ("Depth", depth), ("Destination", "/dav/other/"))).Status);
    }

    [Fact]
    public async Task Given_an_account_of_a_folder_when_its_client_names_outside_places_then_it_reaches_none()
    {
        var user = await site.NewUserAsync(s_streams);
        await user.PutAsync("/secret.txt", "secret");
        var inner = await InnerAsync(user);
        await inner.PutAsync("/a.txt", "a");

        foreach (var outside in (string[])["/dav/../stolen.txt", "/dav/%2e%2e/stolen.txt", "/dav/..%2Fstolen.txt", "/remote.php/dav/files/../../stolen.txt", "/dav//../stolen.txt"])
        {
            foreach (var method in (string[])["COPY", "MOVE"])
                Assert.InRange((await inner.SendAsync(method, "/a.txt", null, ("Destination", outside))).Status, 400, 499);
        }
        foreach (var path in (string[])["/dav/../secret.txt", "/dav/%2e%2e/secret.txt", "/dav/..%2Fsecret.txt", "/dav/%2e%2e%2fsecret.txt"])
            Assert.InRange(await RawAsync(inner, $"GET {path} HTTP/1.1\r\nHost: {site.App.Address.Authority}\r\n"), 400, 499);
        Assert.Equal("a", await inner.ReadAsync("/a.txt"));
        // The account's root, the folder that is it, and the secret.
        Assert.Equal(3, await CountAsync(user));
    }

    [Fact]
    public async Task Given_a_destination_that_names_another_user_when_a_file_is_copied_then_it_stays_here()
    {
        var (user, other) = (await site.NewUserAsync(s_streams), await site.NewUserAsync(s_streams));
        await user.PutAsync("/a.txt", "a");

        Assert.Equal(201, (await user.SendAsync("COPY", "/a.txt", null, ("Destination", $"/remote.php/dav/files/{Uri.EscapeDataString(other.User.Email)}/b.txt"))).Status);

        Assert.Equal(404, (await other.SendAsync("GET", "/b.txt")).Status);
        Assert.Equal("a", await user.ReadAsync("/b.txt"));
    }

    [Fact]
    public async Task Given_a_lock_of_another_user_when_its_token_is_used_then_it_opens_nothing()
    {
        var (user, other) = (await site.NewUserAsync(s_streams), await site.NewUserAsync(s_streams));
        foreach (var one in (DavUser[])[user, other])
            await one.PutAsync("/a.txt", "old");
        var token = (await user.SendAsync("LOCK", "/a.txt", LockBody)).Headers["Lock-Token"];

        Assert.Equal(409, (await other.SendAsync("UNLOCK", "/a.txt", null, ("Lock-Token", token))).Status);
        Assert.Equal(412, (await other.SendAsync("PUT", "/a.txt", "new", ("If", $"({token})"))).Status);
        Assert.Equal(423, (await user.SendAsync("PUT", "/a.txt", "new")).Status);
    }

    [Fact]
    public async Task Given_a_lock_above_an_accounts_root_when_its_client_looks_then_it_finds_none()
    {
        var user = await site.NewUserAsync(s_streams);
        var inner = await InnerAsync(user);
        await inner.PutAsync("/a.txt", "a");
        var token = (await user.SendAsync("LOCK", "/", LockBody, ("Depth", "infinity"))).Headers["Lock-Token"];

        Assert.Equal(423, (await inner.SendAsync("PUT", "/a.txt", "b")).Status);
        Assert.DoesNotContain("opaquelocktoken", (await inner.SendAsync("PROPFIND", "/a.txt", null, ("Depth", "0"))).Body, StringComparison.Ordinal);
        Assert.Equal(409, (await inner.SendAsync("UNLOCK", "/a.txt", null, ("Lock-Token", token))).Status);
    }

    [Fact]
    public async Task Given_transfers_onto_themselves_or_their_folders_when_sent_then_nothing_changes()
    {
        var user = await site.NewUserAsync(s_streams);
        await user.MakeFolderAsync("/a");
        await user.MakeFolderAsync("/a/b");
        await user.PutAsync("/a/b/c.txt", "c");

        foreach (var method in (string[])["COPY", "MOVE"])
        {
            foreach (var (from, to) in ((string, string)[])[("/a/b/c.txt", "/a/b/c.txt"), ("/a/b/c.txt", "/a/b"), ("/a/b/", "/a/"), ("/a/b/", "/"), ("/a/b/", "/a/b/"), ("/", "/x/")])
                Assert.Equal(403, (await user.SendAsync(method, from, null, ("Destination", "/dav" + to))).Status);
        }
        Assert.Equal(403, (await user.SendAsync("MOVE", "/a/", null, ("Destination", "/dav/a/b/x/"))).Status);
        Assert.Equal("c", await user.ReadAsync("/a/b/c.txt"));
    }

    [Fact]
    public async Task Given_a_folder_that_is_copied_below_itself_when_it_ends_then_the_copy_is_finite()
    {
        var user = await site.NewUserAsync(s_streams);
        await user.MakeFolderAsync("/a");
        await user.PutAsync("/a/b.txt", "b");

        Assert.InRange((await user.SendAsync("COPY", "/a/", null, ("Destination", "/dav/a/c/"))).Status, 201, 403);

        Assert.Equal("b", await user.ReadAsync("/a/b.txt"));
        Assert.Equal(404, (await user.SendAsync("PROPFIND", "/a/c/c/c/", null, ("Depth", "0"))).Status);
    }

    [Fact]
    public async Task Given_a_client_that_is_redirected_when_it_asks_for_a_range_then_blob_storage_gives_it()
    {
        var user = await site.NewUserAsync();
        await user.PutAsync("/a.txt", "0123456789");

        var reply = await user.SendAsync("GET", "/a.txt", null, ("Range", "bytes=3-5"));

        Assert.Equal(302, reply.Status);
        using var anybody = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, reply.Headers["Location"]);
        request.Headers.TryAddWithoutValidation("Range", "bytes=3-5");
        using var part = await anybody.SendAsync(request);
        Assert.Equal((206, "345"), ((int)part.StatusCode, await part.Content.ReadAsStringAsync()));
    }

    [Theory]
    [InlineData("bytes=20-30", 416)]
    [InlineData("bytes=5-2", 200)]
    [InlineData("bytes=-0", 416)]
    [InlineData("lines=1-2", 200)]
    public async Task Given_a_range_that_cannot_be_when_a_file_is_streamed_then_the_status_says_so(string range, int status)
    {
        var user = await site.NewUserAsync(s_streams);
        await user.PutAsync("/a.txt", "0123456789");

        Assert.Equal(status, (await user.SendAsync("GET", "/a.txt", null, ("Range", range))).Status);
    }

    [Fact]
    public async Task Given_a_request_of_the_old_protocol_when_it_is_sent_then_foreign_destinations_stay_foreign()
    {
        var user = await site.NewUserAsync(s_streams);
        await user.PutAsync("/a.txt", "a");

        Assert.Equal(200, await RawAsync(user, "OPTIONS /dav/ HTTP/1.0\r\n"));
        Assert.Equal(200, await RawAsync(user, "GET /dav/a.txt HTTP/1.0\r\n"));
        Assert.Equal(502, await RawAsync(user, "COPY /dav/a.txt HTTP/1.0\r\nDestination: http://elsewhere.example/dav/b.txt\r\n"));
        Assert.Equal(201, await RawAsync(user, "COPY /dav/a.txt HTTP/1.0\r\nDestination: /dav/b.txt\r\n"));
    }

    [Theory]
    [InlineData("//elsewhere.example/dav/b.txt")]
    [InlineData("ftp://127.0.0.1/dav/b.txt")]
    [InlineData("dav/b.txt")]
    [InlineData("")]
    [InlineData("/api/v4/b.txt")]
    [InlineData("/remote.php/dav/uploads/somebody/1/1")]
    [InlineData("http://user:password@[::1/dav")]
    public async Task Given_a_destination_that_is_none_when_a_file_is_moved_then_it_stays(string destination)
    {
        var user = await site.NewUserAsync(s_streams);
        await user.PutAsync("/a.txt", "a");

        var status = (await user.SendAsync("MOVE", "/a.txt", null, ("Destination", destination))).Status;

        Assert.True(status is 400 or 502, $"{status}");
        Assert.Equal("a", await user.ReadAsync("/a.txt"));
    }

    [Fact]
    public async Task Given_twelve_clients_who_do_everything_to_one_set_of_names_when_done_then_nothing_is_torn()
    {
        var user = await site.NewUserAsync(s_streams);
        await user.MakeFolderAsync("/d");
        string[] names = ["/a.txt", "/b.txt", "/d/a.txt", "/d", "/e"];
        var working = Task.WhenAll(Enumerable.Range(0, 12).Select(async client =>
        {
            var random = new Random(client);
            var seen = new HashSet<int>();
            for (var i = 0; i < 15; i++)
            {
                var (from, to) = (names[random.Next(names.Length)], names[random.Next(names.Length)]);
                var reply = random.Next(6) switch
                {
                    0 => await user.SendAsync("PUT", from, $"{client} {i}"),
                    1 => await user.SendAsync("DELETE", from),
                    2 => await user.SendAsync("MOVE", from, null, ("Destination", "/dav" + to)),
                    3 => await user.SendAsync("COPY", from, null, ("Destination", "/dav" + to), ("Overwrite", "F")),
                    4 => await user.SendAsync("MKCOL", from),
                    _ => await user.SendAsync("PROPFIND", "/", null, ("Depth", "infinity")),
                };
                seen.Add(reply.Status);
            }
            return seen;
        }));
        // A call that meets a move in progress waits for it by this clock.
        while (!working.IsCompleted)
        {
            site.Clock.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Delay(TimeSpan.FromMilliseconds(10), TestContext.Current.CancellationToken);
        }
        var statuses = await working;

        Assert.DoesNotContain(statuses.SelectMany(s => s), status => status is < 200 or (>= 500 and not 503));
        Assert.Empty(await site.App.Services.GetRequiredService<SiteIntegrity>().CheckAsync());
    }

    private static async Task<DavUser> InnerAsync(DavUser user)
    {
        await user.MakeFolderAsync("/inner");
        return new DavUser(user.Site, user.User, user.Api, await DavSite.CreateAccountAsync(user.Api, s_streams, "cloudreve://my/inner"));
    }

    /// <summary>Counts the responses of a list of the root.</summary>
    private static async Task<int> CountAsync(DavUser user)
    {
        var list = await user.SendAsync("PROPFIND", "/", null, ("Depth", "1"));
        return XDocument.Parse(list.Body).Root!.Elements().Count();
    }

    /// <summary>Sends a request as it is written.</summary>
    /// <returns>The status.</returns>
    private async Task<int> RawAsync(DavUser user, string head, string body = "")
    {
        using var client = new TcpClient();
        await client.ConnectAsync(site.App.Address.Host, site.App.Address.Port);
        await using var stream = client.GetStream();
        var request = $"{head}Authorization: {user.Dav.DefaultRequestHeaders.Authorization}\r\nConnection: close\r\n\r\n{body}";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var status = await reader.ReadLineAsync() ?? throw new IOException("The connection was closed.");
        return int.Parse(status.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}

using System.Xml.Linq;
using Xunit;

namespace Cloudreve.Functions.Tests.WebDav;

/// <summary>Replays the requests of well-known clients, in order, as their makers and observers have published them.</summary>
public sealed class DavClientReplayTests(DavSite site) : IClassFixture<DavSite>
{
    private static readonly XNamespace s_dav = "DAV:";
    private static readonly object s_streams = new { proxy = true };

    [Fact]
    public async Task Windows_explorer_saves_renames_reads_and_deletes_a_document()
    {
        // Without the option for streaming: Windows does not follow redirects.
        var windows = new Client(await site.NewUserAsync(), "Microsoft-WebDAV-MiniRedir/10.0.22631", ("translate", "f"));
        var options = await windows.ExpectAsync(200, "OPTIONS", "/");
        Assert.Equal(("1, 2, 3", "DAV"), (options.Headers["DAV"], options.Headers["MS-Author-Via"]));
        await windows.ExpectAsync(207, "PROPFIND", "", "", ("Depth", "0"));
        await windows.ExpectAsync(207, "PROPFIND", "/", "", ("Depth", "1"));
        await windows.ExpectAsync(404, "PROPFIND", "/desktop.ini", "", ("Depth", "0"));
        await windows.ExpectAsync(404, "PROPFIND", "/New%20Document.docx", "", ("Depth", "0"));

        await windows.ExpectAsync(201, "PUT", "/New%20Document.docx", "");
        var held = (await windows.ExpectAsync(
            200, "LOCK", "/New%20Document.docx",
            "<?xml version=\"1.0\" encoding=\"utf-8\" ?><D:lockinfo xmlns:D=\"DAV:\"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype>"
            + "<D:owner><D:href>DESKTOP\\user</D:href></D:owner></D:lockinfo>",
            ("Timeout", "Second-3600"))).Headers["Lock-Token"];
        await SetTimesAsync(windows, held);
        await windows.ExpectAsync(200, "HEAD", "/New%20Document.docx");
        await windows.ExpectAsync(204, "PUT", "/New%20Document.docx", "document", ("If", $"({held})"));
        await SetTimesAsync(windows, held);
        await windows.ExpectAsync(204, "UNLOCK", "/New%20Document.docx", null, ("Lock-Token", held));
        await windows.ExpectAsync(
            201, "MOVE", "/New%20Document.docx", null, ("Destination", windows.Absolute("/Report%20%231.docx")), ("Overwrite", "F"));

        Assert.Equal("document", (await windows.ExpectAsync(200, "GET", "/Report%20%231.docx")).Body);
        await windows.ExpectAsync(204, "DELETE", "/Report%20%231.docx");
    }

    [Fact]
    public async Task Finder_saves_a_file_with_its_resource_fork_and_keeps_its_lock()
    {
        const string Names = "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:propfind xmlns:D=\"DAV:\"><D:prop><D:getlastmodified/><D:getcontentlength/><D:creationdate/>"
            + "<D:resourcetype/></D:prop></D:propfind>";
        const string Quota = "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:propfind xmlns:D=\"DAV:\"><D:prop><D:quota-available-bytes/><D:quota-used-bytes/><D:quota/>"
            + "<D:quotaused/></D:prop></D:propfind>";
        const string Lock = "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:lockinfo xmlns:D=\"DAV:\"><D:lockscope><D:exclusive/></D:lockscope>"
            + "<D:locktype><D:write/></D:locktype><D:owner><D:href>http://www.apple.com/webdav_fs/</D:href></D:owner></D:lockinfo>";
        var finder = new Client(await site.NewUserAsync(), "WebDAVFS/3.0.0 (03008000) Darwin/23.0.0 (arm64)");
        Assert.Contains("2", (await finder.ExpectAsync(200, "OPTIONS", "/")).Headers["DAV"], StringComparison.Ordinal);
        await finder.ExpectAsync(207, "PROPFIND", "/", Names, ("Depth", "0"));
        Assert.Contains("quota-available-bytes>1", (await finder.ExpectAsync(207, "PROPFIND", "/", Quota, ("Depth", "0"))).Body, StringComparison.Ordinal);
        await finder.ExpectAsync(207, "PROPFIND", "/", Names, ("Depth", "1"));

        foreach (var (name, content) in ((string, string)[])[("/photo.jpg", "picture"), ("/._photo.jpg", "fork"), ("/.DS_Store", "folder")])
        {
            await finder.ExpectAsync(404, "PROPFIND", name, Names, ("Depth", "0"));
            await finder.ExpectAsync(201, "PUT", name, "");
            var held = (await finder.ExpectAsync(200, "LOCK", name, Lock, ("Depth", "0"), ("Timeout", "Second-600"))).Headers["Lock-Token"];
            await finder.ExpectAsync(200, "LOCK", name, null, ("If", $"({held})"), ("Timeout", "Second-600"));
            await finder.ExpectAsync(204, "PUT", name, content, ("If", $"({held})"), ("X-Expected-Entity-Length", $"{content.Length}"), ("Transfer-Encoding", "chunked"));
            await finder.ExpectAsync(207, "PROPFIND", name, Names, ("Depth", "0"));
            await finder.ExpectAsync(204, "UNLOCK", name, null, ("Lock-Token", held));
        }
        Assert.Equal("ctu", (await finder.ExpectAsync(206, "GET", "/photo.jpg", null, ("Range", "bytes=2-4"))).Body);
        await finder.ExpectAsync(201, "MOVE", "/photo.jpg", null, ("Destination", finder.Absolute("/renamed.jpg")));
        await finder.ExpectAsync(201, "MOVE", "/._photo.jpg", null, ("Destination", finder.Absolute("/._renamed.jpg")));
        await finder.ExpectAsync(204, "DELETE", "/renamed.jpg");
    }

    [Fact]
    public async Task Zotero_checks_the_server_and_keeps_attachments()
    {
        const string Length = "<propfind xmlns=\"DAV:\"><prop><getcontentlength/></prop></propfind>";
        var zotero = new Client(await site.NewUserAsync(s_streams), "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Zotero/7.0.11");
        await zotero.ExpectAsync(200, "OPTIONS", "/zotero/");
        await zotero.ExpectAsync(404, "PROPFIND", "/zotero/", Length, ("Depth", "0"));
        await zotero.ExpectAsync(207, "PROPFIND", "/", Length, ("Depth", "0"));
        await zotero.ExpectAsync(201, "MKCOL", "/zotero/");
        await zotero.ExpectAsync(207, "PROPFIND", "/zotero/", Length, ("Depth", "0"));
        await zotero.ExpectAsync(404, "GET", "/zotero/nonexistent.prop");
        await zotero.ExpectAsync(201, "PUT", "/zotero/zotero-test-file.prop", " ");
        Assert.Equal(" ", (await zotero.ExpectAsync(200, "GET", "/zotero/zotero-test-file.prop")).Body);
        await zotero.ExpectAsync(204, "DELETE", "/zotero/zotero-test-file.prop");

        await zotero.ExpectAsync(404, "GET", "/zotero/ABCD2345.prop");
        await zotero.ExpectAsync(201, "PUT", "/zotero/ABCD2345.zip", "PK", ("Content-Type", "application/zip"));
        await zotero.ExpectAsync(201, "PUT", "/zotero/ABCD2345.prop", "<properties version=\"1\"><mtime>1</mtime><hash>0</hash></properties>");
        Assert.Equal("PK", (await zotero.ExpectAsync(200, "GET", "/zotero/ABCD2345.zip")).Body);
        await zotero.ExpectAsync(204, "PUT", "/zotero/ABCD2345.zip", "PK2");
        await zotero.ExpectAsync(204, "DELETE", "/zotero/ABCD2345.prop");
        await zotero.ExpectAsync(204, "DELETE", "/zotero/ABCD2345.zip");
        await zotero.ExpectAsync(404, "DELETE", "/zotero/ABCD2345.zip");
    }

    [Fact]
    public async Task Joplin_makes_its_folders_and_syncs_notes()
    {
        const string Stat = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><d:propfind xmlns:d=\"DAV:\"><d:prop xmlns:oc=\"http://owncloud.org/ns\"><d:getlastmodified/>"
            + "<d:resourcetype/></d:prop></d:propfind>";
        var joplin = new Client(await site.NewUserAsync(s_streams), "Joplin/3.0");
        await joplin.ExpectAsync(201, "MKCOL", "/joplin");
        await joplin.ExpectAsync(404, "PROPFIND", "/joplin/info.json", Stat, ("Depth", "0"));
        foreach (var folder in (string[])[".resource", "locks", "temp"])
        {
            await joplin.ExpectAsync(201, "MKCOL", "/joplin/" + folder);
            await joplin.ExpectAsync(405, "MKCOL", "/joplin/" + folder);
        }
        await joplin.ExpectAsync(201, "PUT", "/joplin/temp/timeCheck1234.txt", "timeCheck");
        var time = XDocument.Parse((await joplin.ExpectAsync(207, "PROPFIND", "/joplin/temp/timeCheck1234.txt", Stat, ("Depth", "0"))).Body);
        Assert.True(DateTimeOffset.TryParse(time.Descendants(s_dav + "getlastmodified").Single().Value, out _));
        await joplin.ExpectAsync(204, "DELETE", "/joplin/temp/timeCheck1234.txt");

        await joplin.ExpectAsync(201, "PUT", "/joplin/info.json", "{\"version\":3}");
        await joplin.ExpectAsync(201, "PUT", "/joplin/0123456789abcdef0123456789abcdef.md", "note");
        await joplin.ExpectAsync(204, "PUT", "/joplin/0123456789abcdef0123456789abcdef.md", "changed");
        var list = XDocument.Parse((await joplin.ExpectAsync(207, "PROPFIND", "/joplin/", Stat, ("Depth", "1"))).Body);
        Assert.Equal(6, list.Descendants(s_dav + "response").Count());
        Assert.Equal("changed", (await joplin.ExpectAsync(200, "GET", "/joplin/0123456789abcdef0123456789abcdef.md")).Body);
        await joplin.ExpectAsync(204, "DELETE", "/joplin/0123456789abcdef0123456789abcdef.md");
        await joplin.ExpectAsync(404, "GET", "/joplin/0123456789abcdef0123456789abcdef.md");
    }

    [Fact]
    public async Task KeePass_replaces_its_database_through_a_temporary_file()
    {
        var keePass = new Client(await site.NewUserAsync(), "KeePass/2.57");
        await keePass.ExpectAsync(201, "PUT", "/passwords.kdbx", "first");
        Assert.Equal("first", (await keePass.ExpectAsync(200, "GET", "/passwords.kdbx")).Body);

        await keePass.ExpectAsync(404, "GET", "/passwords.kdbx.tmp");
        await keePass.ExpectAsync(201, "PUT", "/passwords.kdbx.tmp", "second");
        await keePass.ExpectAsync(204, "DELETE", "/passwords.kdbx");
        await keePass.ExpectAsync(201, "MOVE", "/passwords.kdbx.tmp", null, ("Destination", keePass.Absolute("/passwords.kdbx")));
        Assert.Equal("second", (await keePass.ExpectAsync(200, "GET", "/passwords.kdbx")).Body);

        // Later versions move over the old file.
        await keePass.ExpectAsync(201, "PUT", "/passwords.kdbx.tmp", "third");
        await keePass.ExpectAsync(204, "MOVE", "/passwords.kdbx.tmp", null, ("Destination", keePass.Absolute("/passwords.kdbx")), ("Overwrite", "T"));
        Assert.Equal("third", (await keePass.ExpectAsync(200, "GET", "/passwords.kdbx")).Body);
    }

    private static async Task SetTimesAsync(Client windows, string held)
    {
        var reply = await windows.ExpectAsync(
            207, "PROPPATCH", "/New%20Document.docx",
            "<?xml version=\"1.0\" encoding=\"utf-8\" ?><D:propertyupdate xmlns:D=\"DAV:\" xmlns:Z=\"urn:schemas-microsoft-com:\"><D:set><D:prop>"
            + "<Z:Win32CreationTime>Sun, 29 Nov 2026 10:00:00 GMT</Z:Win32CreationTime><Z:Win32LastAccessTime>Sun, 29 Nov 2026 10:00:00 GMT</Z:Win32LastAccessTime>"
            + "<Z:Win32LastModifiedTime>Sun, 29 Nov 2026 10:00:00 GMT</Z:Win32LastModifiedTime><Z:Win32FileAttributes>00000020</Z:Win32FileAttributes>"
            + "</D:prop></D:set></D:propertyupdate>",
            ("If", $"({held})"));
        Assert.Contains("200 OK", reply.Body, StringComparison.Ordinal);
    }

    /// <summary>A client with its name and what it sends with each request.</summary>
    private sealed record Client(DavUser User, string Agent, params (string Name, string Value)[] Always)
    {
        public async Task<DavReply> ExpectAsync(int status, string method, string path, string? body = null, params (string Name, string Value)[] headers)
        {
            var reply = await User.SendAsync(method, path, body, [("User-Agent", Agent), .. Always, .. headers.Where(header => header.Name != "Content-Type")]);
            Assert.True(reply.Status == status, $"{method} {path}: {reply.Status} {reply.Body}");
            return reply;
        }

        public string Absolute(string path) => new Uri(User.Site.App.Address, "/dav").ToString() + path;
    }
}

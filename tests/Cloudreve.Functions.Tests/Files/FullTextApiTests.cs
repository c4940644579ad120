using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Files.Uploads;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Files;

public sealed class FullTextApiTests(SharedApp shared) : IClassFixture<SharedApp>, IAsyncLifetime
{
    private AppFixture App => shared.App;

    public async ValueTask InitializeAsync() => await SwitchAsync("1");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Given_uploaded_text_and_documents_when_their_words_are_searched_for_then_they_are_found()
    {
        var (client, user) = await App.NewUserAsync();
        await UploadAsync(client, user, "/notes.txt", "needle of text"u8.ToArray());
        await UploadAsync(client, user, "/read me.md", "# Needle\nof *Markdown*"u8.ToArray());
        await UploadAsync(client, user, "/letter.docx", Zip("word/document.xml", "<d><p><t>needle of Word</t></p></d>"));
        await UploadAsync(client, user, "/table.xlsx", Zip("xl/sharedStrings.xml", "<d><si><t>needle of Excel</t></si></d>"));
        await UploadAsync(client, user, "/talk.pptx", Zip("ppt/slides/slide1.xml", "<d><p><t>needle of PowerPoint</t></p></d>"));
        await UploadAsync(client, user, "/paper.pdf", Pdf("needle of PDF"));
        await UploadAsync(client, user, "/other.txt", "straw"u8.ToArray());

        var found = await SearchAsync(client, "needle");

        Assert.Equal(6, found.GetProperty("total").GetInt64());
        Assert.Equal(
            ["letter.docx", "notes.txt", "paper.pdf", "read me.md", "table.xlsx", "talk.pptx"],
            NamesOf(found).Order(StringComparer.Ordinal));
        var note = found.GetProperty("hits").EnumerateArray().Single(hit => hit.GetProperty("file").GetProperty("name").GetString() == "notes.txt");
        Assert.Equal("<em>needle</em> of text", note.GetProperty("content").GetString());
        Assert.Equal("cloudreve://my/notes.txt", note.GetProperty("file").GetProperty("path").GetString());
        var info = (await client.GetApiAsync("file/info?uri=" + Uri.EscapeDataString("cloudreve://my/notes.txt"))).Data;
        Assert.Equal(info.GetProperty("primary_entity").GetString(), info.GetProperty("metadata").GetProperty("sys:fulltext_index").GetString());
    }

    [Fact]
    public async Task Given_an_indexed_file_when_its_place_changes_in_every_way_then_the_hits_follow()
    {
        var (client, user) = await App.NewUserAsync();
        await UploadAsync(client, user, "/a.txt", "needle"u8.ToArray());
        await client.PostApiAsync("file/create", new { uri = "cloudreve://my/folder", type = "folder" });

        await client.PostApiAsync("file/rename", new { uri = "cloudreve://my/a.txt", new_name = "b.txt" });
        await client.PostApiAsync("file/move", new { uris = new[] { "cloudreve://my/b.txt" }, dst = "cloudreve://my/folder", copy = false });
        Assert.Equal(["cloudreve://my/folder/b.txt"], PathsOf(await SearchAsync(client, "needle")));
        await client.PostApiAsync("file/move", new { uris = new[] { "cloudreve://my/folder/b.txt" }, dst = "cloudreve://my", copy = true });
        Assert.Equal(["cloudreve://my/b.txt", "cloudreve://my/folder/b.txt"], PathsOf(await SearchAsync(client, "needle")).Order(StringComparer.Ordinal));
        await client.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { "cloudreve://my/folder" } });
        Assert.Equal(["cloudreve://my/b.txt"], PathsOf(await SearchAsync(client, "needle")));
        await client.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { "cloudreve://my/b.txt" }, skip_soft_delete = true });
        Assert.Equal(0, (await SearchAsync(client, "needle")).GetProperty("total").GetInt64());
        var trashed = (await client.GetApiAsync("file?uri=cloudreve%3A%2F%2Ftrash")).Data.GetProperty("files")[0].GetProperty("path").GetString()!;
        await client.PostApiAsync("file/restore", new { uris = new[] { trashed } });
        Assert.Equal(["cloudreve://my/folder/b.txt"], PathsOf(await SearchAsync(client, "needle")));
    }

    [Fact]
    public async Task Given_a_new_version_when_it_is_indexed_then_only_its_words_are_found()
    {
        var (client, user) = await App.NewUserAsync();
        await UploadAsync(client, user, "/a.txt", "needle"u8.ToArray());
        await UploadAsync(client, user, "/a.txt", "thread"u8.ToArray());

        Assert.Empty(PathsOf(await SearchAsync(client, "needle")));
        Assert.Equal(["cloudreve://my/a.txt"], PathsOf(await SearchAsync(client, "thread")));
    }

    [Fact]
    public async Task Given_files_of_another_user_when_their_words_are_searched_for_then_nothing_is_found()
    {
        var (owner, user) = await App.NewUserAsync();
        await UploadAsync(owner, user, "/a.txt", "needle"u8.ToArray());
        var (client, _) = await App.NewUserAsync();

        Assert.Empty(PathsOf(await SearchAsync(client, "needle")));
        Assert.Equal(401, (await App.CreateClient().GetApiAsync("file/search?query=needle")).Code);
    }

    [Theory]
    [InlineData("file/search")]
    [InlineData("file/search?query=")]
    [InlineData("file/search?query=a&offset=-1")]
    [InlineData("file/search?query=a&offset=x")]
    public async Task Given_a_malformed_search_when_it_is_sent_then_it_is_refused(string search)
    {
        var (client, _) = await App.NewUserAsync();

        Assert.Equal(40001, (await client.GetApiAsync(search)).Code);
        Assert.Equal(40001, (await client.GetApiAsync("file/search?query=" + new string('a', 256))).Code);
    }

    [Fact]
    public async Task Given_a_site_without_full_text_search_when_it_is_asked_then_the_feature_is_disabled()
    {
        var (client, user) = await App.NewUserAsync();
        Assert.True((await client.GetApiAsync("site/config/explorer")).Data.GetProperty("full_text_search").GetBoolean());
        await SwitchAsync("0");

        await UploadAsync(client, user, "/a.txt", "needle"u8.ToArray());

        Assert.Equal(40019, (await client.GetApiAsync("file/search?query=needle")).Code);
        Assert.Equal(40019, (await (await App.SignInAsync()).PostApiAsync("workflow/rebuildFtsIndex", new { })).Code);
        Assert.False((await client.GetApiAsync("site/config/explorer")).Data.GetProperty("full_text_search").GetBoolean());
        var file = await App.Services.GetRequiredService<EntriesByPath>().GetAsync(user.Id, FilePath.ParsePlain("/a.txt"));
        Assert.Empty(file.Metadata);
    }

    [Fact]
    public async Task Given_an_administrator_when_a_rebuild_is_requested_then_the_task_is_queued_and_listed()
    {
        var admin = await App.SignInAsync();

        var task = (await admin.PostApiAsync("workflow/rebuildFtsIndex", new { filtered_storage_policy = new[] { 1 } })).Data;

        Assert.Equal(("full_text_rebuild", "queued"), (task.GetProperty("type").GetString(), task.GetProperty("status").GetString()));
        Assert.Equal(0, task.GetProperty("summary").GetProperty("props").GetProperty("failed").GetInt64());
        var listed = (await admin.GetApiAsync("workflow?page_size=10&category=general")).Data.GetProperty("tasks").EnumerateArray();
        Assert.Contains(listed, other => other.GetProperty("id").GetString() == task.GetProperty("id").GetString());
        Assert.Equal(40035, (await admin.PostApiAsync("workflow/rebuildFtsIndex", new { filtered_storage_policy = new[] { 99 } })).Code);
        var (client, _) = await App.NewUserAsync();
        Assert.Equal(403, (await client.PostApiAsync("workflow/rebuildFtsIndex", new { })).Code);
    }

    private Task SwitchAsync(string value) =>
        App.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string> { ["fts_enabled"] = value });

    /// <summary>Uploads a file, and handles the message that this sends.</summary>
    private async Task UploadAsync(HttpClient client, User user, string path, byte[] content)
    {
        var answer = await client.SendRawAsync(
            HttpMethod.Put, "file/content?uri=" + Uri.EscapeDataString("cloudreve://my" + path), ContentTests.Octets(content));
        Assert.Equal(0, answer.Code);
        var file = await App.Services.GetRequiredService<EntriesByPath>().GetAsync(user.Id, FilePath.ParsePlain(path));
        await App.Host.InvokeAsync("GenerateThumbnail", MediaRequests.MediaPrefix + file.Id);
    }

    private static async Task<JsonElement> SearchAsync(HttpClient client, string query)
    {
        var answer = await client.GetApiAsync("file/search?query=" + Uri.EscapeDataString(query));
        Assert.Equal(0, answer.Code);
        return answer.Data;
    }

    private static IEnumerable<string> NamesOf(JsonElement found) =>
        found.GetProperty("hits").EnumerateArray().Select(hit => hit.GetProperty("file").GetProperty("name").GetString()!);

    private static IEnumerable<string> PathsOf(JsonElement found) =>
        found.GetProperty("hits").EnumerateArray().Select(hit => hit.GetProperty("file").GetProperty("path").GetString()!);

    private static byte[] Zip(string name, string content)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var entry = zip.CreateEntry(name).Open();
            entry.Write(Encoding.UTF8.GetBytes(content));
        }
        return bytes.ToArray();
    }

    private static byte[] Pdf(string text)
    {
        var content = $"BT /F1 12 Tf 50 700 Td ({text}) Tj ET";
        string[] objects =
        [
            "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
            $"<< /Length {content.Length} >>\nstream\n{content}\nendstream", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        ];
        var pdf = new StringBuilder("%PDF-1.4\n");
        var offsets = new List<int>();
        for (var i = 0; i < objects.Length; i++)
        {
            offsets.Add(pdf.Length);
            pdf.Append(FormattableString.Invariant($"{i + 1} 0 obj\n{objects[i]}\nendobj\n"));
        }
        var table = pdf.Length;
        pdf.Append("xref\n0 6\n0000000000 65535 f \n").AppendJoin("", offsets.Select(offset => FormattableString.Invariant($"{offset:D10} 00000 n \n")));
        pdf.Append(FormattableString.Invariant($"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{table}\n%%EOF"));
        return Encoding.Latin1.GetBytes(pdf.ToString());
    }
}

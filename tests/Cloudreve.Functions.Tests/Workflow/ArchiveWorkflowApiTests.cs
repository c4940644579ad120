using System.IO.Compression;
using System.Net.Http.Json;
using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Files;
using Cloudreve.Testing.Contract;
using Xunit;

namespace Cloudreve.Functions.Tests.Workflow;

public sealed class ArchiveWorkflowApiTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private const int GroupId = 57;

    private AppFixture App => shared.App;

    [Fact]
    public async Task Given_files_when_an_archive_is_requested_then_its_task_is_listed_with_them()
    {
        var (client, user) = await NewUserAsync();
        await App.AddFileAsync(user, "/a.txt", [1]);

        var task = (await client.PostApiAsync("workflow/archive", new { src = new[] { "cloudreve://my/a.txt" }, dst = "cloudreve://my/a.zip" })).Data;

        Assert.Equal("create_archive", task.GetProperty("type").GetString());
        Assert.Equal("queued", task.GetProperty("status").GetString());
        var props = task.GetProperty("summary").GetProperty("props");
        Assert.Equal(["cloudreve://my/a.txt"], props.GetProperty("src_multiple").EnumerateArray().Select(uri => uri.GetString()));
        Assert.Equal("cloudreve://my/a.zip", props.GetProperty("dst").GetString());
        Assert.Equal(0, props.GetProperty("failed").GetInt64());
        var listed = (await client.GetApiAsync("workflow?page_size=10&category=general")).Data.GetProperty("tasks");
        Assert.Equal(task.GetProperty("id").GetString(), Assert.Single(listed.EnumerateArray()).GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("zip.stored")]
    [InlineData("tar.gz")]
    [InlineData("tar.zst")]
    public async Task Given_another_format_when_an_archive_is_requested_then_the_task_is_queued(string format)
    {
        var (client, user) = await NewUserAsync();
        await App.AddFileAsync(user, "/a.txt", [1]);

        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v4/workflow/archive")
        {
            Content = JsonContent.Create(new { src = new[] { "cloudreve://my/a.txt" }, dst = "cloudreve://my/all", format }),
        };
        request.Options.Set(ContractHandler.Undocumented, true);
        using var answer = await client.SendAsync(request);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());

        Assert.Equal("queued", body.RootElement.GetProperty("data").GetProperty("status").GetString());
    }

    [Fact]
    public async Task Given_a_zip_when_its_extraction_is_requested_then_the_task_is_queued_with_what_it_works_on()
    {
        var (client, user) = await NewUserAsync();
        await App.AddFileAsync(user, "/a.zip", Zip());

        var task = (await client.PostApiAsync(
            "workflow/extract", new { src = new[] { "cloudreve://my/a.zip" }, dst = "cloudreve://my", encoding = "gbk", file_mask = new[] { "b.txt" } })).Data;

        Assert.Equal("extract_archive", task.GetProperty("type").GetString());
        Assert.Equal("cloudreve://my/a.zip", task.GetProperty("summary").GetProperty("props").GetProperty("src").GetString());
        Assert.Equal("cloudreve://my", task.GetProperty("summary").GetProperty("props").GetProperty("dst").GetString()!.TrimEnd('/'));
    }

    [Theory]
    [InlineData("archive", """{"src":[],"dst":"cloudreve://my/new.zip"}""", 40001)]
    [InlineData("archive", """{"dst":"cloudreve://my/new.zip"}""", 40001)]
    [InlineData("archive", """{"src":["cloudreve://my/a.zip"]}""", 40001)]
    [InlineData("archive", """{"src":["cloudreve://my/none"],"dst":"cloudreve://my/new.zip"}""", 40016)]
    [InlineData("archive", """{"src":["cloudreve://my/a.zip"],"dst":"cloudreve://my/a.zip"}""", 40004)]
    [InlineData("archive", """{"src":["cloudreve://my/a.zip"],"dst":"cloudreve://my/a.zip/new.zip"}""", 40004)]
    [InlineData("archive", """{"src":["cloudreve://trash/a.zip"],"dst":"cloudreve://my/new.zip"}""", 403)]
    [InlineData("archive", """{"src":["cloudreve://my/a.zip"],"dst":"cloudreve://my/new","format":"arj"}""", 40001)]
    [InlineData("extract", """{"src":["cloudreve://my/a.zip","cloudreve://my/a.zip"],"dst":"cloudreve://my"}""", 40001)]
    [InlineData("extract", """{"src":["cloudreve://my/a.zip"],"dst":"cloudreve://my/none"}""", 40001)]
    [InlineData("extract", """{"src":["cloudreve://my/a.zip"],"dst":"cloudreve://my","encoding":"none"}""", 40001)]
    [InlineData("extract", """{"src":["cloudreve://my/a.zip"],"dst":"cloudreve://my","file_mask":[""]}""", 40001)]
    public async Task Given_a_bad_request_when_it_is_made_then_the_documented_code_answers_and_no_task_exists(string route, string body, int code)
    {
        var (client, user) = await NewUserAsync();
        await App.AddFileAsync(user, "/a.zip", Zip());

        var answer = await client.SendTextAsync(HttpMethod.Post, "workflow/" + route, body);

        Assert.Equal(code, answer.Code);
        Assert.Empty((await client.GetApiAsync("workflow?page_size=10&category=general")).Data.GetProperty("tasks").EnumerateArray());
    }

    [Fact]
    public async Task Given_a_group_without_the_permission_when_archives_are_requested_then_it_is_refused()
    {
        var (client, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/a.zip", Zip());
        string[] source = ["cloudreve://my/a.zip"];

        Assert.Equal(40007, (await client.PostApiAsync("workflow/archive", new { src = source, dst = "cloudreve://my/b.zip" })).Code);
        Assert.Equal(40007, (await client.PostApiAsync("workflow/extract", new { src = source, dst = "cloudreve://my" })).Code);
        Assert.Equal(401, (await App.CreateClient().PostApiAsync("workflow/archive", new { src = source, dst = "cloudreve://my/b.zip" })).Code);
    }

    private async Task<(HttpClient Client, User User)> NewUserAsync()
    {
        await App.ChangeGroupAsync(Group.UserId, g => g with { Id = GroupId, Permissions = g.Permissions.With((int)GroupPermission.ArchiveTask, value: true) });
        return await App.NewUserAsync(GroupId);
    }

    private static byte[] Zip()
    {
        using var output = new MemoryStream();
        using (var archive = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var content = archive.CreateEntry("b.txt").Open();
            content.Write([1, 2, 3]);
        }
        return output.ToArray();
    }
}

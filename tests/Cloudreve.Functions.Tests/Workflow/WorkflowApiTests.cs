using System.Net.Http.Json;
using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Tasks;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Contract;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Workflow;

public sealed class WorkflowApiTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private AppFixture App => shared.App;

    [Fact]
    public async Task Given_an_administrator_when_an_import_is_requested_then_the_target_user_sees_the_task()
    {
        var (client, _, id) = await NewUserAsync();
        await App.Layout.Container(App.Layout.FilesContainerName).WriteAsync("photos/1.jpg", BinaryData.FromString("1"));

        var answer = await (await App.SignInAsync()).PostApiAsync("workflow/import", Body("/photos", "/Pictures", id));

        var task = answer.Data;
        Assert.Equal("import", task.GetProperty("type").GetString());
        Assert.Equal("queued", task.GetProperty("status").GetString());
        var props = task.GetProperty("summary").GetProperty("props");
        Assert.Equal($"cloudreve://{id}@my/Pictures", props.GetProperty("dst").GetString());
        Assert.Equal("/photos", props.GetProperty("src_str").GetString());
        Assert.Equal(0, props.GetProperty("failed").GetInt64());
        var listed = (await client.GetApiAsync("workflow?page_size=10&category=general")).Data.GetProperty("tasks");
        Assert.Equal(task.GetProperty("id").GetString(), Assert.Single(listed.EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal("cloudreve://my/Pictures", listed[0].GetProperty("summary").GetProperty("props").GetProperty("dst").GetString());
    }

    [Fact]
    public async Task Given_a_dry_run_when_it_is_requested_then_its_task_says_so()
    {
        var (_, _, id) = await NewUserAsync();
        await App.Layout.Container(App.Layout.FilesContainerName).WriteAsync("photos/1.jpg", BinaryData.FromString("1"));

        var props = await ImportUndocumentedAsync(new { src = "/photos", dst = "/p", user_id = id, policy_id = 1, dry_run = true });

        Assert.True(props.GetProperty("dry_run").GetBoolean());
    }

    [Fact]
    public async Task Given_a_mirror_with_an_interval_when_it_is_requested_then_its_task_says_so()
    {
        var (_, _, id) = await NewUserAsync();
        await App.Layout.Container(App.Layout.FilesContainerName).WriteAsync("photos/1.jpg", BinaryData.FromString("1"));

        var props = await ImportUndocumentedAsync(new { src = "/photos", dst = "/p", user_id = id, policy_id = 1, mirror = true, interval = 60 });

        Assert.Equal((true, 60), (props.GetProperty("mirror").GetBoolean(), props.GetProperty("interval").GetInt32()));
    }

    [Theory]
    [InlineData("""{"src":"/a","dst":"/b","user_id":"{0}","policy_id":1,"interval":60}""", 40001)]
    [InlineData("""{"src":"/a","dst":"/b","user_id":"{0}","policy_id":1,"mirror":true,"dry_run":true,"interval":60}""", 40001)]
    [InlineData("""{"src":"/a","dst":"/b","user_id":"{0}","policy_id":1,"mirror":true,"interval":4}""", 40001)]
    [InlineData("""{"src":"/a","dst":"/b","user_id":"{0}","policy_id":1,"mirror":true,"interval":43201}""", 40001)]
    [InlineData("""{"src":"/a","dst":"/b","user_id":"{0}","policy_id":1,"mirror":true,"interval":-1}""", 40001)]
    [InlineData("""{"src":"/a","dst":"/b","user_id":"{0}","policy_id":1,"mirror":"yes"}""", 40001)]
    [InlineData("""{"src":"/a","dst":"/b","user_id":"{0}"}""", 40001)]
    [InlineData("""{"src":"/a","dst":"/b","user_id":"{0}","policy_id":"1"}""", 40001)]
    [InlineData("""{"src":"/a","dst":"/b","user_id":"{0}","policy_id":99999999999}""", 40001)]
    [InlineData("""{"src":"/a","dst":"/b","user_id":"{0}","policy_id":77}""", 40035)]
    [InlineData("""{"src":"/a","dst":"/b","user_id":"nobody","policy_id":1}""", 40001)]
    [InlineData("""{"src":"/../a","dst":"/b","user_id":"{0}","policy_id":1}""", 40001)]
    [InlineData("""{"src":"/uploads","dst":"/b","user_id":"{0}","policy_id":1}""", 40001)]
    [InlineData("""{"src":"/thumbnails/x","dst":"/b","user_id":"{0}","policy_id":1}""", 40001)]
    [InlineData("""{"src":"","dst":"/b","user_id":"{0}","policy_id":1}""", 40001)]
    [InlineData("""{"src":"/not/there","dst":"/b","user_id":"{0}","policy_id":1}""", 40045)]
    [InlineData("""{"src":"/a","dst":"","user_id":"{0}","policy_id":1}""", 40001)]
    [InlineData("""{"src":"/a","dst":"cloudreve://trash","user_id":"{0}","policy_id":1}""", 40001)]
    [InlineData("""{"src":"/a","dst":"/b""", 40001)]
    public async Task Given_a_bad_import_when_it_is_requested_then_no_task_exists(string body, int code)
    {
        var (client, _, id) = await NewUserAsync();

        var answer = await (await App.SignInAsync()).SendTextAsync(HttpMethod.Post, "workflow/import", body.Replace("{0}", id, StringComparison.Ordinal));

        Assert.Equal(code, answer.Code);
        Assert.Empty((await client.GetApiAsync("workflow?page_size=10&category=general")).Data.GetProperty("tasks").EnumerateArray());
    }

    [Fact]
    public async Task Given_a_user_who_is_gone_when_an_import_for_them_is_requested_then_the_answer_says_so()
    {
        var gone = (await App.GetSiteAsync()).HashIds.Encode(987_654, HashIdKind.User);

        var answer = await (await App.SignInAsync()).PostApiAsync("workflow/import", Body("/a", "/b", gone));

        Assert.Equal((40021, "The user does not exist."), (answer.Code, answer.Msg));
    }

    [Fact]
    public async Task Given_a_user_without_rights_when_an_import_is_requested_then_it_is_denied()
    {
        var (client, _, id) = await NewUserAsync();

        Assert.Equal(403, (await client.PostApiAsync("workflow/import", Body("/a", "/b", id))).Code);
        Assert.Equal(401, (await App.CreateClient().PostApiAsync("workflow/import", Body("/a", "/b", id))).Code);
    }

    [Theory]
    [InlineData("page_size=9&category=general")]
    [InlineData("page_size=101&category=general")]
    [InlineData("page_size=10&category=other")]
    [InlineData("page_size=10")]
    [InlineData("page_size=10&category=general&next_page_token=zz")]
    public async Task Given_a_bad_page_when_tasks_are_listed_then_the_request_is_refused(string query)
    {
        var (client, _, _) = await NewUserAsync();

        Assert.Equal(40001, (await client.GetApiAsync("workflow?" + query)).Code);
    }

    [Fact]
    public async Task Given_a_task_when_others_ask_for_its_progress_then_owner_and_administrators_see_it()
    {
        var (client, user, _) = await NewUserAsync();
        var (stranger, _, _) = await NewUserAsync();
        var tasks = App.Services.GetRequiredService<TaskStore>();
        var now = DateTimeOffset.UtcNow;
        await tasks.CreateAsync(new WorkflowTask
        {
            Id = 4711,
            OwnerId = user.Id,
            Type = "import",
            CreatedAt = now,
            UpdatedAt = now,
            Job = """{"source":"a/","destination":"/b","userId":1,"policyId":1,"recursive":true,"extractMediaMeta":false}""",
            Progress = new Dictionary<string, TaskProgress> { ["imported"] = new(10, 4) },
        });
        var path = "workflow/progress/" + (await App.GetSiteAsync()).HashIds.Encode(4711, HashIdKind.Task);

        Assert.Equal(4, (await client.GetApiAsync(path)).Data.GetProperty("imported").GetProperty("current").GetInt64());
        Assert.Equal(4, (await (await App.SignInAsync()).GetApiAsync(path)).Data.GetProperty("imported").GetProperty("current").GetInt64());
        Assert.Empty((await stranger.GetApiAsync(path)).Data.EnumerateObject());
        Assert.Equal(40001, (await client.GetApiAsync("workflow/progress/none")).Code);
    }

    /// <summary>Requests an import with fields that are no part of the contract, and returns the properties of its task.</summary>
    private async Task<JsonElement> ImportUndocumentedAsync(object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v4/workflow/import") { Content = JsonContent.Create(body) };
        request.Options.Set(ContractHandler.Undocumented, true);
        using var response = await (await App.SignInAsync()).SendAsync(request);
        using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return answer.RootElement.GetProperty("data").GetProperty("summary").GetProperty("props").Clone();
    }

    private static object Body(string source, string destination, string userId) =>
        new { src = source, dst = destination, user_id = userId, policy_id = 1, recursive = true, extract_media_meta = false };

    private async Task<(HttpClient Client, User User, string Id)> NewUserAsync()
    {
        var user = await App.CreateUserAsync();
        return (await App.SignInAsync(user.Email), user, (await App.GetSiteAsync()).HashIds.Encode(user.Id, HashIdKind.User));
    }
}

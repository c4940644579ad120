using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.RemoteDownloads;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Files;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Workflow;

public sealed class RemoteDownloadApiTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private const int GroupId = 58;

    private AppFixture App => shared.App;

    [Fact]
    public async Task Given_links_when_they_are_requested_then_each_has_a_task_among_the_downloads()
    {
        var (client, _) = await NewUserAsync();

        var tasks = (await client.PostApiAsync(
            "workflow/download", new { src = new[] { "https://example.invalid/a", "https://example.invalid/b" }, dst = "cloudreve://my" })).Data;

        Assert.Equal(["https://example.invalid/a", "https://example.invalid/b"], SourcesOf(tasks));
        Assert.All(tasks.EnumerateArray(), task => Assert.Equal("remote_download", task.GetProperty("type").GetString()));
        Assert.Empty((await client.GetApiAsync("workflow?page_size=10&category=general")).Data.GetProperty("tasks").EnumerateArray());
    }

    [Theory]
    [InlineData("""{"dst":"cloudreve://my"}""", 40001)]
    [InlineData("""{"src":[],"dst":"cloudreve://my"}""", 40001)]
    [InlineData("""{"src":["https://example.invalid/a"],"src_file":"cloudreve://my/a.torrent","dst":"cloudreve://my"}""", 40001)]
    [InlineData("""{"src":[""," "],"dst":"cloudreve://my"}""", 40001)]
    [InlineData("""{"src":["ftp://example.invalid/a"],"dst":"cloudreve://my"}""", 40081)]
    [InlineData("""{"src":["https://a.invalid","https://b.invalid","https://c.invalid","https://d.invalid","https://e.invalid","https://f.invalid"],"dst":"cloudreve://my"}""", 40015)]
    [InlineData("""{"src_file":"cloudreve://my/a.torrent","dst":"cloudreve://my"}""", 40019)]
    [InlineData("""{"src":["https://example.invalid/a"],"dst":"cloudreve://my/none"}""", 40016)]
    [InlineData("""{"src":["https://example.invalid/a"],"dst":"cloudreve://trash"}""", 403)]
    public async Task Given_a_bad_request_when_it_is_made_then_the_documented_code_answers_and_no_task_exists(string body, int code)
    {
        var (client, _) = await NewUserAsync();

        Assert.Equal(code, (await client.SendTextAsync(HttpMethod.Post, "workflow/download", body)).Code);

        Assert.Empty((await client.GetApiAsync("workflow?page_size=10&category=downloading")).Data.GetProperty("tasks").EnumerateArray());
    }

    [Fact]
    public async Task Given_lines_of_which_one_is_no_link_when_they_are_requested_then_it_fails_alone_and_blank_ones_do_not_count()
    {
        var (client, _) = await NewUserAsync();

        var answer = await client.PostApiAsync(
            "workflow/download",
            new { src = new[] { " https://example.invalid/a\r", "magnet:?xt=urn:btih:1", "", "https://example.invalid/b", "https://example.invalid/a" }, dst = "cloudreve://my" });

        Assert.Equal(40081, answer.Code);
        var failure = Assert.Single(answer.Root.GetProperty("aggregated_error").EnumerateObject());
        Assert.Equal(("magnet:?xt=urn:btih:1", 40001), (failure.Name, failure.Value.GetProperty("code").GetInt32()));
        Assert.Equal(["https://example.invalid/a", "https://example.invalid/b"], SourcesOf(answer.Data));
        var shown = (await client.GetApiAsync("workflow?page_size=10&category=downloading")).Data.GetProperty("tasks");
        Assert.Equal(["https://example.invalid/a", "https://example.invalid/b"], SourcesOf(shown).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Given_more_downloads_than_a_page_when_those_under_way_are_listed_then_all_come_and_of_ended_ones_a_page()
    {
        var (client, user) = await NewUserAsync();
        for (var i = 0; i < 12; i++)
        {
            await AddAsync(user, WorkflowTaskStatus.Processing, RemoteDownload.Monitoring);
            await AddAsync(user, WorkflowTaskStatus.Completed, "");
        }

        var running = (await client.GetApiAsync("workflow?page_size=10&category=downloading")).Data;
        var ended = (await client.GetApiAsync("workflow?page_size=10&category=downloaded")).Data;

        Assert.Equal((12, 10), (running.GetProperty("tasks").GetArrayLength(), ended.GetProperty("tasks").GetArrayLength()));
        Assert.False(running.GetProperty("pagination").TryGetProperty("next_token", out _));
        Assert.True(ended.GetProperty("pagination").TryGetProperty("next_token", out _));
    }

    [Fact]
    public async Task Given_a_group_without_the_permission_when_a_download_is_requested_then_it_is_refused()
    {
        var (client, _) = await App.NewUserAsync();

        Assert.Equal(40007, (await client.PostApiAsync("workflow/download", new { src = new[] { "https://example.invalid/a" }, dst = "cloudreve://my" })).Code);
    }

    [Fact]
    public async Task Given_a_download_that_runs_when_its_file_is_deselected_and_it_is_cancelled_then_it_shows_both()
    {
        var (client, user) = await NewUserAsync();
        var (id, taskId) = await AddAsync(user, WorkflowTaskStatus.Processing, RemoteDownload.Monitoring);

        var selected = await client.SendTextAsync(HttpMethod.Patch, "workflow/download/" + id, """{"files":[{"index":0,"download":false}]}""");
        var other = await client.SendTextAsync(HttpMethod.Patch, "workflow/download/" + id, """{"files":[{"index":1,"download":false}]}""");
        var shown = Assert.Single((await client.GetApiAsync("workflow?page_size=10&category=downloading")).Data.GetProperty("tasks").EnumerateArray());
        var cancelled = await client.SendApiAsync(HttpMethod.Delete, "workflow/download/" + id);

        Assert.Equal((0, 40001, 0), (selected.Code, other.Code, cancelled.Code));
        var download = shown.GetProperty("summary").GetProperty("props").GetProperty("download");
        Assert.Equal(("a.bin", "downloading", 100, 25), (download.GetProperty("name").GetString(), download.GetProperty("state").GetString(), download.GetProperty("total").GetInt32(), download.GetProperty("downloaded").GetInt32()));
        var file = Assert.Single(download.GetProperty("files").EnumerateArray());
        Assert.Equal(7, download.GetProperty("download_speed").GetInt32());
        Assert.Equal((0, 0.25, false), (file.GetProperty("index").GetInt32(), file.GetProperty("progress").GetDouble(), file.GetProperty("selected").GetBoolean()));
        Assert.True((await App.Services.GetRequiredService<TaskStore>().FindAsync(taskId))!.IsCanceled);
    }

    [Theory]
    [InlineData(WorkflowTaskStatus.Completed, "transfer", 404, 404)]
    [InlineData(WorkflowTaskStatus.Queued, "", 404, 0)]
    [InlineData(WorkflowTaskStatus.Processing, "transfer", 404, 0)]
    public async Task Given_a_download_in_another_state_when_it_is_changed_then_only_what_is_possible_is_done(
        WorkflowTaskStatus status, string phase, int select, int cancel)
    {
        var (client, user) = await NewUserAsync();
        var (id, _) = await AddAsync(user, status, phase);

        Assert.Equal(select, (await client.SendTextAsync(HttpMethod.Patch, "workflow/download/" + id, """{"files":[{"index":0,"download":true}]}""")).Code);
        Assert.Equal(cancel, (await client.SendApiAsync(HttpMethod.Delete, "workflow/download/" + id)).Code);
    }

    private static IEnumerable<string?> SourcesOf(JsonElement tasks) =>
        tasks.EnumerateArray().Select(task => task.GetProperty("summary").GetProperty("props").GetProperty("src_str").GetString());

    private async Task<(string Id, long TaskId)> AddAsync(User user, WorkflowTaskStatus status, string phase)
    {
        var id = await App.Services.GetRequiredService<IdAllocator>().NextAsync(IdKind.Task);
        await App.Services.GetRequiredService<TaskStore>().CreateAsync(new WorkflowTask
        {
            Id = id,
            OwnerId = user.Id,
            Type = RemoteDownload.TaskType,
            Status = status,
            Phase = phase,
            CreatedAt = DateTimeOffset.UtcNow,
            UpdatedAt = DateTimeOffset.UtcNow,
            Job = """{"source":"https://example.invalid/a.bin","destination":"/"}""",
            Download = new DownloadStatus { Name = "a.bin", Total = 100, Downloaded = 25, DownloadSpeed = 7, Files = [new DownloadFile(0, "a.bin", 100, 0.25)] },
        });
        return ((await App.GetSiteAsync()).HashIds.Encode(id, HashIdKind.Task), id);
    }

    private async Task<(HttpClient Client, User User)> NewUserAsync()
    {
        await App.ChangeGroupAsync(Group.UserId, g => g with { Id = GroupId, Permissions = g.Permissions.With((int)GroupPermission.RemoteDownload, value: true), Settings = g.Settings with { Aria2Batch = 5 } });
        return await App.NewUserAsync(GroupId);
    }
}

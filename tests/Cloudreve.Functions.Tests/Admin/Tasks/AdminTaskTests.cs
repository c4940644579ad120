using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Tasks;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Admin.Tasks;

/// <summary>The tasks of all users (contract, section 24).</summary>
public sealed class AdminTaskTests(AzuriteServer azurite)
{
    private static readonly DateTimeOffset s_time = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Given_tasks_of_users_when_they_are_listed_then_filters_hold_in_each_order()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        var user = await app.CreateUserAsync();
        var old = await AddAsync(app, user.Id, "relocate", WorkflowTaskStatus.Completed, s_time);
        var failed = await AddAsync(app, user.Id, "create_archive", WorkflowTaskStatus.Error, s_time.AddDays(2));
        var queued = await AddAsync(app, User.FirstId, "relocate", WorkflowTaskStatus.Queued, s_time.AddDays(1));
        var admin = await app.SignInAsync();

        Assert.Equal([queued, failed, old], (await admin.ListAsync("admin/queue", "tasks")).Ids);
        Assert.Equal([old, queued, failed], (await admin.ListAsync("admin/queue", "tasks", order: "created_at", direction: "asc")).Ids);
        Assert.Equal([failed, old], (await admin.ListAsync("admin/queue", "tasks", filters: AdminCalls.By("task_user_id", user.Id))).Ids);
        Assert.Equal([old], (await admin.ListAsync("admin/queue", "tasks", filters: new(AdminCalls.By("task_user_id", user.Id)) { ["task_type"] = "relocate" })).Ids);
        Assert.Equal([failed], (await admin.ListAsync("admin/queue", "tasks", filters: new() { ["task_status"] = "error" })).Ids);
        Assert.Empty((await admin.ListAsync("admin/queue", "tasks", filters: new() { ["task_correlation_id"] = Guid.NewGuid().ToString() })).Ids);
        Assert.Empty((await admin.ListAsync("admin/queue", "tasks", filters: new() { ["task_type"] = "it's" })).Ids);
        Assert.Equal(40001, (await admin.PostApiAsync("admin/queue", new { page = 1, page_size = 10, conditions = new { task_status = "happy" } })).Code);
    }

    [Fact]
    public async Task Given_a_task_of_a_user_when_an_administrator_asks_for_it_then_all_of_it_is_shown()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        var user = await app.CreateUserAsync();
        var id = await AddAsync(app, user.Id, "relocate", WorkflowTaskStatus.Error, s_time);

        var shown = (await (await app.SignInAsync()).GetApiAsync($"admin/queue/{id}")).Data;

        Assert.Equal(("relocate", "error", user.Id), (shown.GetProperty("type").GetString(), shown.GetProperty("status").GetString(), shown.GetProperty("user_tasks").GetInt64()));
        Assert.Equal("broken", shown.GetProperty("public_state").GetProperty("error").GetString());
        Assert.Equal(5_000_000_000, shown.GetProperty("public_state").GetProperty("executed_duration").GetInt64());
        Assert.Equal(user.Email, shown.GetProperty("edges").GetProperty("user").GetProperty("email").GetString());
        Assert.Equal(JobOf("relocate"), shown.GetProperty("private_state").GetString());
        Assert.Equal(1, shown.GetProperty("node").GetProperty("id").GetInt32());
    }

    [Fact]
    public async Task Given_tasks_when_they_are_deleted_then_only_those_go_that_have_ended()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        var done = await AddAsync(app, User.FirstId, "relocate", WorkflowTaskStatus.Completed, s_time);
        var running = await AddAsync(app, User.FirstId, "relocate", WorkflowTaskStatus.Processing, s_time);
        var admin = await app.SignInAsync();

        Assert.Equal((40081, $"{running}: 409, 77: 404"), await admin.DeleteManyAsync("admin/queue", done, running, 77));

        Assert.Equal([running], (await admin.ListAsync("admin/queue", "tasks")).Ids);
        Assert.Equal(404, (await admin.GetApiAsync($"admin/queue/{done}")).Code);
    }

    [Fact]
    public async Task Given_tasks_when_they_are_cleaned_up_then_those_go_that_match_and_have_ended()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        await AddAsync(app, User.FirstId, "relocate", WorkflowTaskStatus.Completed, s_time);
        var archive = await AddAsync(app, User.FirstId, "create_archive", WorkflowTaskStatus.Canceled, s_time);
        var failed = await AddAsync(app, User.FirstId, "relocate", WorkflowTaskStatus.Error, s_time);
        var young = await AddAsync(app, User.FirstId, "relocate", WorkflowTaskStatus.Completed, s_time.AddDays(2));
        var running = await AddAsync(app, User.FirstId, "relocate", WorkflowTaskStatus.Processing, s_time);
        var admin = await app.SignInAsync();
        var day = s_time.AddDays(1);

        Assert.Equal(40001, (await admin.PostApiAsync("admin/queue/cleanup", new { not_after = day, status = new[] { "processing" } })).Code);
        Assert.Equal(40001, (await admin.PostApiAsync("admin/queue/cleanup", new { not_after = day, status = new[] { "happy" } })).Code);
        Assert.Equal(40001, (await admin.PostApiAsync("admin/queue/cleanup", new { not_after = "soon" })).Code);
        Assert.Equal(5, (await admin.ListAsync("admin/queue", "tasks")).Total);

        Assert.Equal(0, (await admin.PostApiAsync("admin/queue/cleanup", new { not_after = day, types = new[] { "relocate" }, status = new[] { "completed" } })).Code);
        Assert.Equal([running, young, failed, archive], (await admin.ListAsync("admin/queue", "tasks")).Ids);
        Assert.Equal(0, (await admin.PostApiAsync("admin/queue/cleanup", new { not_after = day })).Code);
        Assert.Equal([running, young], (await admin.ListAsync("admin/queue", "tasks")).Ids);
    }

    [Fact]
    public async Task Given_a_task_hub_that_does_not_answer_when_metrics_are_requested_then_the_answer_says_so()
    {
        await using var app = await AppFixture.StartAsync(azurite);

        Assert.Equal(50004, (await (await app.SignInAsync()).GetApiAsync("admin/queue/metrics")).Code);
    }

    private static async Task<long> AddAsync(AppFixture app, long ownerId, string type, WorkflowTaskStatus status, DateTimeOffset time)
    {
        var id = await app.Services.GetRequiredService<IdAllocator>().NextAsync(IdKind.Task);
        await app.Services.GetRequiredService<TaskStore>().CreateAsync(new WorkflowTask
        {
            Id = id,
            OwnerId = ownerId,
            Type = type,
            Status = status,
            CreatedAt = time,
            StartedAt = time,
            UpdatedAt = time.AddSeconds(5),
            Job = JobOf(type),
            Error = status == WorkflowTaskStatus.Error ? "broken" : null,
        });
        return id;
    }

    private static string JobOf(string type) => type switch
    {
        "create_archive" => """{"sources":[],"destination":"/all.zip"}""",
        "remote_download" => """{"source":"https://example.com/a","destination":"/"}""",
        "relocate" => """{"sources":[],"policyId":1}""",
        _ => "{}",
    };
}

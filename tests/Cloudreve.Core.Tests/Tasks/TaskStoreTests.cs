using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Tasks;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Tasks;

public sealed class TaskStoreTests(AzuriteServer azurite)
{
    private const long Owner = 7;
    private static readonly DateTimeOffset Start = new(2026, 5, 6, 7, 8, 9, TimeSpan.Zero);

    private readonly FakeTimeProvider _clock = new(Start);

    [Fact]
    public async Task Given_a_new_task_when_it_is_read_then_every_field_comes_back()
    {
        var (store, _) = await NewStoreAsync();
        var task = NewTask(1_000) with
        {
            Status = WorkflowTaskStatus.Processing,
            StartedAt = Start.AddSeconds(5),
            SuspendedAt = Start.AddSeconds(6),
            Waited = TimeSpan.FromMinutes(7),
            Phase = "transfer",
            Failed = 1L << 40,
            Error = "ü😀",
            ErrorHistory = ["first", "zweite ü"],
            Progress = new Dictionary<string, TaskProgress> { ["imported"] = new(10, 3), ["upload_single_0"] = new(1L << 40, 7, "cloudreve://my/a") },
            Counts = new Dictionary<string, long> { ["new_files"] = 1L << 40 },
            IsClosing = true,
        };

        await store.CreateAsync(task);

        foreach (var found in (WorkflowTask?[])[await store.FindAsync(Owner, 1_000), await store.FindAsync(1_000)])
        {
            Assert.NotNull(found);
            Assert.Equal(task with { ETag = found.ETag, ErrorHistory = found.ErrorHistory, Progress = found.Progress, Counts = found.Counts }, found);
            Assert.Equal(task.ErrorHistory, found.ErrorHistory);
            Assert.Equal(task.Progress, found.Progress);
            Assert.Equal(task.Counts, found.Counts);
            Assert.NotEmpty(found.ETag);
        }
    }

    [Fact]
    public async Task Given_tasks_that_ended_when_a_year_has_passed_then_they_go_and_those_that_run_stay()
    {
        var (store, layout) = await NewStoreAsync();
        WorkflowTaskStatus[] statuses = [WorkflowTaskStatus.Completed, WorkflowTaskStatus.Error, WorkflowTaskStatus.Canceled, WorkflowTaskStatus.Processing, WorkflowTaskStatus.Queued];
        foreach (var status in statuses)
            await store.CreateAsync(NewTask(1_000 + (int)status) with { UpdatedAt = Start, Status = status });

        Assert.Equal(0, await store.SweepAsync(100));
        _clock.Advance(TaskStore.EndedAreKept + TimeSpan.FromHours(1));
        Assert.Equal(2, await store.SweepAsync(2));
        Assert.Equal(1, await store.SweepAsync(100));

        Assert.Equal(2, (await store.ListAsync(Owner, [], [], 10, null)).Tasks.Count);
        // Each has its own row and one of the index.
        Assert.Equal(4, await layout.Tasks.ScanAsync().CountAsync());
    }

    [Fact]
    public async Task Given_tasks_of_several_users_when_lost_ones_are_looked_for_then_only_old_ones_are_found()
    {
        var (store, _) = await NewStoreAsync();
        await store.CreateAsync(NewTask(1_000) with { UpdatedAt = Start.AddMinutes(-10) });
        await store.CreateAsync(NewTask(1_001) with { UpdatedAt = Start.AddMinutes(-10), OwnerId = Owner + 1 });
        await store.CreateAsync(NewTask(1_002) with { UpdatedAt = Start });
        await store.CreateAsync(NewTask(1_003) with { UpdatedAt = Start.AddMinutes(-70), Status = WorkflowTaskStatus.Completed });
        await store.CreateAsync(NewTask(1_004) with { UpdatedAt = Start.AddMinutes(-70), Status = WorkflowTaskStatus.Processing });
        await store.CreateAsync(NewTask(1_005) with { UpdatedAt = Start.AddMinutes(-10), Status = WorkflowTaskStatus.Processing });

        var found = new List<long>();
        await foreach (var task in store.ScanStaleAsync(Start.AddMinutes(-5), Start.AddMinutes(-60)))
            found.Add(task.Id);

        Assert.Equal([1_000, 1_001, 1_004], found.Order());
    }

    [Fact]
    public async Task Given_a_task_when_another_user_or_id_is_requested_then_nothing_is_found()
    {
        var (store, _) = await NewStoreAsync();
        await store.CreateAsync(NewTask(1_000));

        Assert.Null(await store.FindAsync(Owner + 1, 1_000));
        Assert.Null(await store.FindAsync(Owner, 1_001));
        Assert.Null(await store.FindAsync(1_001));
    }

    [Fact]
    public async Task Given_tasks_when_they_are_created_read_listed_and_changed_then_the_costs_are_exact()
    {
        var (store, layout) = await NewStoreAsync();
        using var measured = layout.Account.Transactions.Measure();

        await store.CreateAsync(NewTask(1_000));
        Assert.Equal(2, measured.Total);
        await store.FindAsync(Owner, 1_000);
        Assert.Equal(3, measured.Total);
        await store.FindAsync(1_000);
        Assert.Equal(5, measured.Total);
        await store.UpdateAsync(Owner, 1_000, t => t with { Phase = "x" });
        Assert.Equal(7, measured.Total);
        await store.ListAsync(Owner, ["import"], [], 100, null);
        Assert.Equal(8, measured.Total);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(100)]
    public async Task Given_tasks_of_two_users_when_all_pages_are_read_then_the_own_come_newest_first_each_once(int pageSize)
    {
        var (store, _) = await NewStoreAsync();
        for (var i = 0; i < 10; i++)
        {
            await store.CreateAsync(NewTask(1_000 + i));
            await store.CreateAsync(NewTask(2_000 + i) with { OwnerId = Owner + 1 });
        }

        var ids = await ListAllAsync(store, ["import"], [], pageSize);

        Assert.Equal(Enumerable.Range(0, 10).Select(i => 1_009L - i), ids);
    }

    [Fact]
    public async Task Given_tasks_of_types_and_states_when_filtered_then_the_wanted_come_on_full_pages()
    {
        var (store, _) = await NewStoreAsync();
        string[] types = ["import", "remote_download", "create_archive"];
        for (var i = 0; i < 18; i++)
            await store.CreateAsync(NewTask(1_000 + i) with { Type = types[i % 3], Status = (WorkflowTaskStatus)(i % 6) });

        Assert.Equal([1_015, 1_012, 1_009, 1_006, 1_003, 1_000], await ListAllAsync(store, ["import"], [], 2));
        Assert.Equal([1_013, 1_007, 1_001], await ListAllAsync(store, ["remote_download"], [WorkflowTaskStatus.Processing], 2));
        Assert.Equal(
            [1_016, 1_013, 1_010, 1_007, 1_004, 1_001],
            await ListAllAsync(store, ["remote_download"], [WorkflowTaskStatus.Processing, WorkflowTaskStatus.Canceled], 1));
        Assert.Equal(12, (await ListAllAsync(store, ["import", "create_archive"], [], 5)).Count);
        Assert.Equal([1_017, 1_011, 1_005], await ListAllAsync(store, [], [WorkflowTaskStatus.Completed], 10));
        Assert.Equal(18, (await ListAllAsync(store, [], [], 10)).Count);
        Assert.Empty(await ListAllAsync(store, ["relocate"], [], 10));
    }

    [Fact]
    public async Task Given_no_tasks_when_they_are_listed_then_there_is_one_empty_page()
    {
        var (store, _) = await NewStoreAsync();

        var page = await store.ListAsync(Owner, ["import"], [], 10, null);

        Assert.Empty(page.Tasks);
        Assert.Null(page.NextToken);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("7fffffffffffffzz")]
    [InlineData("7FFFFFFFFFFFFFFF")]
    [InlineData("' or PartitionKe")]
    [InlineData("7fffffffffffffff0")]
    public async Task Given_a_token_of_somebody_else_when_a_page_is_requested_then_it_is_a_bad_parameter(string token)
    {
        var (store, _) = await NewStoreAsync();

        var error = await Assert.ThrowsAsync<CloudreveException>(() => store.ListAsync(Owner, ["import"], [], 10, token));

        Assert.Equal(ErrorCode.BadParameter, error.Code);
    }

    [Fact]
    public async Task Given_a_task_when_it_is_changed_then_the_change_is_stamped_and_answered_as_stored()
    {
        var (store, _) = await NewStoreAsync();
        await store.CreateAsync(NewTask(1_000));
        _clock.Advance(TimeSpan.FromMinutes(3));

        var changed = await store.UpdateAsync(Owner, 1_000, t => t with { Status = WorkflowTaskStatus.Processing, StartedAt = Start.AddMinutes(1) });

        var found = await store.FindAsync(Owner, 1_000);
        Assert.Equal((changed!.ETag, changed.Status, changed.UpdatedAt), (found!.ETag, found.Status, found.UpdatedAt));
        Assert.Equal(Start.AddMinutes(3), found.UpdatedAt);
        Assert.Equal(TimeSpan.FromMinutes(2), found.Duration);
        Assert.Null(await store.UpdateAsync(Owner, 1_001, t => t));
    }

    [Fact]
    public async Task Given_competing_calls_when_they_change_a_task_at_once_then_no_change_is_lost()
    {
        var (store, _) = await NewStoreAsync();
        await store.CreateAsync(NewTask(1_000));

        await Task.WhenAll(Enumerable.Range(0, 15).Select(i => store.UpdateAsync(
            Owner, 1_000, t => t with { Progress = new Dictionary<string, TaskProgress>(t.Progress) { [$"part{i}"] = new(1, 1) } })));

        Assert.Equal(15, (await store.FindAsync(1_000))!.Progress.Count);
    }

    [Theory]
    [InlineData(WorkflowTaskStatus.Error)]
    [InlineData(WorkflowTaskStatus.Canceled)]
    [InlineData(WorkflowTaskStatus.Completed)]
    public async Task Given_a_task_that_has_ended_when_it_is_changed_then_it_stays_as_it_is(WorkflowTaskStatus end)
    {
        var (store, _) = await NewStoreAsync();
        await store.CreateAsync(NewTask(1_000));
        await store.UpdateAsync(Owner, 1_000, t => t with { Status = end });
        var ended = await store.FindAsync(1_000);

        var answer = await store.UpdateAsync(Owner, 1_000, t => t with { Status = WorkflowTaskStatus.Processing });

        Assert.Equal((end, ended!.ETag), (answer!.Status, answer.ETag));
        Assert.Equal(ended.ETag, (await store.FindAsync(1_000))!.ETag);
    }

    [Theory]
    [InlineData(WorkflowTaskStatus.Queued)]
    [InlineData(WorkflowTaskStatus.Processing)]
    [InlineData(WorkflowTaskStatus.Suspending)]
    public void Given_a_running_task_when_it_is_asked_then_it_is_not_terminal(WorkflowTaskStatus status) =>
        Assert.False((NewTask(1) with { Status = status }).IsTerminal);

    [Theory]
    [InlineData(StorageFault.AnswerLost)]
    [InlineData(StorageFault.Unavailable)]
    public async Task Given_a_lost_answer_at_any_call_when_the_pipeline_retries_then_the_task_is_right(StorageFault fault)
    {
        for (var (index, struck) = (0, true); struck; index++)
        {
            var installation = await Installation.CreateAsync(azurite);
            var (layout, crash) = installation.ConnectWithCrash(index, fault);
            var store = new TaskStore(layout, _clock);
            crash.IsArmed = true;

            await store.CreateAsync(NewTask(1_000));
            var ended = await store.UpdateAsync(Owner, 1_000, t => t with { Status = WorkflowTaskStatus.Completed, Failed = 3 });

            struck = crash.Struck;
            Assert.Equal((WorkflowTaskStatus.Completed, 3L), (ended!.Status, ended.Failed));
            var found = await new TaskStore(installation.Connect(), _clock).FindAsync(1_000);
            Assert.Equal((WorkflowTaskStatus.Completed, 3L), (found!.Status, found.Failed));
        }
    }

    [Fact]
    public async Task Given_more_errors_than_are_kept_when_a_task_is_written_then_the_first_twenty_stay()
    {
        var (store, _) = await NewStoreAsync();

        await store.CreateAsync(NewTask(1_000) with { ErrorHistory = [.. Enumerable.Range(0, 50).Select(i => $"error {i}")] });

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"error {i}"), (await store.FindAsync(1_000))!.ErrorHistory);
    }

    [Fact]
    public async Task Given_errors_with_the_longest_paths_when_a_task_is_written_then_a_rows_worth_stays()
    {
        var (store, _) = await NewStoreAsync();
        var path = new string('文', 1_024);

        await store.CreateAsync(NewTask(1_000) with { ErrorHistory = [.. Enumerable.Repeat(path, 20)] });

        var history = (await store.FindAsync(1_000))!.ErrorHistory;
        Assert.InRange(history.Count, 1, 20);
        Assert.All(history, error => Assert.Equal(path, error));
    }

    [Fact]
    public async Task Given_an_error_longer_than_a_row_holds_when_a_task_is_written_then_its_beginning_stays()
    {
        var (store, _) = await NewStoreAsync();
        var text = new string('x', 40_000);

        await store.CreateAsync(NewTask(1_000) with { ErrorHistory = [text], Error = text });

        var found = await store.FindAsync(1_000);
        Assert.StartsWith(found!.Error!, text, StringComparison.Ordinal);
        Assert.True(found.Error!.Length >= 1_000);
        Assert.StartsWith(Assert.Single(found.ErrorHistory), text, StringComparison.Ordinal);
    }

    private static WorkflowTask NewTask(long id) => new()
    {
        Id = id,
        OwnerId = Owner,
        Type = "import",
        CreatedAt = Start,
        UpdatedAt = Start,
        Job = """{"src":"ü"}""",
    };

    private static async Task<List<long>> ListAllAsync(TaskStore store, string[] types, WorkflowTaskStatus[] statuses, int pageSize)
    {
        var ids = new List<long>();
        string? token = null;
        do
        {
            var page = await store.ListAsync(Owner, types, statuses, pageSize, token);
            Assert.True(page.NextToken is null || page.Tasks.Count == pageSize);
            ids.AddRange(page.Tasks.Select(t => t.Id));
            token = page.NextToken;
        }
        while (token is not null);
        return ids;
    }

    private async Task<(TaskStore Store, StorageLayout Layout)> NewStoreAsync()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        return (new TaskStore(layout, _clock), layout);
    }
}

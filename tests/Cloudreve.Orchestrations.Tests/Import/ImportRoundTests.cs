using System.Text.Json;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Orchestrations.Import;
using Cloudreve.Orchestrations.Tests.Replay;
using Microsoft.DurableTask.Protobuf;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.Import;

/// <summary>Tests how the coordinator handles the results of its activities.</summary>
public sealed class ImportRoundTests
{
    private const string Id = "import-1";

    private readonly ReplayHub _hub = new();
    private readonly ScriptedActivities _activities = new();
    private readonly Queue<ImportGroup[]> _rounds = new();

    public ImportRoundTests()
    {
        _activities
            .On(ImportActivities.BeginImport, _ => true)
            .On(ImportActivities.ClaimImportFolders, _ => _rounds.TryDequeue(out var groups) ? groups : [])
            .On(ImportActivities.ImportFolders, _ => Result(1))
            .On(ImportActivities.FinishImport, _ => true);
        _hub.TryStart(ImportOrchestration.Name, Id, """{"task":{"taskId":1,"ownerId":2}}""");
    }

    [Fact]
    public async Task Given_nothing_to_begin_when_it_runs_then_it_ends_without_touching_the_task()
    {
        _activities.On(ImportActivities.BeginImport, _ => false);

        await _hub.RunAsync(_activities);

        Assert.Equal([ImportActivities.BeginImport], _hub.Calls);
        Assert.Equal(OrchestrationStatus.Completed, _hub.Find(Id)!.Status);
    }

    [Fact]
    public async Task Given_nothing_left_when_folders_are_claimed_then_the_task_is_finished()
    {
        await _hub.RunAsync(_activities);

        Assert.Equal([ImportActivities.BeginImport, ImportActivities.ClaimImportFolders, ImportActivities.FinishImport], _hub.Calls);
        Assert.Null(Finish.Error);
    }

    [Fact]
    public async Task Given_several_rounds_when_they_end_then_each_continues_as_new_and_the_totals_add_up()
    {
        _rounds.Enqueue([Group("a")]);
        _rounds.Enqueue([Group("b"), Group("c"), Group("d")]);

        await _hub.RunAsync(_activities);

        Assert.Equal(2, _hub.Find(Id)!.Generations);
        Assert.Single(_hub.Calls, ImportActivities.BeginImport);
        Assert.Equal((2, 4L), (Finish.State.Round, Finish.State.Totals.Imported));
        Assert.Equal([0, 1, 4], Claims.Select(c => c.Totals.Imported));
        Assert.Equal([0, 1, 2], Claims.Select(c => c.Round));
    }

    [Fact]
    public async Task Given_a_group_that_the_domain_refuses_when_others_succeed_then_they_count()
    {
        _rounds.Enqueue([Group("a"), Group("b"), Group("c")]);
        _activities.On(ImportActivities.ImportFolders, input => GroupOf(input) == "b"
            ? throw new CloudreveException(ErrorCode.PolicyNotAllowed, "The container is gone.")
            : Result(1));

        await _hub.RunAsync(_activities);

        Assert.Equal(3, _hub.Calls.Count(c => c == ImportActivities.ImportFolders));
        Assert.Equal(("The container is gone.", 2L), (Finish.Error, Finish.State.Totals.Imported));
        Assert.Equal(0, _hub.Find(Id)!.Generations);
    }

    [Fact]
    public async Task Given_two_groups_that_fail_when_the_task_ends_then_the_first_reason_is_reported()
    {
        _rounds.Enqueue([Group("a"), Group("b")]);
        _activities.On(ImportActivities.ImportFolders, input => throw new CloudreveException(ErrorCode.PolicyNotAllowed, GroupOf(input)!));

        await _hub.RunAsync(_activities);

        Assert.Equal("a", Finish.Error);
    }

    [Fact]
    public async Task Given_a_group_that_fails_for_an_inner_reason_when_tries_are_used_up_then_it_stays_inside()
    {
        _rounds.Enqueue([Group("a")]);
        _activities.On(ImportActivities.ImportFolders, _ => throw new InvalidOperationException("https://account/secret"));

        await _hub.RunAsync(_activities);

        Assert.Equal(ImportRetry.MaxAttempts, _hub.Calls.Count(c => c == ImportActivities.ImportFolders));
        Assert.DoesNotContain("secret", Finish.Error, StringComparison.Ordinal);
        Assert.Contains("The import failed", Finish.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_an_inner_failure_that_the_domain_explains_when_wrapped_then_that_is_reported()
    {
        _rounds.Enqueue([Group("a")]);
        _activities.On(ImportActivities.ImportFolders, _ =>
            throw new InvalidOperationException("wrapped", new CloudreveException(ErrorCode.UserNotFound, "The user no longer exists.")));

        await _hub.RunAsync(_activities);

        Assert.Equal("The user no longer exists.", Finish.Error);
    }

    [Fact]
    public async Task Given_more_failures_than_are_kept_when_rounds_end_then_the_first_twenty_stay_in_order()
    {
        _rounds.Enqueue([Group("a")]);
        _rounds.Enqueue([Group("b")]);
        _activities.On(ImportActivities.ImportFolders, input => new ImportGroupResult(
            ImportTotals.Zero, [.. Enumerable.Range(0, 15).Select(i => new ImportFailure($"{GroupOf(input)}{i}", "bad"))]));

        await _hub.RunAsync(_activities);

        Assert.Equal(
            Enumerable.Range(0, 15).Select(i => $"a{i}").Concat(Enumerable.Range(0, 5).Select(i => $"b{i}")),
            Finish.State.Failures.Select(f => f.Path));
    }

    [Theory]
    [InlineData(ImportActivities.ClaimImportFolders)]
    [InlineData(ImportActivities.ImportFolders)]
    public async Task Given_an_answer_that_the_coordinator_cannot_read_when_it_comes_then_the_task_ends(string activity)
    {
        _rounds.Enqueue([Group("a")]);
        _activities.On(activity, _ => "no such thing");

        await _hub.RunAsync(_activities);

        Assert.Contains("internal error", Finish.Error, StringComparison.Ordinal);
        Assert.Equal(OrchestrationStatus.Completed, _hub.Find(Id)!.Status);
    }

    [Fact]
    public async Task Given_a_claim_that_never_succeeds_when_its_tries_are_used_up_then_the_task_ends()
    {
        _activities.On(ImportActivities.ClaimImportFolders, _ => throw new StorageUnavailableTestException());

        await _hub.RunAsync(_activities);

        Assert.Equal(ImportRetry.MaxAttempts, _hub.Calls.Count(c => c == ImportActivities.ClaimImportFolders));
        Assert.NotNull(Finish.Error);
    }

    [Fact]
    public async Task Given_a_task_that_cannot_be_ended_when_the_tries_are_used_up_then_the_instance_fails()
    {
        _activities.On(ImportActivities.FinishImport, _ => throw new StorageUnavailableTestException());

        await _hub.RunAsync(_activities);

        Assert.Equal(ImportRetry.MaxAttempts, _hub.Calls.Count(c => c == ImportActivities.FinishImport));
        Assert.Equal(OrchestrationStatus.Failed, _hub.Find(Id)!.Status);
    }

    private IEnumerable<ImportState> Claims => _activities.InputsOf(ImportActivities.ClaimImportFolders).Select(i => i.Deserialize<ImportState>(OrchestrationJson.Options)!);

    private FinishImportInput Finish => _activities.InputsOf(ImportActivities.FinishImport).Last().Deserialize<FinishImportInput>(OrchestrationJson.Options)!;

    private static string? GroupOf(JsonElement input) => input.GetProperty("group").GetProperty("key").GetString();

    private static ImportGroup Group(string key) => new(key, key, key, 1);

    private static ImportGroupResult Result(long imported) => new(ImportTotals.Zero with { Imported = imported }, []);

    private sealed class StorageUnavailableTestException() : Exception("down");
}

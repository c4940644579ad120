using System.Text.Json;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Orchestrations.AccountRemovals;
using Cloudreve.Orchestrations.Tests.Replay;
using Microsoft.DurableTask.Protobuf;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.AccountRemovals;

/// <summary>Tests how the removal of an account handles the results of its activities.</summary>
public sealed class AccountRemovalOrchestrationTests
{
    private const string Id = "user-removal-1";

    private readonly ReplayHub _hub = new();
    private readonly ScriptedActivities _activities = new();
    private readonly Queue<bool> _rounds = new();

    public AccountRemovalOrchestrationTests()
    {
        _activities
            .On(AccountRemovalActivities.BeginAccountRemoval, _ => true)
            .On(AccountRemovalActivities.RemoveAccountData, _ => !_rounds.TryDequeue(out var isDone) || isDone)
            .On(AccountRemovalActivities.FinishAccountRemoval, _ => true);
        _hub.TryStart(AccountRemovalOrchestration.Name, Id, """{"removal":{"taskId":1,"ownerId":2,"userId":3}}""");
    }

    [Fact]
    public async Task Given_a_small_account_when_it_is_removed_then_all_is_removed_twice_with_time_in_between()
    {
        await _hub.RunAsync(_activities);

        Assert.Equal([false, true], Rounds);
        Assert.Null(Error);
        Assert.Equal((OrchestrationStatus.Completed, 1), (_hub.Find(Id)!.Status, _hub.Find(Id)!.Generations));
        Assert.Equal(1, Timers);
    }

    [Fact]
    public async Task Given_a_large_account_when_it_is_removed_then_each_round_continues_as_new()
    {
        foreach (var isDone in (bool[])[false, false, false, true, false, true])
            _rounds.Enqueue(isDone);

        await _hub.RunAsync(_activities);

        Assert.Equal([false, false, false, false, true, true], Rounds);
        Assert.Equal(5, _hub.Find(Id)!.Generations);
        Assert.True(_hub.Find(Id)!.History.Count < 20);
    }

    [Fact]
    public async Task Given_an_account_that_is_gone_when_a_removal_begins_then_it_only_ends_the_task()
    {
        _activities.On(AccountRemovalActivities.BeginAccountRemoval, _ => false);

        await _hub.RunAsync(_activities);

        Assert.Equal([AccountRemovalActivities.BeginAccountRemoval, AccountRemovalActivities.FinishAccountRemoval], _hub.Calls);
        Assert.Null(Error);
    }

    [Fact]
    public async Task Given_rounds_that_fail_when_one_succeeds_hours_later_then_the_account_is_removed()
    {
        var failures = 3;
        _activities.On(AccountRemovalActivities.RemoveAccountData, _ => failures-- > 0
            ? throw new CloudreveException(ErrorCode.IoError, "Broken.")
            : true);

        await _hub.RunAsync(_activities);

        Assert.Null(Error);
        Assert.Equal(OrchestrationStatus.Completed, _hub.Find(Id)!.Status);
    }

    [Fact]
    public async Task Given_rounds_that_all_fail_when_days_have_passed_then_the_task_ends_with_an_error()
    {
        _activities.On(AccountRemovalActivities.RemoveAccountData, _ => throw new CloudreveException(ErrorCode.IoError, "Broken."));

        await _hub.RunAsync(_activities);

        Assert.Contains("stays closed", Error, StringComparison.Ordinal);
        Assert.Equal(AccountRemovalOrchestration.MaxFailures + 1, Rounds.Count());
    }

    private IEnumerable<bool> Rounds =>
        _activities.InputsOf(AccountRemovalActivities.RemoveAccountData).Select(input => input.GetProperty("isLast").GetBoolean());

    private string? Error =>
        Assert.Single(_activities.InputsOf(AccountRemovalActivities.FinishAccountRemoval)).GetProperty("error") is { ValueKind: JsonValueKind.String } error ? error.GetString() : null;

    private int Timers => _hub.Turns.SelectMany(turn => turn.Response.Actions).Count(action => action.CreateTimer is not null);
}

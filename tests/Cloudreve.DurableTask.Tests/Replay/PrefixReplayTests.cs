using Cloudreve.DurableTask.Protocol;
using Xunit;
using static Cloudreve.DurableTask.Tests.Replay.Recording;

namespace Cloudreve.DurableTask.Tests.Replay;

/// <summary>Every prefix of a history with all kinds of events, executed again: by the same code, and by code that was changed.</summary>
public sealed class PrefixReplayTests
{
    [Fact]
    public void Given_every_prefix_of_a_history_when_it_is_executed_again_then_the_answer_is_the_same()
    {
        var recording = Record(out var end);

        Assert.Equal(OrchestrationStatus.ContinuedAsNew, end.OrchestrationStatus);
        Assert.Equal("\"begin sub failed, timer cancelled, second, late\"", end.Result);
        Assert.Equal("left", Assert.Single(end.CarryoverEvents).EventRaised.Name);
        foreach (var (request, response) in recording.Episodes)
            Assert.Equal(response, new OrchestratorExecutor(Code()).Execute(request));
    }

    [Theory]
    [InlineData("sub")]
    [InlineData("timer")]
    [InlineData("send")]
    [InlineData("retry")]
    public void Given_changed_code_when_each_prefix_is_executed_then_all_behind_the_change_fail_as_not_deterministic(string change)
    {
        var recording = Record(out _);
        var isBehind = new List<bool>();

        foreach (var (request, _) in recording.Episodes)
        {
            var completion = new OrchestratorExecutor(Code(change)).Execute(request).Actions
                .SingleOrDefault(a => a.CompleteOrchestration is not null)?.CompleteOrchestration;
            isBehind.Add(completion?.FailureDetails?.ErrorType == typeof(NonDeterministicOrchestrationException).FullName);
        }

        Assert.False(isBehind[0]);
        Assert.True(isBehind[^1]);
        // Once the history holds what the code does not do any more, it is noticed each time.
        Assert.Equal(isBehind.Order(), isBehind);
    }

    private static Recording Record(out CompleteOrchestrationAction end)
    {
        var recording = new Recording(Code(), "flow", "\"begin\"");
        // Two calls of sub-orchestrations; an event that nobody awaits yet.
        var calls = recording.Next(Raised("go", "\"second\"")).Actions;
        recording.Next(SubCompleted(calls[1].Id, "\"sub\""));
        var retryTimer = recording.Next(SubFailed(calls[0].Id, "not yet")).Actions.Single();
        var secondTry = recording.Next(Fired(retryTimer.Id)).Actions.Single();
        recording.Next(new HistoryEvent { ExecutionSuspended = new ExecutionSuspendedEvent() });
        Assert.Empty(recording.Next(SubFailed(secondTry.Id, "failed")).Actions);
        var timer = recording.Next(new HistoryEvent { ExecutionResumed = new ExecutionResumedEvent() }).Actions.Single(a => a.CreateTimer is not null);
        Assert.Empty(recording.Next(Raised("left", "\"over\"")).Actions);
        Assert.Empty(recording.Next(Fired(timer.Id)).Actions);
        end = recording.Next(Raised("late", "\"late\"")).Actions.Single().CompleteOrchestration;
        return recording;
    }

    private static DurableTaskRegistry Code(string change = "") => RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", async (c, input) =>
    {
        var policy = new RetryPolicy(2, TimeSpan.FromSeconds(1));
        var retried = c.CallSubOrchestratorAsync<string>("one", c.NewGuid(), new SubOrchestrationOptions(change == "retry" ? null : policy, "fixed"));
        var other = c.CallSubOrchestratorAsync<string>(change == "sub" ? "three" : "two");
        var text = input + " " + await other;
        try
        {
            text += await retried;
        }
        catch (TaskFailedException e)
        {
            text += " " + e.FailureDetails.ErrorMessage;
        }
        c.SendEvent("other", change == "send" ? "bye" : "hello", text);
        using var cancellation = new CancellationTokenSource();
        var timer = change == "timer" ? c.CallActivityAsync("work") : c.CreateTimer(TimeSpan.FromHours(1), cancellation.Token);
        var go = c.WaitForExternalEvent<string>("go");
        if (await Task.WhenAny(timer, go) == go)
        {
            Cancel(cancellation);
            text += ", timer cancelled";
        }
        c.SetCustomStatus(text);
        text += $", {await go}, {await c.WaitForExternalEvent<string>("late")}";
        c.ContinueAsNew(text);
        return "";

        static void Cancel(CancellationTokenSource source) => source.Cancel();
    });
}

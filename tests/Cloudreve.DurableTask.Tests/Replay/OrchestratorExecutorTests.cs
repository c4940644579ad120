using Cloudreve.DurableTask.Protocol;
using Xunit;
using static Cloudreve.DurableTask.Tests.Replay.Recording;

namespace Cloudreve.DurableTask.Tests.Replay;

public sealed class OrchestratorExecutorTests
{
    [Fact]
    public void Given_two_calls_in_a_row_when_results_arrive_then_each_is_asked_for_once()
    {
        var recording = new Recording(RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", async (c, input) =>
            await c.CallActivityAsync<string>("second", await c.CallActivityAsync<string>("first", input))), "flow", "\"in\"");

        var first = Assert.Single(recording.Next().Actions);
        var second = Assert.Single(recording.Next(Completed(first.Id, "\"mid\"")).Actions);
        var end = Assert.Single(recording.Next(Completed(second.Id, "\"out\"")).Actions);

        Assert.Equal(("first", "\"in\""), (first.ScheduleTask.Name, first.ScheduleTask.Input));
        Assert.Equal(("second", "\"mid\""), (second.ScheduleTask.Name, second.ScheduleTask.Input));
        Assert.Equal(OrchestrationStatus.Completed, end.CompleteOrchestration.OrchestrationStatus);
        Assert.Equal("\"out\"", end.CompleteOrchestration.Result);
    }

    [Fact]
    public void Given_a_result_as_a_string_within_json_when_it_arrives_then_it_is_decoded_twice()
    {
        var recording = new Recording(RegistryExtensions.NewRegistry().Orchestrator<string, decimal>("flow", async (c, _) =>
            (await c.CallActivityAsync<Order>("order")).Price), "flow");
        recording.Next();
        const string text = """
            "{\"result\":{\"Item\":\"a\",\"Price\":1.10,\"At\":\"2026-01-01T00:00:00+02:00\"}}"
            """;

        var end = recording.Next(new HistoryEvent { TaskCompleted = new TaskCompletedEvent { TaskScheduledId = 0, Result = text.Trim() } });

        Assert.Equal("1.10", end.Actions[0].CompleteOrchestration.Result);
    }

    [Fact]
    public void Given_a_user_result_that_looks_like_a_failure_when_it_arrives_then_it_is_a_result()
    {
        var recording = new Recording(RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", async (c, _) =>
            (await c.CallActivityAsync<Dictionary<string, string>>("odd"))["failure"]), "flow");
        recording.Next();

        var end = recording.Next(Completed(0, """{"failure":"not really"}"""));

        Assert.Equal("\"not really\"", end.Actions[0].CompleteOrchestration.Result);
    }

    [Fact]
    public void Given_a_failed_call_when_the_code_lets_it_pass_then_the_instance_fails_with_the_details()
    {
        var recording = new Recording(RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", (c, _) => c.CallActivityAsync<string>("bad")), "flow");
        recording.Next();

        var end = recording.Next(Failed(0, "My.Error", "broken")).Actions[0].CompleteOrchestration;

        Assert.Equal(OrchestrationStatus.Failed, end.OrchestrationStatus);
        Assert.Equal(typeof(TaskFailedException).FullName, end.FailureDetails.ErrorType);
        Assert.Equal(("My.Error", "broken"), (end.FailureDetails.InnerFailure.ErrorType, end.FailureDetails.InnerFailure.ErrorMessage));
        Assert.NotNull(end.FailureDetails.StackTrace);
    }

    [Fact]
    public void Given_a_retry_policy_when_calls_fail_then_the_pauses_grow_and_end()
    {
        var policy = new RetryPolicy(4, TimeSpan.FromSeconds(10), 3, TimeSpan.FromSeconds(50));
        var recording = new Recording(RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", (c, _) =>
            c.CallActivityAsync<string>("bad", null, new TaskOptions(policy))), "flow");
        var pauses = new List<double>();
        var answer = recording.Next().Actions[0];

        while (answer.ScheduleTask is not null)
        {
            answer = recording.Next(Failed(answer.Id, "E", "m")).Actions[0];
            if (answer.CreateTimer is null)
                break;
            var now = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddMinutes((pauses.Count * 2) + 1);
            pauses.Add((answer.CreateTimer.FireAt.ToDateTime() - now).TotalSeconds);
            answer = recording.Next(Fired(answer.Id)).Actions[0];
        }

        Assert.Equal([10, 30, 50], pauses);
        Assert.Equal(OrchestrationStatus.Failed, answer.CompleteOrchestration.OrchestrationStatus);
    }

    [Fact]
    public void Given_a_timer_and_an_event_when_the_event_comes_first_then_the_timer_is_cancelled()
    {
        var recording = new Recording(RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", (c, _) =>
            c.WaitForExternalEvent<string>("go", TimeSpan.FromHours(1))), "flow");
        recording.Next();

        var end = recording.Next(Raised("GO", "\"went\""));

        Assert.Equal("\"went\"", end.Actions[0].CompleteOrchestration.Result);
    }

    [Fact]
    public void Given_a_wait_with_a_timeout_when_the_timer_fires_first_then_the_wait_is_cancelled()
    {
        var recording = new Recording(RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", async (c, _) =>
        {
            try
            {
                return await c.WaitForExternalEvent<string>("go", TimeSpan.FromHours(1));
            }
            catch (TaskCanceledException)
            {
                return "too late";
            }
        }), "flow");
        var timer = recording.Next().Actions[0];

        var end = recording.Next(Fired(timer.Id));

        Assert.Equal("\"too late\"", end.Actions[0].CompleteOrchestration.Result);
    }

    [Fact]
    public void Given_events_before_they_are_awaited_when_the_code_waits_then_they_come_in_order()
    {
        var recording = new Recording(RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", async (c, _) =>
        {
            await c.CallActivityAsync("work");
            return await c.WaitForExternalEvent<string>("e") + await c.WaitForExternalEvent<string>("e");
        }), "flow");
        recording.Next(Raised("e", "\"a\""));
        recording.Next(Raised("e", "\"b\""));

        var end = recording.Next(Completed(0, "null"));

        Assert.Equal("\"ab\"", end.Actions[0].CompleteOrchestration.Result);
    }

    [Fact]
    public void Given_unprocessed_events_when_the_code_continues_as_new_then_they_are_carried_over()
    {
        var recording = new Recording(RegistryExtensions.NewRegistry().Orchestrator<int, int>("flow", async (c, n) =>
        {
            await c.WaitForExternalEvent<string>("taken");
            c.ContinueAsNew(n + 1);
            return 0;
        }), "flow", "1");
        recording.Next(Raised("kept", "1"));

        var end = recording.Next(Raised("taken", "\"2\""), Raised("late", "3")).Actions[0].CompleteOrchestration;

        Assert.Equal((OrchestrationStatus.ContinuedAsNew, "2"), (end.OrchestrationStatus, end.Result));
        Assert.Equal(["kept", "late"], end.CarryoverEvents.Select(e => e.EventRaised.Name));
    }

    [Fact]
    public void Given_a_suspended_instance_when_results_arrive_then_they_wait_until_it_is_resumed()
    {
        var recording = new Recording(RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", (c, _) => c.CallActivityAsync<string>("work")), "flow");
        recording.Next();
        recording.Next(new HistoryEvent { ExecutionSuspended = new ExecutionSuspendedEvent() });

        Assert.Empty(recording.Next(Completed(0, "\"done\"")).Actions);
        var end = recording.Next(new HistoryEvent { ExecutionResumed = new ExecutionResumedEvent() });

        Assert.Equal("\"done\"", end.Actions[0].CompleteOrchestration.Result);
    }

    [Fact]
    public void Given_a_termination_when_it_arrives_then_the_instance_ends_with_its_output()
    {
        var recording = new Recording(RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", (c, _) => c.CallActivityAsync<string>("work")), "flow");
        recording.Next();

        var end = recording.Next(new HistoryEvent { ExecutionTerminated = new ExecutionTerminatedEvent { Input = "\"enough\"" } });

        var completion = Assert.Single(end.Actions).CompleteOrchestration;
        Assert.Equal((OrchestrationStatus.Terminated, "\"enough\""), (completion.OrchestrationStatus, completion.Result));
    }

    [Fact]
    public void Given_an_unknown_orchestrator_when_it_is_started_then_it_fails_cleanly()
    {
        var end = new Recording(RegistryExtensions.NewRegistry(), "nobody").Next().Actions[0].CompleteOrchestration;

        Assert.Equal(OrchestrationStatus.Failed, end.OrchestrationStatus);
        Assert.Contains("'nobody'", end.FailureDetails.ErrorMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("other")]
    [InlineData("timer")]
    [InlineData("more")]
    [InlineData("nothing")]
    public void Given_code_that_changed_when_the_history_is_replayed_then_the_instance_fails_as_not_deterministic(string change)
    {
        var recording = new Recording(RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", async (c, _) =>
        {
            await c.CallActivityAsync("one");
            return await c.CallActivityAsync<string>("two");
        }), "flow");
        recording.Next();
        recording.Next(Completed(0, "null"));
        var changed = RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", async (c, _) =>
        {
            switch (change)
            {
                case "other":
                    await c.CallActivityAsync("another");
                    break;
                case "timer":
                    await c.CreateTimer(TimeSpan.FromMinutes(1), CancellationToken.None);
                    break;
                case "more":
                    var unawaited = c.CallActivityAsync("one");
                    await Task.WhenAll(unawaited, c.CallActivityAsync("extra"));
                    break;
            }
            return "";
        });

        var end = recording.Replay(changed, Completed(1, "null")).Actions[0].CompleteOrchestration;

        Assert.Equal(OrchestrationStatus.Failed, end.OrchestrationStatus);
        Assert.Equal(typeof(NonDeterministicOrchestrationException).FullName, end.FailureDetails.ErrorType);
    }

    [Fact]
    public void Given_code_that_awaits_something_else_when_it_runs_then_the_instance_fails()
    {
        var never = new TaskCompletionSource();
        var end = new Recording(RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", async (_, _) =>
        {
            await never.Task;
            return "";
        }), "flow").Next().Actions[0].CompleteOrchestration;

        Assert.Equal(typeof(NonDeterministicOrchestrationException).FullName, end.FailureDetails.ErrorType);
    }

    [Fact]
    public void Given_the_context_in_another_thread_when_it_is_used_then_it_refuses()
    {
        Exception? caught = null;
        new Recording(RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", (c, _) =>
        {
            var thread = new Thread(() => caught = Record.Exception(() => { Task unused = c.CallActivityAsync("work"); }));
            thread.Start();
            thread.Join();
            return c.CallActivityAsync<string>("work");
        }), "flow").Next();

        Assert.IsType<InvalidOperationException>(caught);
    }

    [Fact]
    public void Given_a_timer_of_months_when_it_is_created_then_it_is_chained()
    {
        var recording = new Recording(RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", async (c, _) =>
        {
            await c.CreateTimer(new DateTime(2026, 1, 5, 0, 0, 0, DateTimeKind.Utc), CancellationToken.None);
            return "";
        }), "flow");

        var first = Assert.Single(recording.Next().Actions);
        var second = Assert.Single(recording.Next(Fired(first.Id)).Actions);

        Assert.Equal(new DateTime(2026, 1, 4, 0, 0, 0, DateTimeKind.Utc), first.CreateTimer.FireAt.ToDateTime());
        Assert.NotNull(second.CreateTimer);
    }

    [Fact]
    public void Given_new_ids_when_the_code_is_replayed_then_they_are_the_same_and_differ_from_each_other()
    {
        var seen = new List<Guid>();
        var recording = new Recording(RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", async (c, _) =>
        {
            seen.Add(c.NewGuid());
            seen.Add(c.NewGuid());
            return await c.CallActivityAsync<string>("work");
        }), "flow");
        recording.Next();
        recording.Next(Completed(0, "null"));

        Assert.NotEqual(seen[0], seen[1]);
        Assert.Equal(seen[..2], seen[2..]);
    }

    [Fact]
    public void Given_a_fan_out_when_results_arrive_in_any_order_then_all_are_gathered_and_a_second_copy_is_ignored()
    {
        var recording = new Recording(RegistryExtensions.NewRegistry().Orchestrator<string, int>("flow", async (c, _) =>
            (await Task.WhenAll(Enumerable.Range(0, 3).Select(i => c.CallSubOrchestratorAsync<int>("sub", i)))).Sum()), "flow");
        Assert.Equal(3, recording.Next().Actions.Count);
        recording.Next(SubCompleted(2, "30"), SubCompleted(2, "31"));

        var end = recording.Next(SubCompleted(0, "10"), SubCompleted(1, "20"));

        Assert.Equal("60", end.Actions[0].CompleteOrchestration.Result);
    }

    [Fact]
    public void Given_a_custom_status_when_the_code_is_replayed_then_the_last_one_is_answered()
    {
        var recording = new Recording(RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", async (c, _) =>
        {
            c.SetCustomStatus("one");
            await c.CallActivityAsync("work");
            c.SetCustomStatus("two");
            return await c.CallActivityAsync<string>("work");
        }), "flow");

        Assert.Equal("\"one\"", recording.Next().CustomStatus);
        Assert.Equal("\"two\"", recording.Next(Completed(0, "null")).CustomStatus);
    }
}

using System.Collections.Concurrent;
using Cloudreve.DurableTask.Embedded;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.DurableTask.Tests.Embedded;

public sealed class EmbeddedTaskHubTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_a_chain_of_activities_when_it_runs_then_the_result_and_the_input_can_be_read()
    {
        var registry = RegistryExtensions.NewRegistry()
            .Activity<int, int>("double", n => n * 2)
            .Orchestrator<int, int>("flow", async (c, n) => await c.CallActivityAsync<int>("double", await c.CallActivityAsync<int>("double", n)));
        await using var hub = await TestHub.StartAsync(azurite, registry);

        var end = await hub.RunAsync("flow", 5);

        Assert.Equal(OrchestrationRuntimeStatus.Completed, end.RuntimeStatus);
        Assert.Equal((5, 20), (end.ReadInputAs<int>(), end.ReadOutputAs<int>()));
    }

    [Fact]
    public async Task Given_two_activities_in_a_row_when_they_run_then_each_turn_is_one_transaction()
    {
        var registry = RegistryExtensions.NewRegistry()
            .Activity<int, int>("double", n => n * 2)
            .Orchestrator<int, int>("flow", async (c, n) => await c.CallActivityAsync<int>("double", await c.CallActivityAsync<int>("double", n)));
        await using var hub = await TestHub.StartAsync(azurite, registry);
        var id = await hub.Hub.ScheduleAsync("warm", inputJson: "1");
        await hub.EndOfAsync(id);
        var before = hub.Account.Transactions.ByOperation.ToDictionary();

        await hub.RunAsync("flow", 5);

        var batches = hub.Account.Transactions.ByOperation["Table POST $batch"] - before["Table POST $batch"];
        // One for the start, one for each of three turns.
        Assert.Equal(4, batches);
    }

    [Fact]
    public async Task Given_sub_orchestrations_when_one_fails_then_its_caller_sees_why_and_none_is_left()
    {
        var registry = RegistryExtensions.NewRegistry()
            .Orchestrator<int, int>("sub", (_, n) => n == 2 ? throw new InvalidDataException("no two") : Task.FromResult(n))
            .Orchestrator<string, string>("flow", async (c, _) =>
            {
                var calls = Enumerable.Range(0, 4).Select(n => c.CallSubOrchestratorAsync<int>("sub", n, new SubOrchestrationOptions(null, $"{c.InstanceId}-{n}"))).ToList();
                try
                {
                    await Task.WhenAll(calls);
                    return "";
                }
                catch (TaskFailedException e)
                {
                    return $"{e.FailureDetails.ErrorType}: {e.FailureDetails.ErrorMessage}; {calls.Count(t => t.IsCompletedSuccessfully)} are fine";
                }
            });
        await using var hub = await TestHub.StartAsync(azurite, registry);

        var end = await hub.RunAsync("flow", null, "parent");

        Assert.Equal("System.IO.InvalidDataException: no two; 3 are fine", end.ReadOutputAs<string>());
        await hub.Hub.StopAsync();
        Assert.Null(await hub.Client.GetInstanceAsync("parent-1"));
    }

    [Fact]
    public async Task Given_a_sub_orchestration_with_a_fixed_id_when_it_is_retried_then_it_runs_again()
    {
        var runs = 0;
        var registry = RegistryExtensions.NewRegistry()
            .Orchestrator<string, string>("sub", (c, _) => c.IsReplaying || Interlocked.Increment(ref runs) < 3 ? throw new InvalidDataException() : Task.FromResult("ok"))
            .Orchestrator<string, string>("flow", (c, _) => c.CallSubOrchestratorAsync<string>(
                "sub", null, new SubOrchestrationOptions(new RetryPolicy(5, TimeSpan.FromMilliseconds(1)), "fixed")));
        await using var hub = await TestHub.StartAsync(azurite, registry);

        Assert.Equal("ok", (await hub.RunAsync("flow")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Given_a_timer_when_the_clock_has_not_reached_it_then_it_waits_and_then_fires()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var registry = RegistryExtensions.NewRegistry().Orchestrator<string, DateTime>("flow", async (c, _) =>
        {
            c.SetCustomStatus("waits");
            await c.CreateTimer(TimeSpan.FromHours(30), CancellationToken.None);
            return c.CurrentUtcDateTime;
        });
        await using var hub = await TestHub.StartAsync(azurite, registry, clock);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("flow");
        await hub.UntilAsync(id, m => m.SerializedCustomStatus is not null);

        clock.Advance(TimeSpan.FromHours(29));
        Assert.False((await hub.Client.GetInstanceAsync(id))!.IsCompleted);
        var end = await hub.AdvanceToEndOfAsync(id, clock, TimeSpan.FromHours(1));

        Assert.InRange(end.ReadOutputAs<DateTime>(), new DateTime(2026, 1, 2, 6, 0, 0, DateTimeKind.Utc), DateTime.MaxValue);
    }

    [Fact]
    public async Task Given_a_timer_when_the_hub_is_started_anew_then_it_still_fires()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var prefix = AzuriteServer.UniqueName();
        var registry = RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", async (c, _) =>
        {
            c.SetCustomStatus("waits");
            await c.CreateTimer(TimeSpan.FromHours(1), CancellationToken.None);
            return "fired";
        });
        await using (var first = TestHub.Create(azurite, prefix, registry, clock))
        {
            await first.Hub.StartAsync();
            await first.Client.ScheduleNewOrchestrationInstanceAsync("flow", null, new StartOrchestrationOptions("timer"));
            await first.UntilAsync("timer", m => m.SerializedCustomStatus is not null);
        }
        await using var second = TestHub.Create(azurite, prefix, registry, clock);
        await second.Hub.StartAsync();

        Assert.Equal("fired", (await second.AdvanceToEndOfAsync("timer", clock, TimeSpan.FromHours(1))).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Given_events_when_they_are_raised_before_and_after_the_wait_then_all_arrive_in_order()
    {
        var registry = RegistryExtensions.NewRegistry().Orchestrator<int, string>("flow", async (c, count) =>
        {
            var all = "";
            for (var i = 0; i < count; i++)
                all += await c.WaitForExternalEvent<string>("e");
            return all;
        });
        await using var hub = await TestHub.StartAsync(azurite, registry);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("flow", 8);

        foreach (var letter in "abcdefgh")
            await hub.Client.RaiseEventAsync(id, "e", $"{letter}");

        Assert.Equal("abcdefgh", (await hub.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Given_an_instance_when_it_sends_an_event_to_another_then_that_one_gets_it()
    {
        var registry = RegistryExtensions.NewRegistry()
            .Orchestrator<string, string>("receiver", (c, _) => c.WaitForExternalEvent<string>("hello"))
            .Orchestrator<string, string>("sender", (c, to) =>
            {
                c.SendEvent(to, "hello", "from the sender");
                c.SendEvent("nobody", "hello");
                return Task.FromResult("sent");
            });
        await using var hub = await TestHub.StartAsync(azurite, registry);
        var receiver = await hub.Client.ScheduleNewOrchestrationInstanceAsync("receiver");

        await hub.RunAsync("sender", receiver);

        Assert.Equal("from the sender", (await hub.EndOfAsync(receiver)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Given_payloads_above_a_rows_size_when_they_pass_then_they_arrive_whole_and_purging_removes_them()
    {
        var large = new string('ü', 100_000);
        var registry = RegistryExtensions.NewRegistry()
            .Activity<string, string>("same", text => text)
            .Orchestrator<string, string>("flow", async (c, input) =>
            {
                c.SetCustomStatus(input);
                return await c.CallActivityAsync<string>("same", input) + await c.WaitForExternalEvent<string>("more");
            });
        var prefix = AzuriteServer.UniqueName();
        await using var hub = TestHub.Create(azurite, prefix, registry);
        await hub.Hub.StartAsync();
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("flow", large, new StartOrchestrationOptions("big"));
        await hub.Client.RaiseEventAsync("big", "more", large);

        var end = await hub.EndOfAsync("big");

        Assert.Equal(large + large, end.ReadOutputAs<string>());
        var read = await hub.Client.GetInstanceAsync("big", getInputsAndOutputs: true);
        Assert.Equal((large, large), (read!.ReadInputAs<string>(), read.ReadCustomStatusAs<string>()));
        await hub.Hub.StopAsync();
        Assert.Equal(1, (await hub.Client.PurgeInstanceAsync("big")).PurgedInstanceCount);
        Assert.Empty((await hub.Account.Container(prefix + "-hubpayloads").ListPageAsync("", null)).Blobs);
    }

    [Fact]
    public async Task Given_a_running_id_when_it_is_started_again_then_nothing_happens_and_a_finished_one_is_refused_until_purged()
    {
        var runs = new ConcurrentQueue<string>();
        var registry = RegistryExtensions.NewRegistry()
            .Activity<string, string>("note", text =>
            {
                runs.Enqueue(text);
                return text;
            })
            .Orchestrator<string, string>("flow", async (c, input) =>
            {
                await c.CallActivityAsync("note", input);
                return await c.WaitForExternalEvent<string>("end");
            });
        await using var hub = await TestHub.StartAsync(azurite, registry);
        var options = new StartOrchestrationOptions("same/id #1");
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("flow", "a", options);

        Assert.Equal(options.InstanceId, await hub.Client.ScheduleNewOrchestrationInstanceAsync("flow", "b", options));
        Assert.Equal(0, (await hub.Client.PurgeInstanceAsync(options.InstanceId!)).PurgedInstanceCount);
        await hub.Client.RaiseEventAsync(options.InstanceId!, "end", "x");
        await hub.EndOfAsync(options.InstanceId!);
        await Assert.ThrowsAsync<InvalidOperationException>(() => hub.Client.ScheduleNewOrchestrationInstanceAsync("flow", "c", options));
        Assert.Equal(1, (await hub.Client.PurgeInstanceAsync(options.InstanceId!)).PurgedInstanceCount);
        Assert.Null(await hub.Client.GetInstanceAsync(options.InstanceId!));
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("flow", "d", options);
        await hub.Client.RaiseEventAsync(options.InstanceId!, "end", "y");

        Assert.Equal("y", (await hub.EndOfAsync(options.InstanceId!)).ReadOutputAs<string>());
        Assert.Equal(["a", "d"], runs);
    }

    [Fact]
    public async Task Given_a_suspended_instance_when_it_is_resumed_then_it_goes_on()
    {
        var registry = RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", (c, _) => c.WaitForExternalEvent<string>("end"));
        await using var hub = await TestHub.StartAsync(azurite, registry);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("flow");
        await hub.Client.SuspendInstanceAsync(id, "pause");
        await hub.UntilAsync(id, m => m.RuntimeStatus == OrchestrationRuntimeStatus.Suspended);
        await hub.Client.RaiseEventAsync(id, "end", "x");
        await hub.UntilAsync(id, m => m.RuntimeStatus == OrchestrationRuntimeStatus.Suspended);

        await hub.Client.ResumeInstanceAsync(id);

        Assert.Equal("x", (await hub.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Given_a_running_instance_when_it_is_terminated_then_it_has_ended_with_the_output_given()
    {
        var registry = RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", (c, _) => c.WaitForExternalEvent<string>("never"));
        await using var hub = await TestHub.StartAsync(azurite, registry);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("flow");

        await hub.Client.TerminateInstanceAsync(id, "enough");

        var end = await hub.EndOfAsync(id);
        Assert.Equal((OrchestrationRuntimeStatus.Terminated, "enough"), (end.RuntimeStatus, end.ReadOutputAs<string>()));
        await hub.Client.RaiseEventAsync(id, "late");
    }

    [Fact]
    public async Task Given_an_unknown_instance_when_it_is_steered_then_that_is_said()
    {
        await using var hub = await TestHub.StartAsync(azurite, RegistryExtensions.NewRegistry());

        await Assert.ThrowsAsync<InstanceNotFoundException>(() => hub.Client.RaiseEventAsync("nobody", "e"));
        await Assert.ThrowsAsync<InstanceNotFoundException>(() => hub.Client.WaitForInstanceCompletionAsync("nobody"));
        Assert.Null(await hub.Client.GetInstanceAsync("nobody"));
    }

    [Fact]
    public async Task Given_an_activity_that_fails_when_it_is_retried_then_it_is_called_as_often_as_the_policy_says()
    {
        var calls = 0;
        var registry = RegistryExtensions.NewRegistry()
            .Activity<string, string>("flaky", _ => Interlocked.Increment(ref calls) < 3 ? throw new InvalidDataException("not yet") : "done")
            .Orchestrator<string, string>("flow", (c, _) => c.CallActivityAsync<string>("flaky", null, new TaskOptions(new RetryPolicy(3, TimeSpan.FromMilliseconds(5)))));
        await using var hub = await TestHub.StartAsync(azurite, registry);

        Assert.Equal("done", (await hub.RunAsync("flow")).ReadOutputAs<string>());
        Assert.Equal(3, calls);
    }

    [Fact]
    public async Task Given_an_activity_whose_dispatch_fails_when_the_tries_are_used_up_then_it_counts_as_failed()
    {
        var registry = RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", (c, _) => c.CallActivityAsync<string>("lost"));
        var executor = new OrchestratorExecutor(registry);
        var dispatcher = new TaskHubDispatcher(
            (_, _, request, _) => executor.ExecuteAsync(request), (_, _, _, _) => throw new HttpRequestException("unreachable"));
        await using var hub = await TestHub.StartAsync(azurite, registry, dispatcher: dispatcher);

        var end = await hub.RunAsync("flow");

        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Equal("unreachable", end.FailureDetails!.InnerFailure!.ErrorMessage);
    }

    [Fact]
    public async Task Given_an_orchestrator_whose_dispatch_fails_when_it_works_again_then_the_instance_goes_on()
    {
        var calls = 0;
        var registry = RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", (_, _) => Task.FromResult("ok"));
        var executor = new OrchestratorExecutor(registry);
        var dispatcher = new TaskHubDispatcher(
            (_, _, request, _) => Interlocked.Increment(ref calls) < 3 ? throw new HttpRequestException("busy") : executor.ExecuteAsync(request),
            (_, _, _, _) => Task.FromResult(""));
        await using var hub = await TestHub.StartAsync(azurite, registry, dispatcher: dispatcher);

        Assert.Equal("ok", (await hub.RunAsync("flow")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Given_every_request_of_a_run_when_it_is_executed_again_then_the_answer_is_the_same()
    {
        var recorded = new ConcurrentQueue<(byte[] Request, byte[] Response)>();
        var registry = RegistryExtensions.NewRegistry()
            .Activity<int, int>("work", n => n)
            .Orchestrator<int, int>("sub", (c, n) => c.CallActivityAsync<int>("work", n))
            .Orchestrator<int, int>("flow", async (c, n) =>
            {
                var sum = 0;
                for (var i = 0; i < n; i++)
                    sum += (await Task.WhenAll(c.CallActivityAsync<int>("work", i), c.CallSubOrchestratorAsync<int>("sub", i))).Sum();
                await c.CreateTimer(TimeSpan.FromMilliseconds(1), CancellationToken.None);
                return sum + await c.WaitForExternalEvent<int>("add");
            });
        var executor = new OrchestratorExecutor(registry);
        var dispatcher = new TaskHubDispatcher(
            async (_, _, request, _) =>
            {
                var response = await executor.ExecuteAsync(request);
                recorded.Enqueue((request, response));
                return response;
            },
            new ActivityExecutor(registry, new NoServices()).ExecuteAsync);
        await using var hub = await TestHub.StartAsync(azurite, registry, dispatcher: dispatcher);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("flow", 4);
        await hub.Client.RaiseEventAsync(id, "add", 100);
        Assert.Equal(112, (await hub.EndOfAsync(id)).ReadOutputAs<int>());

        Assert.NotEmpty(recorded);
        foreach (var (request, response) in recorded)
            Assert.Equal(response, await executor.ExecuteAsync(request));
    }

    [Fact]
    public async Task Given_a_history_that_is_not_cached_when_turns_run_then_they_load_it()
    {
        var registry = RegistryExtensions.NewRegistry()
            .Activity<int, int>("work", n => n)
            .Orchestrator<int, int>("flow", async (c, n) =>
            {
                var sum = 0;
                for (var i = 0; i < n; i++)
                    sum += await c.CallActivityAsync<int>("work", i);
                return sum;
            });
        await using var hub = await TestHub.StartAsync(azurite, registry, options: new EmbeddedTaskHubOptions { CacheBytes = 0 });

        Assert.Equal(45, (await hub.RunAsync("flow", 10)).ReadOutputAs<int>());
    }
}

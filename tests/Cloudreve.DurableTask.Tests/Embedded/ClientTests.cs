using System.Collections.Concurrent;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.DurableTask.Tests.Embedded;

/// <summary>What clients may ask of the hub beyond starting, waiting and raising events.</summary>
public sealed class ClientTests(AzuriteServer azurite)
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static DurableTaskRegistry Waiting() => RegistryExtensions.NewRegistry()
        .Orchestrator<string, string>("leaf", (c, _) => c.WaitForExternalEvent<string>("end"))
        .Orchestrator<string, string>("middle", (c, _) =>
            c.CallSubOrchestratorAsync<string>("leaf", null, new SubOrchestrationOptions(null, c.InstanceId + "-leaf")))
        .Orchestrator<string, string>("top", (c, _) =>
            c.CallSubOrchestratorAsync<string>("middle", null, new SubOrchestrationOptions(null, c.InstanceId + "-middle")));

    [Fact]
    public async Task Given_nested_sub_orchestrations_when_the_top_is_terminated_recursively_then_all_end_and_are_removed()
    {
        await using var hub = await TestHub.StartAsync(azurite, Waiting());
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("top", null, new StartOrchestrationOptions("t"));
        await hub.UntilAsync("t-middle-leaf", m => m.IsRunning);
        var leaf = hub.EndOfAsync("t-middle-leaf");

        await hub.Client.TerminateInstanceAsync("t", new TerminateInstanceOptions("enough", Recursive: true));

        Assert.Equal((OrchestrationRuntimeStatus.Terminated, "enough"), ((await leaf).RuntimeStatus, (await leaf).ReadOutputAs<string>()));
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await hub.EndOfAsync("t")).RuntimeStatus);
        await hub.UntilGoneAsync("t-middle-leaf");
        await hub.UntilGoneAsync("t-middle");
    }

    [Fact]
    public async Task Given_a_sub_orchestration_when_its_caller_alone_is_terminated_then_it_runs_on_and_is_removed_at_its_end()
    {
        await using var hub = await TestHub.StartAsync(azurite, Waiting());
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("middle", null, new StartOrchestrationOptions("m"));
        await hub.UntilAsync("m-leaf", m => m.IsRunning);

        await hub.Client.TerminateInstanceAsync("m");
        await hub.EndOfAsync("m");
        Assert.True((await hub.Client.GetInstanceAsync("m-leaf"))!.IsRunning);
        await hub.Client.RaiseEventAsync("m-leaf", "end", "x");

        await hub.UntilGoneAsync("m-leaf");
    }

    [Fact]
    public async Task Given_an_id_that_another_has_taken_when_its_would_be_caller_is_terminated_recursively_then_it_runs_on()
    {
        await using var hub = await TestHub.StartAsync(azurite, Waiting());
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("leaf", null, new StartOrchestrationOptions("m-leaf"));
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("middle", null, new StartOrchestrationOptions("m"));

        var end = await hub.EndOfAsync("m");

        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        await hub.Client.TerminateInstanceAsync("m", new TerminateInstanceOptions(Recursive: true));
        await hub.Client.RaiseEventAsync("m-leaf", "end", "mine");
        Assert.Equal("mine", (await hub.EndOfAsync("m-leaf")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Given_a_start_in_the_future_when_messages_come_before_then_it_begins_in_time_and_gets_them()
    {
        var clock = new FakeTimeProvider(s_now);
        var registry = RegistryExtensions.NewRegistry().Orchestrator<string, DateTime>("flow", async (c, _) =>
        {
            await c.WaitForExternalEvent<string>("early");
            return c.CurrentUtcDateTime;
        });
        await using var hub = await TestHub.StartAsync(azurite, registry, clock);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("flow", null, new StartOrchestrationOptions(null, s_now.AddHours(10)));
        await hub.Client.RaiseEventAsync(id, "early");

        clock.Advance(TimeSpan.FromHours(9));
        Assert.Equal(OrchestrationRuntimeStatus.Pending, (await hub.Client.GetInstanceAsync(id))!.RuntimeStatus);
        var end = await hub.AdvanceToEndOfAsync(id, clock, TimeSpan.FromHours(1));

        Assert.InRange(end.ReadOutputAs<DateTime>(), s_now.UtcDateTime.AddHours(10), DateTime.MaxValue);
    }

    [Fact]
    public async Task Given_a_start_in_the_future_when_the_hub_is_started_anew_then_it_still_begins()
    {
        var clock = new FakeTimeProvider(s_now);
        var prefix = AzuriteServer.UniqueName();
        var registry = RegistryExtensions.NewRegistry().Orchestrator<string, string>("flow", (_, _) => Task.FromResult("begun"));
        await using (var first = TestHub.Create(azurite, prefix, registry, clock))
        {
            await first.Hub.StartAsync();
            await first.Client.ScheduleNewOrchestrationInstanceAsync("flow", null, new StartOrchestrationOptions("later", s_now.AddHours(1)));
        }
        await using var second = TestHub.Create(azurite, prefix, registry, clock);
        await second.Hub.StartAsync();

        Assert.Equal("begun", (await second.AdvanceToEndOfAsync("later", clock, TimeSpan.FromHours(1))).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Given_a_start_in_the_future_when_it_is_terminated_then_it_never_runs()
    {
        var clock = new FakeTimeProvider(s_now);
        var runs = 0;
        var registry = RegistryExtensions.NewRegistry().Orchestrator<string, int>("flow", (_, _) => Task.FromResult(Interlocked.Increment(ref runs)));
        await using var hub = await TestHub.StartAsync(azurite, registry, clock);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("flow", null, new StartOrchestrationOptions(null, s_now.AddHours(1)));

        await hub.Client.TerminateInstanceAsync(id);

        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await hub.EndOfAsync(id)).RuntimeStatus);
        clock.Advance(TimeSpan.FromHours(2));
        await hub.Hub.StopAsync();
        Assert.Equal(0, runs);
    }

    [Fact]
    public async Task Given_an_instance_that_has_ended_when_it_is_restarted_then_it_runs_again_with_its_input()
    {
        var runs = 0;
        var registry = RegistryExtensions.NewRegistry()
            .Activity<string, string>("count", text => $"{text}{Interlocked.Increment(ref runs)}")
            .Orchestrator<string, string>("flow", (c, input) => c.CallActivityAsync<string>("count", input));
        await using var hub = await TestHub.StartAsync(azurite, registry);
        Assert.Equal("in1", (await hub.RunAsync("flow", "in", "r")).ReadOutputAs<string>());

        Assert.Equal("r", await hub.Client.RestartAsync("r"));
        Assert.Equal("in2", (await hub.EndOfAsync("r")).ReadOutputAs<string>());
        var copy = await hub.Client.RestartAsync("r", restartWithNewInstanceId: true);
        Assert.NotEqual("r", copy);
        Assert.Equal("in3", (await hub.EndOfAsync(copy)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Given_an_instance_that_runs_or_is_unknown_when_it_is_restarted_then_it_is_refused()
    {
        await using var hub = await TestHub.StartAsync(azurite, Waiting());
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("leaf");

        await Assert.ThrowsAsync<InvalidOperationException>(() => hub.Client.RestartAsync(id));
        await Assert.ThrowsAsync<InstanceNotFoundException>(() => hub.Client.RestartAsync("nobody"));
    }

    [Fact]
    public async Task Given_some_instances_when_they_are_listed_then_the_filter_chooses()
    {
        await using var hub = await TestHub.StartAsync(azurite, Waiting());
        foreach (var id in new[] { "a1", "a2", "b1" })
            await hub.Client.ScheduleNewOrchestrationInstanceAsync("leaf", id, new StartOrchestrationOptions(id));
        await hub.Client.TerminateInstanceAsync("a2");
        await hub.EndOfAsync("a2");

        async Task<string> ListAsync(OrchestrationQuery? query)
        {
            var found = new SortedSet<string>(StringComparer.Ordinal);
            await foreach (var instance in hub.Client.GetAllInstancesAsync(query))
                found.Add(instance.InstanceId + instance.ReadInputAs<string>());
            return string.Join(' ', found);
        }

        Assert.Equal("a1 a2 b1", await ListAsync(null));
        Assert.Equal("a1a1 a2a2", await ListAsync(new OrchestrationQuery(InstanceIdPrefix: "a", FetchInputsAndOutputs: true)));
        Assert.Equal("a2", await ListAsync(new OrchestrationQuery(Statuses: [OrchestrationRuntimeStatus.Terminated])));
        Assert.Equal("", await ListAsync(new OrchestrationQuery(CreatedFrom: DateTimeOffset.MaxValue)));
    }

    [Fact]
    public async Task Given_two_versions_when_instances_start_then_each_keeps_its_own_and_an_unknown_one_fails()
    {
        var registry = RegistryExtensions.NewRegistry()
            .Orchestrator<string, string>("flow", (c, _) => c.WaitForExternalEvent<string>("end"))
            .Orchestrator<string, string>("caller", (c, _) =>
                c.CallSubOrchestratorAsync<string>("flow", null, new SubOrchestrationOptions { Version = "2" }));
        registry.AddOrchestrator("flow", "2", () => new Orchestrator<string, string>((c, _) => Task.FromResult("code of " + c.Version)));
        await using var hub = await TestHub.StartAsync(azurite, registry);

        var old = await hub.Client.ScheduleNewOrchestrationInstanceAsync("flow");
        var second = await hub.Client.ScheduleNewOrchestrationInstanceAsync("flow", null, new StartOrchestrationOptions { Version = "2" });
        var third = await hub.Client.ScheduleNewOrchestrationInstanceAsync("flow", null, new StartOrchestrationOptions { Version = "3" });

        Assert.Equal("code of 2", (await hub.EndOfAsync(second)).ReadOutputAs<string>());
        Assert.Equal("code of 2", (await hub.RunAsync("caller")).ReadOutputAs<string>());
        Assert.Equal("There is no version '3' of an orchestrator named 'flow'.", (await hub.EndOfAsync(third)).FailureDetails!.ErrorMessage);
        await hub.Client.RaiseEventAsync(old, "end", "code of old");
        Assert.Equal("code of old", (await hub.EndOfAsync(old)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Given_an_instance_when_it_continues_in_a_new_version_then_new_code_goes_on_and_restarts_begin_there()
    {
        var registry = RegistryExtensions.NewRegistry().Orchestrator<int, string>("flow", (c, n) =>
        {
            c.ContinueAsNew(new ContinueAsNewOptions { NewVersion = "2" }, n + 1);
            return Task.FromResult("");
        });
        registry.AddOrchestrator("flow", "2", () => new Orchestrator<int, string>((c, n) => Task.FromResult($"{c.Version}:{n}")));
        await using var hub = await TestHub.StartAsync(azurite, registry);

        Assert.Equal("2:8", (await hub.RunAsync("flow", 7, "v")).ReadOutputAs<string>());
        await hub.Client.RestartAsync("v");
        Assert.Equal("2:8", (await hub.EndOfAsync("v")).ReadOutputAs<string>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_calls_that_nobody_awaits_when_the_code_returns_then_they_are_carried_out_all_the_same(bool continues)
    {
        var runs = new ConcurrentQueue<string>();
        var registry = RegistryExtensions.NewRegistry()
            .Activity<string, string>("note", text =>
            {
                runs.Enqueue(text);
                return text;
            })
            .Orchestrator<string, string>("sub", (c, text) => c.CallActivityAsync<string>("note", text))
            .Orchestrator<int, string>("flow", (c, round) =>
            {
                if (round == 0)
                {
                    Task call = c.CallActivityAsync("note", "activity");
                    Task sub = c.CallSubOrchestratorAsync("sub", "sub", new SubOrchestrationOptions(null, c.InstanceId + "-sub"));
                    Assert.False(call.IsCompleted || sub.IsCompleted);
                    if (continues)
                        c.ContinueAsNew(1);
                }
                return Task.FromResult("done");
            });
        await using var hub = await TestHub.StartAsync(azurite, registry);

        Assert.Equal("done", (await hub.RunAsync("flow", 0, "d")).ReadOutputAs<string>());

        // What is not carried out yet keeps the instance from being purged.
        while ((await hub.Client.PurgeInstanceAsync("d")).PurgedInstanceCount == 0)
            await Task.Delay(10);
        await hub.UntilGoneAsync("d-sub");
        Assert.Equal(["activity", "sub"], runs.Order(StringComparer.Ordinal));
    }
}

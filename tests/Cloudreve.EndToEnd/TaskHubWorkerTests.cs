using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.DurableTask;
using Cloudreve.DurableTask.Protocol;
using Cloudreve.EndToEnd.HostDouble;
using Cloudreve.EndToEnd.HostDouble.TaskHub;
using Cloudreve.Functions.Hosting.Invocation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;
using OrchestrationInstance = Cloudreve.EndToEnd.HostDouble.TaskHub.OrchestrationInstance;

namespace Cloudreve.EndToEnd;

/// <summary>The double's task hub before a handler made of lambdas.</summary>
public sealed class TaskHubWorkerTests : IAsyncLifetime
{
    private readonly InMemoryTaskHub _hub = new(TimeProvider.System);
    private readonly DurableTaskRegistry _registry = new(new JsonSerializerOptions { TypeInfoResolver = HubTestJson.Default });
    private readonly ConcurrentDictionary<string, int> _calls = new();
    private readonly ConcurrentDictionary<string, Func<HttpContext, int, Task<bool>>> _disturbances = new();
    private readonly ConcurrentQueue<Uri> _recycled = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly WebApplication _handler = BuildHandler();
    private FunctionInvoker _invoker = null!;
    private Task _work = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        _handler.Run(AnswerAsync);
        await _handler.StartAsync();
    }

    [Fact]
    public async Task Given_an_orchestration_of_every_kind_of_step_when_it_is_driven_then_it_completes_with_its_result()
    {
        _registry.AddActivity("Double", () => new Activity(input => input * 2));
        _registry.AddOrchestrator("Sub", () => new Orchestrator((context, input) => context.CallActivityAsync<int>("Double", input)));
        _registry.AddOrchestrator("Main", () => new Orchestrator(async (context, input) =>
        {
            await context.CreateTimer(TimeSpan.FromMilliseconds(1), CancellationToken.None);
            var results = await Task.WhenAll(Enumerable.Range(1, 5).Select(i => context.CallSubOrchestratorAsync<int>("Sub", i)));
            context.SendEvent(context.InstanceId, "plus", 12);
            return input + results.Sum() + await context.WaitForExternalEvent<int>("plus");
        }));

        var instance = await RunAsync("Main", 1, "Double", "Sub", "Main");

        Assert.Equal(OrchestrationStatus.Completed, instance.Status);
        Assert.Equal("43", instance.Output);
    }

    [Fact]
    public async Task Given_an_orchestration_that_continues_as_new_when_events_are_left_then_the_next_execution_gets_them()
    {
        _registry.AddOrchestrator("Main", () => new Orchestrator(async (context, input) =>
        {
            var sum = input + await context.WaitForExternalEvent<int>("number");
            if (sum < 6)
                context.ContinueAsNew(sum);
            return sum;
        }));
        Start(TimeSpan.FromMinutes(1), "Main");
        _hub.Start("Main", "instance-1", "0");
        foreach (var number in (int[])[1, 2, 3])
            _hub.RaiseEvent("instance-1", "number", number.ToString());

        var instance = await AwaitEndAsync();

        Assert.Equal("6", instance.Output);
        Assert.Equal(0, instance.HistoryLength);
    }

    [Fact]
    public async Task Given_an_orchestrator_when_it_answers_an_error_then_the_instance_fails_for_good()
    {
        _registry.AddOrchestrator("Main", () => new Orchestrator((_, input) => Task.FromResult(input)));
        _disturbances["Main"] = (context, _) => FailAsync(context);

        var instance = await RunAsync("Main", 1, "Main");

        Assert.Equal(OrchestrationStatus.Failed, instance.Status);
        Assert.Equal("500 (Internal Server Error)", instance.Failure!.ErrorMessage);
        Assert.Equal(1, _calls["Main"]);
    }

    [Fact]
    public async Task Given_an_activity_when_it_answers_an_error_then_its_orchestrator_learns_status_and_reason_only()
    {
        _registry.AddActivity("Double", () => new Activity(input => input * 2));
        _registry.AddOrchestrator("Main", () => new Orchestrator((context, input) => context.CallActivityAsync<int>("Double", input)));
        _disturbances["Double"] = (context, _) => FailAsync(context);

        var instance = await RunAsync("Main", 1, "Double", "Main");

        Assert.Equal(OrchestrationStatus.Failed, instance.Status);
        Assert.Contains("500 (Internal Server Error)", instance.Failure!.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, _calls["Double"]);
    }

    [Fact]
    public async Task Given_an_orchestrator_and_an_activity_when_they_do_not_answer_at_first_then_the_handler_is_replaced_and_they_are_asked_again()
    {
        _registry.AddActivity("Double", () => new Activity(input => input * 2));
        _registry.AddOrchestrator("Main", () => new Orchestrator((context, input) => context.CallActivityAsync<int>("Double", input)));
        _disturbances["Main"] = _disturbances["Double"] = async (context, call) =>
        {
            if (call == 1)
                await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return call == 1;
        };
        Start(TimeSpan.FromSeconds(3), "Double", "Main");
        _hub.Start("Main", "instance-1", "4");

        var instance = await AwaitEndAsync();

        Assert.Equal("8", instance.Output);
        Assert.Equal(2, _recycled.Count);
    }

    [Fact]
    public void Given_a_running_instance_when_its_id_is_started_again_then_that_is_refused()
    {
        _hub.Start("Main", "instance-1", null);

        Assert.Throws<InvalidOperationException>(() => _hub.Start("Main", "instance-1", null));
    }

    [Fact]
    public async Task Given_an_orchestrator_that_nobody_has_when_it_is_called_then_its_caller_fails()
    {
        _registry.AddOrchestrator("Main", () => new Orchestrator((context, input) => context.CallSubOrchestratorAsync<int>("Nobody", input)));

        var instance = await RunAsync("Main", 1, "Main");

        Assert.Equal(OrchestrationStatus.Failed, instance.Status);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        _invoker?.Dispose();
        await _handler.DisposeAsync();
        _hub.Dispose();
        _stop.Dispose();
    }

    private async Task<OrchestrationInstance> RunAsync(string orchestrator, int input, params string[] functions)
    {
        Start(TimeSpan.FromMinutes(1), functions);
        _hub.Start(orchestrator, "instance-1", input.ToString());
        return await AwaitEndAsync();
    }

    private void Start(TimeSpan functionTimeout, params string[] functions)
    {
        var configuration = HostConfiguration.Parse(
            """{"version":"2.0","customHandler":{"description":{"defaultExecutablePath":"x"},"enableProxyingHttpRequest":true}}""");
        var folder = new FunctionAppFolder("", configuration, [.. functions.Select(Function)]);
        _invoker = new FunctionInvoker(_ => Task.FromResult(new Uri(_handler.Urls.Single())), _recycled.Enqueue, functionTimeout);
        _work = new TaskHubWorker(folder, _hub, _invoker, _ => { }).RunAsync(_stop.Token);
    }

    private HostedFunction Function(string name)
    {
        var trigger = _registry.ActivityNames.Contains(name) ? "activityTrigger" : "orchestrationTrigger";
        return HostedFunction.Parse(name, $$"""{"bindings":[{"type":"{{trigger}}","name":"value","direction":"in"}]}""");
    }

    private async Task<OrchestrationInstance> AwaitEndAsync()
    {
        while (_hub.Find("instance-1") is not { IsOver: true })
            await Task.Delay(10, TestContext.Current.CancellationToken);
        return _hub.Find("instance-1")!;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var name = context.Request.Path.Value![1..];
        var call = _calls.AddOrUpdate(name, 1, (_, count) => count + 1);
        if (_disturbances.TryGetValue(name, out var disturb) && await disturb(context, call))
            return;
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var request = InvocationRequest.Parse("1", body.ToArray());
        var result = _registry.ActivityNames.Contains(name)
            ? await new ActivityExecutor(_registry, _handler.Services).ExecuteAsync(name, request.Metadata("instanceId")!, request.Text("value"))
            : Convert.ToBase64String(await new OrchestratorExecutor(_registry).ExecuteAsync(request.QuotedBytes("value")));
        await context.Response.WriteAsync(JsonSerializer.Serialize(new { Outputs = new { }, ReturnValue = result }));
    }

    private static Task<bool> FailAsync(HttpContext context)
    {
        context.Response.StatusCode = (int)HttpStatusCode.InternalServerError;
        return Task.FromResult(true);
    }

    private static WebApplication BuildHandler()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        return builder.Build();
    }

    private sealed class Orchestrator(Func<TaskOrchestrationContext, int, Task<int>> code) : TaskOrchestrator<int, int>
    {
        public override Task<int> RunAsync(TaskOrchestrationContext context, int input) => code(context, input);
    }

    private sealed class Activity(Func<int, int> code) : TaskActivity<int, int>
    {
        public override Task<int> RunAsync(TaskActivityContext context, int input) => Task.FromResult(code(input));
    }
}

/// <summary>JSON of the orchestrations above.</summary>
[JsonSerializable(typeof(int))]
internal sealed partial class HubTestJson : JsonSerializerContext;

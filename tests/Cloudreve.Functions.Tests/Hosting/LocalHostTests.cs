using System.Text.Json;
using System.Threading.Channels;
using Cloudreve.Core.Tables;
using Cloudreve.Core.Tasks;
using Cloudreve.DurableTask;
using Cloudreve.DurableTask.Embedded;
using Cloudreve.Functions.Hosting;
using Cloudreve.Functions.Hosting.Bindings;
using Cloudreve.Functions.Hosting.Invocation;
using Cloudreve.Functions.Triggers;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Hosting;

public sealed class LocalHostTests(AzuriteServer azurite)
{
    private sealed class Report(Action<string> report) : TaskActivity<string, bool>
    {
        public override Task<bool> RunAsync(TaskActivityContext context, string input)
        {
            report(context.InstanceId + ":" + input);
            return Task.FromResult(true);
        }
    }

    private sealed class Reporting : TaskOrchestrator<string, bool>
    {
        public override Task<bool> RunAsync(TaskOrchestrationContext context, string input) => context.CallActivityAsync<bool>("Report", input);
    }

    [Fact]
    public async Task Given_a_message_in_the_start_queue_when_the_app_stands_alone_then_the_orchestration_runs_through_its_functions()
    {
        var done = new TaskCompletionSource<string>();
        var registry = new DurableTaskRegistry()
            .AddOrchestrator("Reporting", () => new Reporting())
            .AddActivity("Report", () => new Report(text => done.TrySetResult(text)));
        await using var app = await HostedApp.StartAsync(azurite, underHost: false, [.. DurableFunctions.Create(registry)]);
        var layout = app.Services.GetRequiredService<StorageLayout>();
        await layout.Queue(layout.StartQueueName).CreateIfNotExistsAsync();

        await layout.Queue(layout.StartQueueName).SendAsync("""{"name":"Reporting","instanceId":"job-1","input":"hello"}""");

        Assert.Equal("job-1:hello", await done.Task.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    private sealed class Waiting : TaskOrchestrator<string, bool>
    {
        public override async Task<bool> RunAsync(TaskOrchestrationContext context, string input)
        {
            await context.CallActivityAsync<bool>("Report", "started");
            return await context.CallActivityAsync<bool>("Report", await context.WaitForExternalEvent<string>("go"));
        }
    }

    /// <summary>Starts an instance that waits for an event and reports what it was told.</summary>
    private async Task<(HostedApp App, ChannelReader<string> Reports, DurableTaskRegistry Registry)> StartWaitingAsync()
    {
        var reports = Channel.CreateUnbounded<string>();
        var registry = new DurableTaskRegistry()
            .AddOrchestrator("Waiting", () => new Waiting())
            .AddActivity("Report", () => new Report(text => reports.Writer.TryWrite(text)));
        var app = await HostedApp.StartAsync(azurite, underHost: false, [.. DurableFunctions.Create(registry)]);
        var layout = app.Services.GetRequiredService<StorageLayout>();
        await layout.Queue(layout.StartQueueName).CreateIfNotExistsAsync();
        await layout.Queue(layout.ControlQueueName).CreateIfNotExistsAsync();
        await layout.Queue(layout.StartQueueName).SendAsync("""{"name":"Waiting","instanceId":"job","input":""}""");
        Assert.Equal("job:started", await reports.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1)));
        return (app, reports.Reader, registry);
    }

    [Fact]
    public async Task Given_an_instance_that_waits_when_an_event_is_in_the_control_queue_then_the_local_host_wakes_it()
    {
        var (app, reports, _) = await StartWaitingAsync();
        await using var running = app;

        await app.Services.GetRequiredService<OrchestrationControl>().SendAsync(new OrchestrationControlMessage(
            "job", OrchestrationOperation.RaiseEvent, "go", JsonSerializer.SerializeToElement("hello")));

        Assert.Equal("job:hello", await reports.ReadAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [Theory]
    [InlineData(OrchestrationOperation.Suspend, OrchestrationRuntimeStatus.Suspended)]
    [InlineData(OrchestrationOperation.Terminate, OrchestrationRuntimeStatus.Terminated)]
    public async Task Given_an_instance_that_waits_when_a_control_message_comes_then_the_local_host_carries_it_out(
        OrchestrationOperation operation, OrchestrationRuntimeStatus status)
    {
        var (app, _, registry) = await StartWaitingAsync();
        await using var running = app;

        await app.Services.GetRequiredService<OrchestrationControl>().SendAsync(new OrchestrationControlMessage("job", operation));

        var client = new EmbeddedDurableTaskClient(app.Services.GetRequiredService<EmbeddedTaskHub>(), registry);
        var patience = System.Diagnostics.Stopwatch.StartNew();
        while ((await client.GetInstanceAsync("job"))?.RuntimeStatus != status)
        {
            Assert.True(patience.Elapsed < TimeSpan.FromMinutes(1));
            await Task.Delay(100);
        }
    }

    [Fact]
    public async Task Given_a_timer_function_when_the_app_stands_alone_then_it_fires()
    {
        var fired = new TaskCompletionSource<bool>();
        var tick = new TriggerFunction("Tick", new TimerTrigger("timer", "* * * * * *"), (request, _, _) =>
        {
            fired.TrySetResult(request.Object("timer").GetProperty("IsPastDue").GetBoolean());
            return Task.FromResult(InvocationResponse.Done);
        });
        await using var app = await HostedApp.StartAsync(azurite, underHost: false, tick);

        await fired.Task.WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Given_a_function_with_a_queue_output_when_its_message_comes_then_the_output_is_sent()
    {
        var seen = new TaskCompletionSource<string>();
        TriggerFunction[] Functions(string prefix) =>
        [
            new("Forward", new QueueTrigger("message", prefix + "-in"), (_, _, _) => Task.FromResult(new InvocationResponse
            {
                Outputs = new Dictionary<string, JsonElement>
                {
                    ["next"] = JsonDocument.Parse("""{"a":1}""").RootElement,
                },
            }))
            {
                OtherBindings = [new QueueOutput("next", prefix + "-out")],
            },
            new("Receive", new QueueTrigger("message", prefix + "-out"), (request, _, _) =>
            {
                seen.TrySetResult(request.Text("message"));
                return Task.FromResult(InvocationResponse.Done);
            }),
        ];
        var prefix = AzuriteServer.UniqueName();
        var account = azurite.Connect();
        await account.Queue(prefix + "-in").CreateIfNotExistsAsync();
        await account.Queue(prefix + "-out").CreateIfNotExistsAsync();
        await account.Queue(prefix + "-in").SendAsync("go");

        await using var app = await HostedApp.StartAsync(azurite, underHost: false, Functions(prefix));

        Assert.Equal("""{"a":1}""", await seen.Task.WaitAsync(TimeSpan.FromMinutes(1)));
    }
}

using Cloudreve.Core.Tables;
using Cloudreve.DurableTask;
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
                Outputs = new Dictionary<string, System.Text.Json.JsonElement>
                {
                    ["next"] = System.Text.Json.JsonDocument.Parse("""{"a":1}""").RootElement,
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

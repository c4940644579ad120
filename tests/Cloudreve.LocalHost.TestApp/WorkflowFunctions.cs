using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Cloudreve.LocalHost.TestApp;

public sealed class WorkflowFunctions(Journal journal)
{
    /// <summary>An activity whose worker dies has failed; only orchestrators are repeated automatically.</summary>
    private static readonly TaskOptions s_patient = TaskOptions.FromRetryPolicy(new RetryPolicy(5, TimeSpan.FromMilliseconds(200)));

    [Function("StartWorkflow")]
    public static async Task<IResult> StartWorkflow(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "workflows/{name}/{id}")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        string name,
        string id,
        CancellationToken cancellationToken)
    {
        var input = int.Parse(request.Query["input"].ToString() is { Length: > 0 } text ? text : "0");
        await client.ScheduleNewOrchestrationInstanceAsync(name, input, new StartOrchestrationOptions(id), cancellationToken);
        return Results.Accepted();
    }

    [Function("GetWorkflow")]
    public static async Task<IResult> GetWorkflow(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "workflows/{id}")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        string id,
        CancellationToken cancellationToken)
    {
        var instance = await client.GetInstanceAsync(id, getInputsAndOutputs: true, cancellationToken);
        return Results.Text($"{instance?.RuntimeStatus} {instance?.SerializedOutput}");
    }

    /// <summary>Counts its input down to zero, a generation for each step, with a sub-orchestration in each.</summary>
    [Function("CountDown")]
    public static async Task<string> CountDown([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var left = context.GetInput<int>();
        var doubled = await context.CallSubOrchestratorAsync<int>("Twice", left);
        if (left == 0)
            return $"done {doubled}";
        context.ContinueAsNew(left - 1);
        return "";
    }

    [Function("Twice")]
    public static Task<int> Twice([OrchestrationTrigger] TaskOrchestrationContext context) =>
        context.CallActivityAsync<int>("Add", context.GetInput<int>());

    [Function("Add")]
    public static int Add([ActivityTrigger] int number) => number + number;

    [Function("RunSlowly")]
    public static async Task<string> RunSlowly([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        for (var i = 0; i < context.GetInput<int>(); i++)
            await context.CallActivityAsync("Pause", i, s_patient);
        return "done";
    }

    [Function("Pause")]
    public async Task Pause([ActivityTrigger] int step, FunctionContext context)
    {
        await journal.WriteAsync($"pause-{step}", "", context.CancellationToken);
        await Task.Delay(TimeSpan.FromMilliseconds(300), context.CancellationToken);
    }

    [Function("HangForever")]
    public static Task HangForever([OrchestrationTrigger] TaskOrchestrationContext context) => context.CallActivityAsync("HangActivity", context.InstanceId);

    /// <summary>Ignores its token.</summary>
    [Function("HangActivity")]
    public async Task HangActivity([ActivityTrigger] string instance)
    {
        await journal.WriteAsync($"hanging-{instance}", "", CancellationToken.None);
        await Task.Delay(TimeSpan.FromMinutes(10));
    }

    [Function("FailWorkflow")]
    public static async Task FailWorkflow([OrchestrationTrigger] TaskOrchestrationContext context) =>
        await context.CallActivityAsync<int>("FailActivity", context.GetInput<int>());

    [Function("FailActivity")]
    public static int FailActivity([ActivityTrigger] int number) => throw new InvalidOperationException($"no {number}");
}

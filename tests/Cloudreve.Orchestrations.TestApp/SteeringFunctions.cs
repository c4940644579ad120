using System.Globalization;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Import;
using Cloudreve.Orchestrations.Steps;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Orchestrations.TestApp;

/// <summary>A test's changes to the task hub.</summary>
public sealed class SteeringFunctions(TaskStore tasks, ImportService imports, TaskRuns runs, IEnumerable<TaskWorkflow> workflows, ILogger<LostTasks> logger)
{
    [Function("StartImport")]
    public async Task<IResult> StartAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "start/{id}")] HttpRequest request,
        [DurableClient] DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        var task = await tasks.FindAsync(long.Parse(id, CultureInfo.InvariantCulture), cancellationToken);
        await ImportStarter.StartAsync(client, task!, cancellationToken);
        return Results.Ok();
    }

    /// <summary>Returns an instance's status and its custom status.</summary>
    [Function("ReadInstance")]
    public static async Task<IResult> ReadAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "instances/{id}")] HttpRequest request,
        [DurableClient] DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        var instance = await client.GetInstanceAsync(id, getInputsAndOutputs: true, cancellationToken);
        return Results.Text($"{instance?.RuntimeStatus} {instance?.SerializedCustomStatus}");
    }

    /// <summary>Returns the number of instances that have not ended.</summary>
    [Function("CountRunning")]
    public static async Task<IResult> CountAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "running")] HttpRequest request,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        var query = new OrchestrationQuery(Statuses: [OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Pending]);
        var count = 0;
        await foreach (var _ in client.GetAllInstancesAsync(query).WithCancellation(cancellationToken))
            count++;
        return Results.Text(count.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Returns the number of instances in the hub.</summary>
    [Function("CountInstances")]
    public static async Task<IResult> CountAllAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "instances")] HttpRequest request,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        var count = await client.GetAllInstancesAsync(new OrchestrationQuery()).CountAsync(cancellationToken);
        return Results.Text(count.ToString(CultureInfo.InvariantCulture));
    }

    [Function("TerminateInstance")]
    public static async Task<IResult> TerminateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "terminate/{id}")] HttpRequest request,
        [DurableClient] DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        await client.TerminateInstanceAsync(id, cancellationToken);
        return Results.Ok();
    }

    [Function("PurgeInstance")]
    public static async Task<IResult> PurgeAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "purge/{id}")] HttpRequest request,
        [DurableClient] DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        await client.PurgeInstanceAsync(id, cancellationToken);
        return Results.Ok();
    }

    /// <summary>Runs the daily clean-up at a later time; returns the number of removed instances.</summary>
    [Function("PurgeFinished")]
    public static async Task<IResult> PurgeFinishedAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "clean/{days}")] HttpRequest request,
        [DurableClient] DurableTaskClient client, string days, CancellationToken cancellationToken)
    {
        var clock = new ShiftedClock(TimeSpan.FromDays(int.Parse(days, CultureInfo.InvariantCulture)));
        var count = await new FinishedInstances(clock).PurgeAsync(client, cancellationToken);
        return Results.Text(count.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Runs the timer's work at a later time.</summary>
    [Function("RepairLostTasks")]
    public async Task<IResult> RepairAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "mend/{minutes}")] HttpRequest request,
        [DurableClient] DurableTaskClient client, string minutes, CancellationToken cancellationToken)
    {
        var clock = new ShiftedClock(TimeSpan.FromMinutes(int.Parse(minutes, CultureInfo.InvariantCulture)));
        await new LostTasks(tasks, imports, runs, workflows, clock, logger).RunAsync(client, cancellationToken);
        return Results.Ok();
    }
}

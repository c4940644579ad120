using Cloudreve.Orchestrations.Import;
using Cloudreve.Orchestrations.Tests.Replay;
using Xunit;

namespace Cloudreve.Orchestrations.Tests;

/// <summary>The load of the queues, by the instances of the task hub.</summary>
public sealed class QueueMetricsTests
{
    [Fact]
    public async Task Given_instances_in_several_states_when_the_queues_are_measured_then_each_counts_once()
    {
        var hub = new ReplayHub();
        var activities = new ScriptedActivities().On(ImportActivities.BeginImport, _ => false);
        hub.TryStart(ImportOrchestration.Name, "done", """{"task":{"taskId":1,"ownerId":2}}""");
        await hub.RunAsync(activities);
        hub.TryStart(ImportOrchestration.Name, "ended", """{"task":{"taskId":2,"ownerId":2}}""");
        hub.Terminate("ended");
        hub.TryStart(ImportOrchestration.Name, "waiting", """{"task":{"taskId":3,"ownerId":2}}""");

        var metrics = await QueueMetrics.ReadAsync(new ReplayClient(hub));

        Assert.Equal(new QueueMetrics("io_intense", BusyWorkers: 0, SuccessTasks: 1, FailureTasks: 1, SubmittedTasks: 3, SuspendingTasks: 1), metrics[0]);
        Assert.Equal(["io_intense", "media_meta", "recycle", "thumb", "remote_download"], metrics.Select(queue => queue.Name));
    }
}

using System.Text.Json;
using Cloudreve.DurableTask.Protocol;
using Google.Protobuf;

namespace Cloudreve.EndToEnd.HostDouble.TaskHub;

/// <summary>Drives a task hub: asks the handler for turns and activities. Only what has no answer at all is asked again.</summary>
internal sealed class TaskHubWorker(FunctionAppFolder folder, InMemoryTaskHub hub, FunctionInvoker invoker, Action<string> log)
{
    /// <summary>Works until cancelled; what is in work then is handed out to the next worker.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(
    [
        .. Enumerable.Range(0, folder.Configuration.MaxOrchestrators).Select(_ => WorkAsync(hub.Ready, TurnAsync, cancellationToken)),
        .. Enumerable.Range(0, folder.Configuration.MaxActivities).Select(_ => WorkAsync(hub.Calls, ActAsync, cancellationToken)),
    ]);

    private async Task WorkAsync<T>(
        System.Threading.Channels.ChannelReader<T> work, Func<T, CancellationToken, Task> doAsync, CancellationToken cancellationToken)
    {
        try
        {
            while (await work.WaitToReadAsync(cancellationToken))
            {
                await hub.WhileHeldAsync(cancellationToken);
                cancellationToken.ThrowIfCancellationRequested();
                if (work.TryRead(out var item))
                    await doAsync(item, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task TurnAsync(OrchestrationInstance instance, CancellationToken cancellationToken)
    {
        var turn = hub.BeginTurn(instance);
        if (folder.Find(instance.Name) is not { } function || !function.Trigger.Is("orchestrationTrigger"))
        {
            hub.Fail(turn, $"The function '{instance.Name}' doesn't exist, is disabled, or is not an orchestrator function.");
            return;
        }
        switch (await invoker.InvokeAsync(function, TriggerPayload.Orchestration(function, instance.Id, turn.Request), cancellationToken))
        {
            case InvocationResult.Succeeded succeeded when ResponseOf(succeeded) is { } response:
                hub.Commit(turn, response);
                break;
            case InvocationResult.Lost lost:
                log($"Turn of {instance.Name} {instance.Id}: {lost}");
                hub.Abandon(instance);
                break;
            case InvocationResult.Failed failed:
                hub.Fail(turn, failed.Reason);
                break;
            default:
                hub.Fail(turn, $"{instance.Name} answered no base64 of an OrchestratorResponse.");
                break;
        }
    }

    private async Task ActAsync(ActivityCall call, CancellationToken cancellationToken)
    {
        if (folder.Find(call.Name) is not { } function || !function.Trigger.Is("activityTrigger"))
        {
            hub.Fail(call, $"The function '{call.Name}' doesn't exist, is disabled, or is not an activity function.");
            return;
        }
        switch (await invoker.InvokeAsync(function, TriggerPayload.Activity(function, call.InstanceId, call.Input), cancellationToken))
        {
            // Stricter than a host, which takes any JSON but changes numbers and dates of it.
            case InvocationResult.Succeeded { ReturnValue: { } text }:
                hub.Complete(call, JsonSerializer.Serialize(text));
                break;
            case InvocationResult.Succeeded:
                hub.Fail(call, $"{call.Name} returned something else than one string.");
                break;
            case InvocationResult.Failed failed:
                hub.Fail(call, failed.Reason);
                break;
            default:
                log($"Activity {call.Name} of {call.InstanceId} is lost.");
                hub.Abandon(call);
                break;
        }
    }

    private static OrchestratorResponse? ResponseOf(InvocationResult.Succeeded result)
    {
        if (string.IsNullOrEmpty(result.ReturnValue))
            return null;
        try
        {
            return OrchestratorResponse.Parser.ParseFrom(Convert.FromBase64String(result.ReturnValue));
        }
        catch (Exception e) when (e is FormatException or InvalidProtocolBufferException)
        {
            return null;
        }
    }
}

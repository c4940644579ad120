using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Microsoft.DurableTask.Protobuf;

namespace Cloudreve.Orchestrations.Tests.Replay;

/// <summary>
/// A task hub in memory, which outlives the processes that work for it. It keeps histories as the official engine does, runs one
/// step after the other, and lets timers fire at once when nothing else is to do.
/// </summary>
internal sealed class ReplayHub
{
    private readonly Dictionary<string, ReplayInstance> _instances = [];
    private readonly Queue<(string Instance, int Id, ScheduleTaskAction Call)> _activities = new();
    private readonly PriorityQueue<(string Instance, HistoryEvent Fired), DateTime> _timers = new();
    private DateTime _now = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Every turn so far: what the code was asked, and what it answered.</summary>
    public List<(string Orchestrator, OrchestratorRequest Request, OrchestratorResponse Response)> Turns { get; } = [];

    /// <summary>Names of the activities that were called, in order.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>Checks whether a call of an activity is waiting to be carried out.</summary>
    public bool IsWaiting(string activity) => _activities.Any(a => a.Call.Name == activity);

    public IEnumerable<ReplayInstance> Instances => _instances.Values;

    public ReplayInstance? Find(string id) => _instances.GetValueOrDefault(id);

    /// <summary>Starts an instance; false when its id is known.</summary>
    public bool TryStart(string name, string id, string input) => TryStart(id, new ExecutionStartedEvent { Name = name, Input = input });

    /// <summary>Terminates an instance. Its calls continue.</summary>
    public void Terminate(string id)
    {
        _instances[id].Status = OrchestrationStatus.Terminated;
        _instances[id].Inbox.Clear();
    }

    /// <summary>True if nothing happens before the next timer fires.</summary>
    public bool IsIdle => _activities.Count == 0 && _instances.Values.All(i => i.Inbox.Count == 0);

    /// <summary>Delivers an event to an instance.</summary>
    public void Raise(string id, string name, string input) => Deliver(id, new HistoryEvent { EventRaised = new EventRaisedEvent { Name = name, Input = input } });

    public void Purge(string id) => _instances.Remove(id);

    /// <summary>Runs a process until nothing is left to do, or until <paramref name="isEnough"/> returns true between two steps.</summary>
    public async Task RunAsync(IActivityRunner process, Func<bool>? isEnough = null)
    {
        while (isEnough?.Invoke() != true)
        {
            if (_instances.Values.FirstOrDefault(i => i.Inbox.Count > 0) is { } awake)
                RunTurn(awake);
            else if (_activities.TryPeek(out var next))
                await RunActivityAsync(process, next.Instance, next.Id, next.Call);
            else if (_timers.TryDequeue(out var timer, out var time))
                (_now, _) = (time > _now ? time : _now, Deliver(timer.Instance, timer.Fired));
            else
                return;
        }
    }

    private async Task RunActivityAsync(IActivityRunner process, string instance, int id, ScheduleTaskAction call)
    {
        // The engine keeps an activity's input as a list of one.
        var input = JsonSerializer.Deserialize<JsonElement[]>(call.Input)!.Single();
        var (result, failure) = await process.RunActivityAsync(call.Name, input.GetRawText());
        // Had the process died, the message would still be there.
        _activities.Dequeue();
        Calls.Add(call.Name);
        Deliver(instance, failure is null
            ? new HistoryEvent { TaskCompleted = new TaskCompletedEvent { TaskScheduledId = id, Result = result } }
            : new HistoryEvent { TaskFailed = new TaskFailedEvent { TaskScheduledId = id, FailureDetails = failure } });
    }

    private void RunTurn(ReplayInstance instance)
    {
        instance.Status = OrchestrationStatus.Running;
        List<HistoryEvent> fresh = [At(new HistoryEvent { OrchestratorStarted = new OrchestratorStartedEvent() }), .. instance.Inbox];
        instance.Inbox.Clear();
        while (Execute(instance, fresh) is { } next)
        {
            // A new generation begins in the same turn, and the engine writes the end of the turn before anything it calls.
            instance.Generations++;
            instance.History.Clear();
            instance.Started = At(new HistoryEvent { ExecutionStarted = instance.Started.ExecutionStarted.Clone() });
            instance.Started.ExecutionStarted.Input = next.Result;
            fresh = [
                At(new HistoryEvent { OrchestratorStarted = new OrchestratorStartedEvent() }),
                instance.Started,
                At(new HistoryEvent { OrchestratorCompleted = new OrchestratorCompletedEvent() }),
            ];
        }
    }

    /// <summary>Executes a turn and carries out its actions.</summary>
    /// <returns>The input with which it continues as new; null when it does not.</returns>
    private CompleteOrchestrationAction? Execute(ReplayInstance instance, List<HistoryEvent> fresh)
    {
        var request = new OrchestratorRequest { InstanceId = instance.Id };
        request.PastEvents.AddRange(instance.History);
        request.NewEvents.AddRange(fresh);
        var response = ReplayProcess.Execute(instance.Name, request);
        Turns.Add((instance.Name, request, response));
        instance.CustomStatus = response.CustomStatus;
        instance.History.AddRange(fresh);
        CompleteOrchestrationAction? end = null;
        foreach (var action in response.Actions)
        {
            if (action.CompleteOrchestration is { } complete)
                end = complete;
            else
                instance.History.Add(Carry(instance, action));
        }
        if (end is { OrchestrationStatus: OrchestrationStatus.ContinuedAsNew })
            return end;
        instance.History.Add(At(new HistoryEvent { OrchestratorCompleted = new OrchestratorCompletedEvent() }));
        if (end is not null)
            Complete(instance, end);
        return null;
    }

    private HistoryEvent Carry(ReplayInstance instance, OrchestratorAction action)
    {
        var written = At(new HistoryEvent());
        written.EventId = action.Id;
        if (action.ScheduleTask is { } call)
        {
            _activities.Enqueue((instance.Id, action.Id, call));
            written.TaskScheduled = new TaskScheduledEvent { Name = call.Name, Input = call.Input };
        }
        else if (action.CreateTimer is { } timer)
        {
            _timers.Enqueue(
                (instance.Id, new HistoryEvent { TimerFired = new TimerFiredEvent { TimerId = action.Id, FireAt = timer.FireAt } }), timer.FireAt.ToDateTime());
            written.TimerCreated = new TimerCreatedEvent { FireAt = timer.FireAt };
        }
        else if (action.CreateSubOrchestration is { } sub)
        {
            TryStart(sub.InstanceId, new ExecutionStartedEvent { Name = sub.Name, Input = sub.Input, ParentInstance = ParentOf(instance, action.Id) });
            written.SubOrchestrationInstanceCreated = new SubOrchestrationInstanceCreatedEvent { InstanceId = sub.InstanceId, Name = sub.Name, Input = sub.Input };
        }
        else
        {
            throw new NotSupportedException($"The action {action.OrchestratorActionTypeCase}.");
        }
        return written;
    }

    private void Complete(ReplayInstance instance, CompleteOrchestrationAction end)
    {
        (instance.Status, instance.Output, instance.Failure) = (end.OrchestrationStatus, end.Result, end.FailureDetails);
        if (instance.Started.ExecutionStarted.ParentInstance is not { } parent)
            return;
        Deliver(parent.OrchestrationInstance.InstanceId, end.OrchestrationStatus == OrchestrationStatus.Completed
            ? new HistoryEvent
            {
                SubOrchestrationInstanceCompleted = new SubOrchestrationInstanceCompletedEvent { TaskScheduledId = parent.TaskScheduledId, Result = end.Result },
            }
            : new HistoryEvent
            {
                SubOrchestrationInstanceFailed = new SubOrchestrationInstanceFailedEvent
                {
                    TaskScheduledId = parent.TaskScheduledId,
                    FailureDetails = end.FailureDetails,
                },
            });
    }

    private bool TryStart(string id, ExecutionStartedEvent started)
    {
        started.OrchestrationInstance = new OrchestrationInstance { InstanceId = id, ExecutionId = Guid.NewGuid().ToString("N") };
        return _instances.TryAdd(id, new ReplayInstance(id, At(new HistoryEvent { ExecutionStarted = started })));
    }

    private bool Deliver(string id, HistoryEvent happened)
    {
        var isAwaited = Find(id) is { HasEnded: false };
        if (isAwaited)
            _instances[id].Inbox.Add(At(happened));
        return isAwaited;
    }

    private static ParentInstanceInfo ParentOf(ReplayInstance instance, int taskId) => new()
    {
        TaskScheduledId = taskId,
        Name = instance.Name,
        OrchestrationInstance = instance.Started.ExecutionStarted.OrchestrationInstance,
    };

    private HistoryEvent At(HistoryEvent written)
    {
        // Ids that the context makes derive from the time.
        _now = _now.AddMilliseconds(1);
        written.EventId = -1;
        written.Timestamp = Timestamp.FromDateTime(_now);
        return written;
    }
}

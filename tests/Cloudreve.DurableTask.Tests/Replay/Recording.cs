using Cloudreve.DurableTask.Protocol;
using Google.Protobuf.WellKnownTypes;

namespace Cloudreve.DurableTask.Tests.Replay;

/// <summary>Builds a history by hand and asks the executor what comes next.</summary>
internal sealed class Recording(DurableTaskRegistry registry, string name, string? inputJson = null)
{
    public const string InstanceId = "instance-1";
    private readonly DateTime _start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private readonly List<HistoryEvent> _past = [];
    private List<HistoryEvent> _fresh = [];
    private int _episode;

    /// <summary>Every request so far with its answer.</summary>
    public List<(OrchestratorRequest Request, OrchestratorResponse Response)> Episodes { get; } = [];

    /// <summary>Runs an episode with what is new, and records it together with the answer.</summary>
    public OrchestratorResponse Next(params HistoryEvent[] events)
    {
        _fresh = [At(new HistoryEvent { OrchestratorStarted = new OrchestratorStartedEvent() })];
        if (_episode++ == 0)
        {
            var started = new ExecutionStartedEvent
            {
                Name = name,
                Input = inputJson,
                OrchestrationInstance = new OrchestrationInstance { InstanceId = InstanceId, ExecutionId = "execution-1" },
            };
            _fresh.Add(At(new HistoryEvent { ExecutionStarted = started }));
        }
        _fresh.AddRange(events.Select(At));
        var response = Execute(registry);
        Episodes.Add((Request(), response.Clone()));
        _past.AddRange(_fresh);
        foreach (var action in response.Actions)
            Record(action);
        _past.Add(At(new HistoryEvent { OrchestratorCompleted = new OrchestratorCompletedEvent() }));
        return response;
    }

    /// <summary>Runs other code over this history, with one more event.</summary>
    public OrchestratorResponse Replay(DurableTaskRegistry other, HistoryEvent happened)
    {
        _fresh = [At(new HistoryEvent { OrchestratorStarted = new OrchestratorStartedEvent() }), At(happened)];
        return Execute(other);
    }

    public static HistoryEvent Completed(int id, string resultJson) =>
        new() { TaskCompleted = new TaskCompletedEvent { TaskScheduledId = id, Result = $$"""{"result":{{resultJson}}}""" } };

    public static HistoryEvent Failed(int id, string type, string message) => new()
    {
        TaskFailed = new TaskFailedEvent
        {
            TaskScheduledId = id,
            FailureDetails = new DurableTask.Protocol.TaskFailureDetails { ErrorType = type, ErrorMessage = message },
        },
    };

    public static HistoryEvent SubCompleted(int id, string resultJson) => new()
    {
        SubOrchestrationInstanceCompleted = new SubOrchestrationInstanceCompletedEvent { TaskScheduledId = id, Result = resultJson },
    };

    public static HistoryEvent SubFailed(int id, string message) => new()
    {
        SubOrchestrationInstanceFailed = new SubOrchestrationInstanceFailedEvent
        {
            TaskScheduledId = id,
            FailureDetails = new DurableTask.Protocol.TaskFailureDetails { ErrorType = "E", ErrorMessage = message },
        },
    };

    public static HistoryEvent Fired(int id) => new() { TimerFired = new TimerFiredEvent { TimerId = id } };

    public static HistoryEvent Raised(string name, string json) => new() { EventRaised = new EventRaisedEvent { Name = name, Input = json } };

    private OrchestratorResponse Execute(DurableTaskRegistry code) => new OrchestratorExecutor(code).Execute(Request());

    private OrchestratorRequest Request()
    {
        var request = new OrchestratorRequest { InstanceId = InstanceId };
        request.PastEvents.AddRange(_past);
        request.NewEvents.AddRange(_fresh);
        return request.Clone();
    }

    private HistoryEvent At(HistoryEvent e)
    {
        e.EventId = -1;
        e.Timestamp = Timestamp.FromDateTime(_start.AddMinutes(_episode));
        return e;
    }

    private void Record(OrchestratorAction action)
    {
        var e = At(new HistoryEvent());
        e.EventId = action.Id;
        if (action.ScheduleTask is { } call)
            e.TaskScheduled = new TaskScheduledEvent { Name = call.Name, Input = call.Input };
        else if (action.CreateTimer is { } timer)
            e.TimerCreated = new TimerCreatedEvent { FireAt = timer.FireAt };
        else if (action.CreateSubOrchestration is { } sub)
            e.SubOrchestrationInstanceCreated = new SubOrchestrationInstanceCreatedEvent { InstanceId = sub.InstanceId, Name = sub.Name };
        else if (action.SendEvent is { } sent)
            e.EventSent = new EventSentEvent { InstanceId = sent.Instance.InstanceId, Name = sent.Name };
        else
            return;
        _past.Add(e);
    }
}

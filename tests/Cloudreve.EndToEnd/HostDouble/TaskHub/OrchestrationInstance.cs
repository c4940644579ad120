using Cloudreve.DurableTask.Protocol;
using Google.Protobuf.WellKnownTypes;
using ActionCase = Cloudreve.DurableTask.Protocol.OrchestratorAction.OrchestratorActionTypeOneofCase;

namespace Cloudreve.EndToEnd.HostDouble.TaskHub;

/// <summary>Something that happened to an instance and that its orchestrator has not been told.</summary>
/// <param name="ExecutionId">The execution that it belongs to; null for whichever runs.</param>
/// <param name="Event">What happened.</param>
internal sealed record InstanceMessage(string? ExecutionId, HistoryEvent Event);

/// <summary>What a turn of an orchestrator is asked: one execution's history and what is new.</summary>
internal sealed record OrchestrationTurn(OrchestrationInstance Instance, string ExecutionId, OrchestratorRequest Request);

/// <summary>One instance of an orchestration: its history and its mailbox. The hub guards it.</summary>
internal sealed class OrchestrationInstance
{
    private readonly List<HistoryEvent> _history = [];
    private readonly List<InstanceMessage> _mailbox = [];
    private readonly TimeProvider _clock;
    private ExecutionStartedEvent _start;

    public OrchestrationInstance(ExecutionStartedEvent start, TimeProvider clock)
    {
        _start = start;
        _clock = clock;
        _mailbox.Add(new InstanceMessage(ExecutionId, new HistoryEvent { ExecutionStarted = start }));
    }

    public string Id => _start.OrchestrationInstance.InstanceId;

    public string Name => _start.Name;

    public string ExecutionId => _start.OrchestrationInstance.ExecutionId;

    public ParentInstanceInfo? Parent => _start.ParentInstance;

    public OrchestrationStatus Status { get; private set; } = OrchestrationStatus.Pending;

    public string? CustomStatus { get; set; }

    public string? Output { get; private set; }

    public TaskFailureDetails? Failure { get; private set; }

    /// <summary>Whether it is handed out, or waits to be.</summary>
    public bool IsScheduled { get; set; }

    public bool IsOver =>
        Status is OrchestrationStatus.Completed or OrchestrationStatus.Failed or OrchestrationStatus.Terminated or OrchestrationStatus.Canceled;

    /// <summary>How many messages its orchestrator has not been told.</summary>
    public int MailCount => _mailbox.Count;

    public bool HasMail => _mailbox.Count > 0 && !IsOver;

    /// <summary>How many events the orchestrator is told again in its next turn.</summary>
    public int HistoryLength => _history.Count;

    public void Post(InstanceMessage message)
    {
        // What belongs to an execution before this one is over.
        if (!IsOver && (message.ExecutionId is null || message.ExecutionId == ExecutionId))
            _mailbox.Add(message);
    }

    /// <summary>The next turn. Nothing changes until it is recorded: a lost turn is the same turn again.</summary>
    public OrchestrationTurn BeginTurn()
    {
        var request = new OrchestratorRequest { InstanceId = Id, ExecutionId = ExecutionId };
        request.PastEvents.AddRange(_history);
        request.NewEvents.Add(Stamp(-1, new HistoryEvent { OrchestratorStarted = new OrchestratorStartedEvent() }));
        request.NewEvents.AddRange(_mailbox.Select(m => Stamp(-1, m.Event)));
        return new OrchestrationTurn(this, ExecutionId, request);
    }

    /// <summary>Makes a turn's news and what its orchestrator decided part of the history.</summary>
    public void Record(OrchestrationTurn turn, IEnumerable<OrchestratorAction> actions)
    {
        Status = turn.Request.NewEvents.Aggregate(
            Status == OrchestrationStatus.Suspended ? OrchestrationStatus.Suspended : OrchestrationStatus.Running,
            (status, e) => e.EventTypeCase switch
            {
                HistoryEvent.EventTypeOneofCase.ExecutionSuspended => OrchestrationStatus.Suspended,
                HistoryEvent.EventTypeOneofCase.ExecutionResumed => OrchestrationStatus.Running,
                _ => status,
            });
        TakeMail(turn);
        _history.AddRange(turn.Request.NewEvents);
        _history.AddRange(actions.Select(action => Stamp(action.Id, EventOf(action))));
        _history.Add(Stamp(-1, new HistoryEvent { OrchestratorCompleted = new OrchestratorCompletedEvent() }));
    }

    /// <summary>Begins the next execution, with what the last one has not looked at.</summary>
    public void ContinueAsNew(OrchestrationTurn turn, CompleteOrchestrationAction completion)
    {
        TakeMail(turn);
        _start = _start.Clone();
        _start.Input = completion.Result;
        _start.OrchestrationInstance.ExecutionId = Guid.NewGuid().ToString("N");
        _history.Clear();
        _mailbox.RemoveAll(m => m.ExecutionId is not null);
        _mailbox.InsertRange(0,
        [
            new InstanceMessage(ExecutionId, new HistoryEvent { ExecutionStarted = _start }),
            .. completion.CarryoverEvents.Select(e => new InstanceMessage(null, e)),
        ]);
    }

    /// <summary>Ends the instance.</summary>
    public void End(OrchestrationStatus status, string? output, TaskFailureDetails? failure)
    {
        (Status, Output, Failure) = (status, output, failure);
        _mailbox.Clear();
    }

    private void TakeMail(OrchestrationTurn turn) => _mailbox.RemoveRange(0, turn.Request.NewEvents.Count - 1);

    private HistoryEvent Stamp(int id, HistoryEvent e)
    {
        e.EventId = id;
        e.Timestamp ??= Timestamp.FromDateTimeOffset(_clock.GetUtcNow());
        return e;
    }

    private static HistoryEvent EventOf(OrchestratorAction action) => action.OrchestratorActionTypeCase switch
    {
        ActionCase.ScheduleTask => new HistoryEvent
        {
            TaskScheduled = new TaskScheduledEvent { Name = action.ScheduleTask.Name, Version = action.ScheduleTask.Version, Input = action.ScheduleTask.Input },
        },
        ActionCase.CreateSubOrchestration => new HistoryEvent
        {
            SubOrchestrationInstanceCreated = new SubOrchestrationInstanceCreatedEvent
            {
                InstanceId = action.CreateSubOrchestration.InstanceId,
                Name = action.CreateSubOrchestration.Name,
                Version = action.CreateSubOrchestration.Version,
                Input = action.CreateSubOrchestration.Input,
            },
        },
        ActionCase.CreateTimer => new HistoryEvent { TimerCreated = new TimerCreatedEvent { FireAt = action.CreateTimer.FireAt } },
        ActionCase.SendEvent => new HistoryEvent
        {
            EventSent = new EventSentEvent { InstanceId = action.SendEvent.Instance.InstanceId, Name = action.SendEvent.Name, Input = action.SendEvent.Data },
        },
        _ => throw new InvalidDataException($"The orchestrator answered an action of the unknown kind {action.OrchestratorActionTypeCase}."),
    };
}

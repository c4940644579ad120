using Cloudreve.DurableTask.Protocol;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using ActionCase = Cloudreve.DurableTask.Protocol.OrchestratorAction.OrchestratorActionTypeOneofCase;
using EventCase = Cloudreve.DurableTask.Protocol.HistoryEvent.EventTypeOneofCase;

namespace Cloudreve.DurableTask.Embedded;

/// <summary>One step of an instance: what is new to it, what its orchestrator answers, and what is to be committed. Does no I/O.</summary>
internal sealed class Turn
{
    private readonly InstanceState _state;
    private readonly Timestamp _now;
    private readonly List<HistoryEvent> _fresh;
    private readonly IReadOnlyList<Message> _messages;

    public Turn(InstanceState state, IReadOnlyList<Mail> mails, IReadOnlyList<Message> messages, DateTimeOffset now)
    {
        _state = state;
        _messages = messages;
        _now = Timestamp.FromDateTimeOffset(now);
        _fresh = [.. FreshEvents(mails, now)];
    }

    /// <summary>Whether there is anything to tell the orchestrator.</summary>
    public bool IsNeeded => _state.HasStarted ? _fresh.Count > 0 : _state.StartAt is not { } at || at <= _now.ToDateTimeOffset() || Termination is not null;

    /// <summary>Whether a client ends the instance; its orchestrator is then not asked.</summary>
    public HistoryEvent? Termination => _fresh.Find(e => e.EventTypeCase == EventCase.ExecutionTerminated);

    public byte[] Request()
    {
        var request = new OrchestratorRequest { InstanceId = _state.InstanceId, ExecutionId = _state.ExecutionId };
        request.PastEvents.AddRange(_state.PastEvents);
        request.NewEvents.Add(Begin());
        if (!_state.HasStarted)
            request.NewEvents.AddRange(_state.Start);
        request.NewEvents.AddRange(_fresh);
        return request.ToByteArray();
    }

    /// <summary>Ends the instance without asking its orchestrator.</summary>
    public Commit Terminate(HistoryEvent termination)
    {
        var told = termination.ExecutionTerminated;
        if (told.Recurse)
        {
            foreach (var (id, call) in _state.Open.Where(o => o.Value.EventTypeCase == EventCase.SubOrchestrationInstanceCreated))
            {
                var sub = call.SubOrchestrationInstanceCreated.InstanceId;
                Keep(new OrchestratorAction
                {
                    Id = id,
                    TerminateOrchestration = new TerminateOrchestrationAction { InstanceId = sub, Reason = told.Input, Recurse = true },
                });
            }
        }
        return End(new CompleteOrchestrationAction { OrchestrationStatus = OrchestrationStatus.Terminated, Result = told.Input });
    }

    /// <summary>Applies the orchestrator's answer to the state.</summary>
    public Commit Apply(OrchestratorResponse response)
    {
        _state.CustomStatus = response.CustomStatus ?? _state.CustomStatus;
        var completion = response.Actions.FirstOrDefault(a => a.OrchestratorActionTypeCase == ActionCase.CompleteOrchestration);
        foreach (var action in response.Actions)
        {
            // What the code asked for before it returned is carried out, as in DurableTask: its history, which would tell, ends here.
            // A timer that nobody awaits any more has no effect.
            if (action.OrchestratorActionTypeCase == ActionCase.SendEvent
                || (completion is not null && action.OrchestratorActionTypeCase is ActionCase.ScheduleTask or ActionCase.CreateSubOrchestration))
            {
                Keep(action);
            }
        }
        if (completion is not null)
        {
            return completion.CompleteOrchestration.OrchestrationStatus == OrchestrationStatus.ContinuedAsNew
                ? Continue(completion.CompleteOrchestration)
                : End(completion.CompleteOrchestration);
        }
        var added = new List<HistoryEvent> { Begin() };
        added.AddRange(_fresh);
        added.AddRange(response.Actions.Select(Record));
        added.Add(new HistoryEvent { EventId = -1, Timestamp = _now, OrchestratorCompleted = new OrchestratorCompletedEvent() });
        _state.Append(added);
        Touch(IsSuspendedAfterwards() ? OrchestrationStatus.Suspended : OrchestrationStatus.Running);
        return new Commit(added, BeginsGeneration: false, [.. MessageRows, .. TakeStaleRows()], [.. MessageBlobs]);
    }

    private void Keep(OrchestratorAction action) => _state.Outbox.Add(new OutboxEntry { ExecutionId = _state.ExecutionId, Action = action });

    private IEnumerable<string> MessageRows => _messages.Select(m => m.RowKey);

    private IEnumerable<string> MessageBlobs => _messages.Where(m => m.Blob is not null).Select(m => m.Blob!);

    private IEnumerable<HistoryEvent> FreshEvents(IReadOnlyList<Mail> mails, DateTimeOffset now)
    {
        foreach (var message in _messages)
            yield return Stamp(message.Event);
        var told = new HashSet<int>();
        foreach (var mail in mails)
        {
            // What was told before, or belongs to an execution before this one, is over.
            if (mail.ExecutionId == _state.ExecutionId && InstanceState.Completes(mail.Event) is { } id && _state.Open.ContainsKey(id) && told.Add(id))
                yield return Stamp(mail.Event);
        }
        foreach (var (id, created) in _state.Open.OrderBy(o => o.Key))
        {
            if (created.EventTypeCase == EventCase.TimerCreated && created.TimerCreated.FireAt.ToDateTimeOffset() <= now)
            {
                yield return new HistoryEvent
                {
                    EventId = -1,
                    Timestamp = _now,
                    TimerFired = new TimerFiredEvent { TimerId = id, FireAt = created.TimerCreated.FireAt },
                };
            }
        }
    }

    private HistoryEvent Stamp(HistoryEvent e)
    {
        e.EventId = -1;
        e.Timestamp = _now;
        return e;
    }

    private HistoryEvent Begin() => new() { EventId = -1, Timestamp = _now, OrchestratorStarted = new OrchestratorStartedEvent() };

    private HistoryEvent Record(OrchestratorAction action)
    {
        var e = new HistoryEvent { EventId = action.Id, Timestamp = _now };
        switch (action.OrchestratorActionTypeCase)
        {
            case ActionCase.ScheduleTask:
                e.TaskScheduled = new TaskScheduledEvent { Name = action.ScheduleTask.Name, Input = action.ScheduleTask.Input };
                break;
            case ActionCase.CreateTimer:
                e.TimerCreated = new TimerCreatedEvent { FireAt = action.CreateTimer.FireAt };
                break;
            case ActionCase.CreateSubOrchestration:
                var sub = action.CreateSubOrchestration;
                e.SubOrchestrationInstanceCreated = new SubOrchestrationInstanceCreatedEvent
                {
                    InstanceId = sub.InstanceId,
                    Name = sub.Name,
                    Version = sub.Version,
                    Input = sub.Input,
                };
                break;
            case ActionCase.SendEvent:
                e.EventSent = new EventSentEvent { InstanceId = action.SendEvent.Instance.InstanceId, Name = action.SendEvent.Name, Input = action.SendEvent.Data };
                break;
            default:
                throw new InvalidDataException($"The orchestrator answered an action of the unknown kind {action.OrchestratorActionTypeCase}.");
        }
        return e;
    }

    private bool IsSuspendedAfterwards()
    {
        var told = _state.HasStarted ? _fresh : [.. _state.Start, .. _fresh];
        var last = told.FindLast(e => e.EventTypeCase is EventCase.ExecutionSuspended or EventCase.ExecutionResumed)?.EventTypeCase;
        return last is null ? _state.Status == OrchestrationStatus.Suspended : last == EventCase.ExecutionSuspended;
    }

    private Commit Continue(CompleteOrchestrationAction completion)
    {
        var next = _state.Start[0].Clone();
        next.ExecutionStarted.Input = completion.Result;
        next.ExecutionStarted.Version = completion.NewVersion ?? next.ExecutionStarted.Version;
        next.ExecutionStarted.ScheduledStartTimestamp = null;
        var executionId = Guid.NewGuid().ToString("N");
        next.ExecutionStarted.OrchestrationInstance.ExecutionId = executionId;
        string[] rows = [.. MessageRows, .. TakeStaleRows(), .. _state.Chunks, InstanceKey.Start(_state.Generation)];
        string[] blobs = [.. MessageBlobs, .. _state.Blobs];
        _state.BeginGeneration(executionId, [next, .. completion.CarryoverEvents]);
        Touch(OrchestrationStatus.Running);
        return new Commit(AddedEvents: null, BeginsGeneration: true, rows, blobs);
    }

    private Commit End(CompleteOrchestrationAction completion)
    {
        _state.Output = completion.Result;
        _state.Failure = completion.FailureDetails;
        string[] rows = [.. MessageRows, .. TakeStaleRows(), .. _state.Chunks];
        // The blob of the start stays: it is what clients see as the input.
        string[] blobs = [.. MessageBlobs, .. _state.Blobs.Where(b => b.Contains("/h-", StringComparison.Ordinal))];
        _state.ForgetHistory();
        Touch(completion.OrchestrationStatus);
        return new Commit(AddedEvents: null, BeginsGeneration: false, rows, blobs);
    }

    private void Touch(OrchestrationStatus status)
    {
        _state.Status = status;
        _state.UpdatedAt = _now.ToDateTimeOffset();
    }

    private string[] TakeStaleRows()
    {
        string[] rows = [.. _state.StaleRows];
        _state.StaleRows.Clear();
        return rows;
    }
}

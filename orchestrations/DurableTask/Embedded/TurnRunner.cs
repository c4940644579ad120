using System.Collections.Concurrent;
using Cloudreve.AzureStorage;
using Cloudreve.DurableTask.Protocol;
using ActionCase = Cloudreve.DurableTask.Protocol.OrchestratorAction.OrchestratorActionTypeOneofCase;
using EventCase = Cloudreve.DurableTask.Protocol.HistoryEvent.EventTypeOneofCase;

namespace Cloudreve.DurableTask.Embedded;

/// <summary>
/// Carries out the turns of instances. A turn loads, asks the orchestrator, commits, and then passes on what came of it. Whatever is
/// interrupted after the commit is derived again from the committed state: open calls, timers, the outbox, the result for a caller.
/// </summary>
internal sealed class TurnRunner(
    HubStore store,
    TaskHubDispatcher dispatcher,
    Sessions sessions,
    ActivityPool activities,
    HubTimers timers,
    InstanceCache cache,
    TimeProvider clock,
    Action<InstanceState> announceEnd)
{
    // Rows that may be in an inbox already although their sender has not noted that they were sent. Taking one before that
    // would let the sender deliver it again after a crash. The value is the sender.
    private readonly ConcurrentDictionary<(string InstanceId, string RowKey), string> _withheld = new();

    public static InstanceState NewInstance(
        ExecutionStartedEvent started, string instanceId, DateTimeOffset now, ParentReference? parent = null, string? parentName = null)
    {
        var executionId = Guid.NewGuid().ToString("N");
        started.OrchestrationInstance = new OrchestrationInstance { InstanceId = instanceId, ExecutionId = executionId };
        if (parent is not null)
        {
            started.ParentInstance = new ParentInstanceInfo
            {
                Name = parentName,
                TaskScheduledId = parent.TaskId,
                OrchestrationInstance = new OrchestrationInstance { InstanceId = parent.InstanceId, ExecutionId = parent.ExecutionId },
            };
        }
        var timestamp = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(now);
        return new InstanceState
        {
            InstanceId = instanceId,
            Name = started.Name,
            CreatedAt = now,
            UpdatedAt = now,
            ETag = "",
            Generation = 0,
            ExecutionId = executionId,
            Status = OrchestrationStatus.Pending,
            Parent = parent,
            Start = [new HistoryEvent { EventId = -1, Timestamp = timestamp, ExecutionStarted = started }],
        };
    }

    /// <summary>One turn of an instance with the mail that was taken for it.</summary>
    /// <exception cref="StorageException">Try again with the same mail.</exception>
    /// <exception cref="OrchestratorDispatchException">Try again with the same mail.</exception>
    public async Task RunAsync(string instanceId, IReadOnlyList<Mail> mails, bool hasMessages, CancellationToken cancellationToken)
    {
        var state = cache.Take(instanceId);
        List<Message> inbox = [];
        if (state is null)
            (state, inbox) = await store.LoadAsync(instanceId, cancellationToken);
        else if (hasMessages)
            inbox = await store.ReadInboxAsync(instanceId, cancellationToken);
        inbox.RemoveAll(m => _withheld.ContainsKey((instanceId, m.RowKey)));
        if (state is not null)
            await DeliverOutboxAsync(state, state.SettleOutbox(mails), cancellationToken);
        if (state is null or { IsTerminal: true })
        {
            // Nobody is there any more to be told.
            await store.DeleteMessagesAsync(instanceId, inbox, cancellationToken);
            await AcknowledgeAsync(instanceId, mails, cancellationToken);
            // The answer to the commit that ended it may have been lost. Telling its caller twice does no harm.
            if (state is not null)
                await PassOnAsync(state, cancellationToken);
            return;
        }

        var turn = new Turn(state, mails, [.. inbox.Take(HubStore.MessagesInTurn)], clock.GetUtcNow());
        if (turn.IsNeeded)
            await store.CommitAsync(state, await DecideAsync(state, turn, cancellationToken), cancellationToken);
        await AcknowledgeAsync(instanceId, mails, cancellationToken);
        if (turn.IsNeeded && inbox.Count > HubStore.MessagesInTurn)
            sessions.NoteMessages(instanceId);
        await PassOnAsync(state, cancellationToken);
        // One that has not started is loaded again: its messages wait with it.
        if (!state.IsTerminal && state.HasStarted)
            cache.Put(state);
    }

    /// <summary>Keeps the events that an instance wants sent from their receivers until it has noted that they were sent.</summary>
    public void Withhold(InstanceState sender)
    {
        foreach (var entry in sender.Outbox)
        {
            var receiver = entry.Action.SendEvent?.Instance.InstanceId ?? entry.Action.TerminateOrchestration?.InstanceId;
            if (receiver is not null)
                _withheld.TryAdd((receiver, InstanceKey.SentEvent(entry.ExecutionId, entry.Action.Id)), sender.InstanceId);
        }
    }

    /// <summary>Tells the caller of a sub-orchestration how it ended.</summary>
    public void ReportToParent(InstanceState ended)
    {
        if (ended.Parent is not { } parent)
            return;
        var e = new HistoryEvent();
        if (ended.Status == OrchestrationStatus.Completed)
        {
            e.SubOrchestrationInstanceCompleted = new SubOrchestrationInstanceCompletedEvent { TaskScheduledId = parent.TaskId, Result = ended.Output };
        }
        else
        {
            var failure = ended.Failure
                ?? Failure($"The sub-orchestration '{ended.InstanceId}' ended as {ended.Status}.");
            e.SubOrchestrationInstanceFailed = new SubOrchestrationInstanceFailedEvent { TaskScheduledId = parent.TaskId, FailureDetails = failure };
        }
        // While it has calls in its outbox it stays; its end is told again when they are done.
        var finished = ended.Outbox.Count == 0 ? new FinishedInstance(ended.InstanceId, ended.Generation, ended.HasBlobs, ended.ETag) : null;
        sessions.Post(parent.InstanceId, new Mail(parent.ExecutionId, e, finished));
    }

    /// <summary>
    /// Carries out what is in the outbox: events are sent exactly once each, sub-orchestrations started once; activities stay in it
    /// until they have run.
    /// </summary>
    private async Task DeliverOutboxAsync(InstanceState sender, bool isChanged, CancellationToken cancellationToken)
    {
        if (sender.Outbox.Count > 0)
        {
            Withhold(sender);
            var remaining = new List<OutboxEntry>();
            foreach (var entry in sender.Outbox)
            {
                if (!await DeliverAsync(sender, entry, cancellationToken))
                    remaining.Add(entry);
            }
            isChanged |= remaining.Count < sender.Outbox.Count;
            sender.Outbox = remaining;
        }
        if (isChanged)
            await store.SaveOutboxAsync(sender, cancellationToken);
        // Also when the outbox was found empty: the answer to its saving may have been lost.
        foreach (var (receiver, _) in _withheld.Where(w => w.Value == sender.InstanceId))
        {
            _withheld.TryRemove(receiver, out _);
            sessions.NoteMessages(receiver.InstanceId);
        }
    }

    /// <returns>Whether the entry is done with.</returns>
    private async Task<bool> DeliverAsync(InstanceState sender, OutboxEntry entry, CancellationToken cancellationToken)
    {
        var action = entry.Action;
        switch (action.OrchestratorActionTypeCase)
        {
            case ActionCase.SendEvent:
                await AcceptAsync(sender, entry, action.SendEvent.Instance.InstanceId, mustBeSub: false, new HistoryEvent
                {
                    EventRaised = new EventRaisedEvent { Name = action.SendEvent.Name, Input = action.SendEvent.Data },
                }, cancellationToken);
                return true;
            case ActionCase.TerminateOrchestration:
                var terminate = action.TerminateOrchestration;
                await AcceptAsync(sender, entry, terminate.InstanceId, mustBeSub: true, new HistoryEvent
                {
                    ExecutionTerminated = new ExecutionTerminatedEvent { Input = terminate.Reason, Recurse = terminate.Recurse },
                }, cancellationToken);
                return true;
            case ActionCase.CreateSubOrchestration:
                var sub = action.CreateSubOrchestration;
                var started = new ExecutionStartedEvent { Name = sub.Name, Version = sub.Version, Input = sub.Input };
                await StartSubOrchestrationAsync(
                    sender.Name, new ParentReference(sender.InstanceId, entry.ExecutionId, action.Id), sub.InstanceId, started, cancellationToken);
                return true;
            default:
                activities.Begin(
                    new CallKey(sender.InstanceId, entry.ExecutionId, action.Id),
                    new TaskScheduledEvent { Name = action.ScheduleTask.Name, Input = action.ScheduleTask.Input });
                return false;
        }
    }

    private async Task AcceptAsync(
        InstanceState sender, OutboxEntry entry, string receiver, bool mustBeSub, HistoryEvent message, CancellationToken cancellationToken)
    {
        if (!InstanceKey.IsValid(receiver) || await store.FindAsync(receiver, cancellationToken) is not { } row)
            return;
        // An id that was taken before the call never became the caller's sub-orchestration.
        if (mustBeSub && HubStore.ParentOf(row) != new ParentReference(sender.InstanceId, entry.ExecutionId, entry.Action.Id))
            return;
        await store.AcceptAsync(receiver, InstanceKey.SentEvent(entry.ExecutionId, entry.Action.Id), message, cancellationToken);
    }

    private static Protocol.TaskFailureDetails Failure(string message) =>
        new() { ErrorType = typeof(InvalidOperationException).FullName, ErrorMessage = message };

    private async Task<Commit> DecideAsync(InstanceState state, Turn turn, CancellationToken cancellationToken)
    {
        if (turn.Termination is { } termination)
            return turn.Terminate(termination);
        try
        {
            var answer = await dispatcher.ExecuteOrchestratorAsync(state.Name, state.InstanceId, turn.Request(), cancellationToken);
            return turn.Apply(OrchestratorResponse.Parser.ParseFrom(answer));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OrchestratorDispatchException(state.Name, e);
        }
    }

    private async Task AcknowledgeAsync(string instanceId, IReadOnlyList<Mail> mails, CancellationToken cancellationToken)
    {
        foreach (var mail in mails)
        {
            if (InstanceState.Completes(mail.Event) is { } id && mail.ExecutionId is { } executionId)
                activities.Forget(new CallKey(instanceId, executionId, id));
            if (mail.Finished is { } finished)
                await store.DeleteFinishedAsync(finished, cancellationToken);
        }
    }

    private async Task PassOnAsync(InstanceState state, CancellationToken cancellationToken)
    {
        await DeliverOutboxAsync(state, isChanged: false, cancellationToken);
        if (state.IsTerminal)
        {
            ReportToParent(state);
            announceEnd(state);
            return;
        }
        if (!state.HasStarted && state.StartAt is null)
            sessions.Wake(state.InstanceId);
        foreach (var (id, call) in state.Open)
        {
            var key = new CallKey(state.InstanceId, state.ExecutionId, id);
            if (call.EventTypeCase == EventCase.TaskScheduled)
            {
                activities.Begin(key, call.TaskScheduled);
            }
            else if (call.EventTypeCase == EventCase.SubOrchestrationInstanceCreated && !activities.Knows(key))
            {
                var sub = call.SubOrchestrationInstanceCreated;
                var started = new ExecutionStartedEvent { Name = sub.Name, Version = sub.Version, Input = sub.Input };
                await StartSubOrchestrationAsync(
                    state.Name, new ParentReference(state.InstanceId, state.ExecutionId, id), sub.InstanceId, started, cancellationToken);
                activities.Note(key);
            }
        }
        if (state.NextTimer is { } next)
            timers.Schedule(state.InstanceId, next);
    }

    private async Task StartSubOrchestrationAsync(
        string callerName, ParentReference parent, string instanceId, ExecutionStartedEvent started, CancellationToken cancellationToken)
    {
        if (!InstanceKey.IsValid(instanceId))
        {
            Refuse(parent, $"The instance id '{instanceId}' is empty or too long.");
            return;
        }
        var sub = NewInstance(started, instanceId, clock.GetUtcNow(), parent, callerName);
        try
        {
            await store.InsertAsync(sub, cancellationToken);
        }
        catch (StorageExistsException)
        {
            var existing = await store.LoadSummaryAsync(instanceId, withStart: false, cancellationToken);
            if (existing is { Parent: null, IsTerminal: true })
            {
                await store.DeleteAsync(instanceId, cancellationToken);
                await store.InsertAsync(sub, cancellationToken);
            }
            else if (existing is not null && existing.Parent != parent)
            {
                Refuse(parent, $"There is an instance '{instanceId}' already.");
                return;
            }
            else if (existing is { IsTerminal: true })
            {
                ReportToParent(existing);
                return;
            }
        }
        sessions.Wake(instanceId);
    }

    private void Refuse(ParentReference parent, string reason)
    {
        var failed = new SubOrchestrationInstanceFailedEvent { TaskScheduledId = parent.TaskId, FailureDetails = Failure(reason) };
        sessions.Post(parent.InstanceId, new Mail(parent.ExecutionId, new HistoryEvent { SubOrchestrationInstanceFailed = failed }));
    }
}

/// <summary>The orchestrator could not be asked, or did not answer in the protocol.</summary>
/// <param name="name">The orchestrator.</param>
/// <param name="cause">What went wrong.</param>
internal sealed class OrchestratorDispatchException(string name, Exception cause) : Exception($"The dispatch of orchestrator {name} failed: {cause.Message}", cause);

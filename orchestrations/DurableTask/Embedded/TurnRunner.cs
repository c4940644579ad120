using System.Collections.Concurrent;
using Cloudreve.AzureStorage;
using Cloudreve.DurableTask.Protocol;
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
        string name, string instanceId, string? inputJson, ParentReference? parent, string? parentName, DateTimeOffset now)
    {
        var executionId = Guid.NewGuid().ToString("N");
        var started = new ExecutionStartedEvent
        {
            Name = name,
            Input = inputJson,
            OrchestrationInstance = new OrchestrationInstance { InstanceId = instanceId, ExecutionId = executionId },
        };
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
            Name = name,
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
            await DeliverOutboxAsync(state, cancellationToken);
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
        if (inbox.Count > HubStore.MessagesInTurn)
            sessions.NoteMessages(instanceId);
        await PassOnAsync(state, cancellationToken);
        if (!state.IsTerminal)
            cache.Put(state);
    }

    /// <summary>Keeps the events that an instance wants sent from their receivers until it has noted that they were sent.</summary>
    public void Withhold(InstanceState sender)
    {
        foreach (var e in sender.Outbox)
            _withheld.TryAdd((e.EventSent.InstanceId, InstanceKey.SentEvent(sender.OutboxExecutionId, e.EventId)), sender.InstanceId);
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
        sessions.Post(parent.InstanceId, new Mail(parent.ExecutionId, e, new FinishedInstance(ended.InstanceId, ended.Generation, ended.HasBlobs, ended.ETag)));
    }

    /// <summary>Sends the events that an instance wanted sent, exactly once each.</summary>
    private async Task DeliverOutboxAsync(InstanceState sender, CancellationToken cancellationToken)
    {
        if (sender.Outbox.Count > 0)
        {
            Withhold(sender);
            foreach (var e in sender.Outbox)
                await DeliverAsync(e, sender.OutboxExecutionId, cancellationToken);
            await store.ClearOutboxAsync(sender, cancellationToken);
        }
        // Also when the outbox was found empty: the answer to its clearing may have been lost.
        foreach (var (receiver, _) in _withheld.Where(w => w.Value == sender.InstanceId))
        {
            _withheld.TryRemove(receiver, out _);
            sessions.NoteMessages(receiver.InstanceId);
        }
    }

    private async Task DeliverAsync(HistoryEvent sent, string senderExecutionId, CancellationToken cancellationToken)
    {
        var receiver = sent.EventSent.InstanceId;
        if (!InstanceKey.IsValid(receiver) || await store.FindAsync(receiver, cancellationToken) is null)
            return;
        var raised = new HistoryEvent { EventRaised = new EventRaisedEvent { Name = sent.EventSent.Name, Input = sent.EventSent.Input } };
        await store.AcceptAsync(receiver, InstanceKey.SentEvent(senderExecutionId, sent.EventId), raised, cancellationToken);
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
        await DeliverOutboxAsync(state, cancellationToken);
        if (state.IsTerminal)
        {
            ReportToParent(state);
            announceEnd(state);
            return;
        }
        if (!state.HasStarted)
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
                await StartSubOrchestrationAsync(state, id, call.SubOrchestrationInstanceCreated, cancellationToken);
                activities.Note(key);
            }
        }
        if (state.NextTimer is { } next)
            timers.Schedule(state.InstanceId, next);
    }

    private async Task StartSubOrchestrationAsync(
        InstanceState caller, int taskId, SubOrchestrationInstanceCreatedEvent call, CancellationToken cancellationToken)
    {
        var parent = new ParentReference(caller.InstanceId, caller.ExecutionId, taskId);
        var sub = NewInstance(call.Name, call.InstanceId, call.Input, parent, caller.Name, clock.GetUtcNow());
        if (!InstanceKey.IsValid(call.InstanceId))
        {
            Refuse(parent, $"The instance id '{call.InstanceId}' is empty or too long.");
            return;
        }
        try
        {
            await store.InsertAsync(sub, cancellationToken);
        }
        catch (StorageExistsException)
        {
            var existing = await store.LoadSummaryAsync(call.InstanceId, withStart: false, cancellationToken);
            if (existing is { Parent: null, IsTerminal: true })
            {
                await store.DeleteAsync(call.InstanceId, cancellationToken);
                await store.InsertAsync(sub, cancellationToken);
            }
            else if (existing is not null && existing.Parent != parent)
            {
                Refuse(parent, $"There is an instance '{call.InstanceId}' already.");
                return;
            }
            else if (existing is { IsTerminal: true })
            {
                ReportToParent(existing);
                return;
            }
        }
        sessions.Wake(call.InstanceId);
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

using Cloudreve.DurableTask.Protocol;
using EventCase = Cloudreve.DurableTask.Protocol.HistoryEvent.EventTypeOneofCase;

namespace Cloudreve.DurableTask.Embedded;

/// <summary>The committed state of one instance, as loaded. Owned by the turn that has taken it; not thread-safe.</summary>
internal sealed class InstanceState
{
    private readonly Dictionary<int, HistoryEvent> _open = [];

    public required string InstanceId { get; init; }

    public required string Name { get; init; }

    public required DateTimeOffset CreatedAt { get; set; }

    public required string ETag { get; set; }

    /// <summary>How often the instance continued as new.</summary>
    public required long Generation { get; set; }

    /// <summary>The id of this generation's execution.</summary>
    public required string ExecutionId { get; set; }

    public OrchestrationStatus Status { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Who waits for the result; null for nobody.</summary>
    public ParentReference? Parent { get; init; }

    /// <summary>The start of the execution, with the events that were carried over.</summary>
    public List<HistoryEvent> Start { get; set; } = [];

    /// <summary>Everything that happened to the execution.</summary>
    public List<HistoryEvent> History { get; } = [];

    /// <summary>Row keys of the history, committed.</summary>
    public List<string> Chunks { get; } = [];

    /// <summary>Row keys that earlier generations left behind.</summary>
    public List<string> StaleRows { get; } = [];

    /// <summary>Blobs that belong to this generation alone.</summary>
    public List<string> Blobs { get; } = [];

    /// <summary>Whether a blob was ever written for the instance.</summary>
    public bool HasBlobs { get; set; }

    /// <summary>What executions asked for that is not carried out yet and that their history does not keep.</summary>
    public List<OutboxEntry> Outbox { get; set; } = [];

    public string? CustomStatus { get; set; }

    public string? Output { get; set; }

    public Protocol.TaskFailureDetails? Failure { get; set; }

    public bool IsTerminal => IsTerminalStatus(Status);

    public bool HasStarted => Chunks.Count > 0;

    /// <summary>Before when the first turn must not run; null for no such time.</summary>
    public DateTimeOffset? StartAt => HasStarted ? null : Start.FirstOrDefault()?.ExecutionStarted?.ScheduledStartTimestamp?.ToDateTimeOffset();

    /// <summary>About how much memory it takes.</summary>
    public long Bytes { get; private set; } = 1024;

    /// <summary>Calls and timers that have no result yet, by number.</summary>
    public IReadOnlyDictionary<int, HistoryEvent> Open => _open;

    /// <summary>Whether calls run whose end nobody would report after a restart.</summary>
    public bool HasOpenCalls => _open.Values.Any(e => e.EventTypeCase != EventCase.TimerCreated);

    /// <summary>When time alone wakes it next; null for never.</summary>
    public DateTimeOffset? NextTimer => StartAt ?? _open.Values
        .Where(e => e.EventTypeCase == EventCase.TimerCreated)
        .Select(e => (DateTimeOffset?)e.TimerCreated.FireAt.ToDateTimeOffset())
        .Min();

    /// <summary>The history as the protocol wants it: the start comes right behind the beginning of the first episode.</summary>
    public IEnumerable<HistoryEvent> PastEvents => History.Count == 0 ? [] : History.Take(1).Concat(Start).Concat(History.Skip(1));

    public static bool IsTerminalStatus(OrchestrationStatus status) =>
        status is OrchestrationStatus.Completed or OrchestrationStatus.Failed or OrchestrationStatus.Terminated or OrchestrationStatus.Canceled;

    /// <summary>The number of the call or timer that an event completes; null for other events.</summary>
    public static int? Completes(HistoryEvent e) => e.EventTypeCase switch
    {
        EventCase.TaskCompleted => e.TaskCompleted.TaskScheduledId,
        EventCase.TaskFailed => e.TaskFailed.TaskScheduledId,
        EventCase.SubOrchestrationInstanceCompleted => e.SubOrchestrationInstanceCompleted.TaskScheduledId,
        EventCase.SubOrchestrationInstanceFailed => e.SubOrchestrationInstanceFailed.TaskScheduledId,
        EventCase.TimerFired => e.TimerFired.TimerId,
        _ => null,
    };

    public void Append(IEnumerable<HistoryEvent> events)
    {
        foreach (var e in events)
        {
            History.Add(e);
            Bytes += e.CalculateSize() * 3L;
            if (Completes(e) is { } id)
                _open.Remove(id);
            else if (e.EventTypeCase is EventCase.TaskScheduled or EventCase.TimerCreated or EventCase.SubOrchestrationInstanceCreated)
                _open[e.EventId] = e;
        }
    }

    /// <summary>Begins the next generation with an empty history.</summary>
    public void BeginGeneration(string executionId, List<HistoryEvent> start)
    {
        Generation++;
        ExecutionId = executionId;
        Start = start;
        ForgetHistory();
    }

    /// <summary>Removes the calls of the outbox that some mail completes.</summary>
    /// <returns>Whether there were any.</returns>
    public bool SettleOutbox(IReadOnlyList<Mail> mails) => Outbox.RemoveAll(
        entry => mails.Any(m => m.ExecutionId == entry.ExecutionId && Completes(m.Event) == entry.Action.Id)) > 0;

    public void ForgetHistory()
    {
        History.Clear();
        Chunks.Clear();
        Blobs.Clear();
        _open.Clear();
        Bytes = 1024;
    }
}

/// <summary>The call of a sub-orchestration, as its instance remembers it.</summary>
/// <param name="InstanceId">The caller.</param>
/// <param name="ExecutionId">The caller's execution.</param>
/// <param name="TaskId">The number of the call in it.</param>
internal sealed record ParentReference(string InstanceId, string ExecutionId, int TaskId);

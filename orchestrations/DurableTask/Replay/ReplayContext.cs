using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cloudreve.DurableTask.Protocol;
using Cloudreve.DurableTask.Serialization;
using Google.Protobuf.WellKnownTypes;

namespace Cloudreve.DurableTask.Replay;

/// <summary>The context of one replay: hands out tasks, gathers actions, and keeps events until somebody awaits them.</summary>
internal sealed class ReplayContext(string instanceId, ExecutionStartedEvent started, JsonPayload payload, ReplaySynchronizationContext thread)
    : TaskOrchestrationContext
{
    // Backends limit the length of one timer (Azure Storage: queue messages live seven days); longer ones are chained.
    private static readonly TimeSpan s_longestTimer = TimeSpan.FromDays(3);

    private readonly SortedDictionary<int, OrchestratorAction> _actions = [];
    private readonly Dictionary<int, OpenTask> _open = [];
    private readonly EventBuffer _events = new();
    private int _nextId;
    private int _nextGuid;
    private DateTime _now;
    private bool _isReplaying = true;

    public override TaskName Name => started.Name;

    public override string Version => started.Version ?? "";

    public override string InstanceId => instanceId;

    public override string? ParentInstanceId => started.ParentInstance?.OrchestrationInstance?.InstanceId;

    public override DateTime CurrentUtcDateTime => _now;

    public override bool IsReplaying => _isReplaying;

    /// <summary>The custom status as JSON; null when the code has set none.</summary>
    public string? CustomStatus { get; private set; }

    /// <summary>The new input, when the code asked to be started again.</summary>
    public (string InputJson, ContinueAsNewOptions Options)? Continuation { get; private set; }

    /// <summary>What the code has done that the history does not hold yet, by number.</summary>
    public IReadOnlyDictionary<int, OrchestratorAction> Actions => _actions;

    /// <summary>Whether anything that may still happen could wake the code.</summary>
    public bool IsWaiting => _open.Count > 0 || _events.HasWaiters;

    public EventBuffer Events => _events;

    public override T? GetInput<T>()
        where T : default => payload.Deserialize<T>(started.Input);

    public override Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null)
    {
        var json = payload.Serialize(input);
        return options?.Retry is { } policy
            ? RetryAsync(policy, () => CallActivity<TResult>(name, json))
            : CallActivity<TResult>(name, json);
    }

    public override Task<TResult> CallSubOrchestratorAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null)
    {
        var json = payload.Serialize(input);
        var sub = options as SubOrchestrationOptions;
        return options?.Retry is { } policy
            ? RetryAsync(policy, () => CallSubOrchestrator<TResult>(name, json, sub))
            : CallSubOrchestrator<TResult>(name, json, sub);
    }

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        fireAt = fireAt.Kind == DateTimeKind.Local ? fireAt.ToUniversalTime() : DateTime.SpecifyKind(fireAt, DateTimeKind.Utc);
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled(cancellationToken);
        return fireAt - _now <= s_longestTimer ? AddTimer(fireAt, cancellationToken) : ChainTimersAsync(fireAt, cancellationToken);
    }

    public override Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
    {
        CheckThread();
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<T>(cancellationToken);
        var waiter = new OpenTask<T>(eventName, -1, payload, cancellationToken);
        _events.Await(eventName, waiter);
        return waiter.Task;
    }

    [SuppressMessage("Naming", "CA1725", Justification = "The base names it the same.")]
    public override void SendEvent(string instanceId, string eventName, object? payload = null)
    {
        var action = new SendEventAction
        {
            Instance = new OrchestrationInstance { InstanceId = instanceId },
            Name = eventName,
            Data = Serialize(payload),
        };
        Add(new OrchestratorAction { SendEvent = action });
    }

    public override void SetCustomStatus(object? customStatus)
    {
        CheckThread();
        CustomStatus = payload.Serialize(customStatus);
    }

    public override void ContinueAsNew(ContinueAsNewOptions options, object? newInput = null)
    {
        CheckThread();
        Continuation = (payload.Serialize(newInput), options);
    }

    public override Guid NewGuid()
    {
        CheckThread();
        var execution = started.OrchestrationInstance?.ExecutionId ?? "";
        var name = string.Create(CultureInfo.InvariantCulture, $"{instanceId}/{execution}/{_nextGuid++}");
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(name), hash);
        // RFC 9562: version 8 (custom, here by name), variant 10.
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }

    /// <summary>Moves the clock to the start of the next episode.</summary>
    public void BeginEpisode(DateTime now) => _now = now;

    /// <summary>From here on the code does new things.</summary>
    public void EndReplay() => _isReplaying = false;

    public int TakeId() => _nextId++;

    /// <summary>Matches an action that the history holds with what the code has done.</summary>
    /// <exception cref="NonDeterministicOrchestrationException">They differ.</exception>
    public void Confirm(int id, OrchestratorAction.OrchestratorActionTypeOneofCase kind, string? name)
    {
        if (!_actions.Remove(id, out var action))
            throw new NonDeterministicOrchestrationException($"The history holds {Describe(kind, name)} as #{id}, but the code did not ask for it.");
        if (action.OrchestratorActionTypeCase != kind || (name is not null && !name.Equals(NameOf(action), StringComparison.OrdinalIgnoreCase)))
        {
            throw new NonDeterministicOrchestrationException(
                $"The history holds {Describe(kind, name)} as #{id}, but the code asked for {Describe(action.OrchestratorActionTypeCase, NameOf(action))}.");
        }
    }

    /// <summary>At the end of a recorded episode nothing may be left that the history does not hold.</summary>
    /// <exception cref="NonDeterministicOrchestrationException">Something is.</exception>
    public void CheckNothingUnconfirmed()
    {
        if (_actions.Count == 0)
            return;
        var (id, action) = _actions.First();
        throw new NonDeterministicOrchestrationException(
            $"The code asked for {Describe(action.OrchestratorActionTypeCase, NameOf(action))} as #{id}, but the history does not hold it.");
    }

    /// <summary>Takes the task that an event completes; null when it has completed before (a message may come twice).</summary>
    public OpenTask? TakeOpen(int id) => _open.Remove(id, out var task) ? task : null;

    private static string? NameOf(OrchestratorAction action) => action.OrchestratorActionTypeCase switch
    {
        OrchestratorAction.OrchestratorActionTypeOneofCase.ScheduleTask => action.ScheduleTask.Name,
        OrchestratorAction.OrchestratorActionTypeOneofCase.CreateSubOrchestration => action.CreateSubOrchestration.Name,
        OrchestratorAction.OrchestratorActionTypeOneofCase.SendEvent => action.SendEvent.Name,
        _ => null,
    };

    private static string Describe(OrchestratorAction.OrchestratorActionTypeOneofCase kind, string? name) => kind switch
    {
        OrchestratorAction.OrchestratorActionTypeOneofCase.ScheduleTask => $"a call of the activity '{name}'",
        OrchestratorAction.OrchestratorActionTypeOneofCase.CreateSubOrchestration => $"a call of the sub-orchestration '{name}'",
        OrchestratorAction.OrchestratorActionTypeOneofCase.SendEvent => $"a sent event '{name}'",
        _ => "a timer",
    };

    private string Serialize(object? value) => payload.Serialize(value);

    private void CheckThread()
    {
        if (!thread.IsCurrent)
            throw new InvalidOperationException("An orchestrator may use its context only from its own flow: no other threads, no ConfigureAwait(false).");
    }

    private int Add(OrchestratorAction action)
    {
        CheckThread();
        action.Id = TakeId();
        _actions.Add(action.Id, action);
        return action.Id;
    }

    private Task<TResult> CallActivity<TResult>(TaskName name, string inputJson)
    {
        var id = Add(new OrchestratorAction { ScheduleTask = new ScheduleTaskAction { Name = name.Name, Input = inputJson } });
        return Open<TResult>(name.Name, id);
    }

    private Task<TResult> CallSubOrchestrator<TResult>(TaskName name, string inputJson, SubOrchestrationOptions? options)
    {
        CheckThread();
        var action = new CreateSubOrchestrationAction
        {
            InstanceId = options?.InstanceId ?? NewGuid().ToString("N"),
            Name = name.Name,
            Version = options?.Version.ToMessage(),
            Input = inputJson,
        };
        return Open<TResult>(name.Name, Add(new OrchestratorAction { CreateSubOrchestration = action }));
    }

    private Task<T> Open<T>(string name, int id, CancellationToken cancellationToken = default)
    {
        var task = new OpenTask<T>(name, id, payload, cancellationToken);
        _open.Add(id, task);
        return task.Task;
    }

    private Task<Unread> AddTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        var id = Add(new OrchestratorAction { CreateTimer = new CreateTimerAction { FireAt = Timestamp.FromDateTime(fireAt) } });
        return Open<Unread>("timer", id, cancellationToken);
    }

    private async Task ChainTimersAsync(DateTime fireAt, CancellationToken cancellationToken)
    {
        while (fireAt - _now > s_longestTimer)
            await AddTimer(_now + s_longestTimer, cancellationToken);
        await AddTimer(fireAt, cancellationToken);
    }

    private async Task<TResult> RetryAsync<TResult>(RetryPolicy policy, Func<Task<TResult>> call)
    {
        var firstCall = _now;
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan pause;
            try
            {
                return await call();
            }
            catch (TaskFailedException e) when (policy.DelayAfter(attempt, _now - firstCall, e.FailureDetails) is { } delay)
            {
                pause = delay;
            }
            await CreateTimer(_now + pause, CancellationToken.None);
        }
    }
}

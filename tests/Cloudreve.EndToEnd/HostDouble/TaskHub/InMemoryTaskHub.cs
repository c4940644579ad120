using System.Globalization;
using System.Threading.Channels;
using Cloudreve.DurableTask.Protocol;
using ActionCase = Cloudreve.DurableTask.Protocol.OrchestratorAction.OrchestratorActionTypeOneofCase;

namespace Cloudreve.EndToEnd.HostDouble.TaskHub;

/// <summary>An activity that an execution waits for.</summary>
internal sealed record ActivityCall(string InstanceId, string ExecutionId, int TaskId, string Name, string? Input);

/// <summary>
/// The task hub of a Functions host, kept in memory: what a real one keeps in storage, so it outlives the host that drives it.
/// Of an orchestrator's answer only actions and custom status are read.
/// </summary>
internal sealed class InMemoryTaskHub(TimeProvider clock) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, OrchestrationInstance> _instances = new(StringComparer.Ordinal);
    private readonly Channel<OrchestrationInstance> _ready = Channel.CreateUnbounded<OrchestrationInstance>();
    private readonly Channel<ActivityCall> _calls = Channel.CreateUnbounded<ActivityCall>();
    private readonly CancellationTokenSource _end = new();
    private TaskCompletionSource? _held;

    /// <summary>Instances with something new to tell.</summary>
    public ChannelReader<OrchestrationInstance> Ready => _ready.Reader;

    /// <summary>Activities to run.</summary>
    public ChannelReader<ActivityCall> Calls => _calls.Reader;

    /// <summary>Hands out nothing until <see cref="Release()"/>, so that a test decides what an instance is told in one turn.</summary>
    public void Hold()
    {
        lock (_lock)
            _held ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Ends a <see cref="Hold"/>.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _held?.TrySetResult();
            _held = null;
        }
    }

    /// <summary>Waits until work may be handed out.</summary>
    public Task WhileHeldAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
            return _held?.Task.WaitAsync(cancellationToken) ?? Task.CompletedTask;
    }

    /// <summary>The instances of an orchestrator.</summary>
    public IReadOnlyList<OrchestrationInstance> InstancesOf(string name)
    {
        lock (_lock)
            return [.. _instances.Values.Where(instance => instance.Name == name)];
    }

    public OrchestrationInstance? Find(string instanceId)
    {
        lock (_lock)
            return _instances.GetValueOrDefault(instanceId);
    }

    /// <summary>Starts an instance. The id of one that is over is taken again.</summary>
    /// <exception cref="InvalidOperationException">An instance of this id runs, or is about to.</exception>
    public void Start(string name, string instanceId, string? inputJson)
    {
        lock (_lock)
        {
            if (_instances.GetValueOrDefault(instanceId) is { IsOver: false } running)
                throw new InvalidOperationException($"An Orchestration instance with the status {running.Status} already exists.");
            Add(name, instanceId, inputJson, parent: null);
        }
    }

    /// <summary>Sends an event to an instance; nobody is told when there is none.</summary>
    public void RaiseEvent(string instanceId, string name, string? inputJson) =>
        Send(instanceId, new HistoryEvent { EventRaised = new EventRaisedEvent { Name = name, Input = inputJson } });

    /// <summary>Sends anything to an instance, whichever execution of it runs.</summary>
    /// <returns>False when there is no such instance.</returns>
    public bool Send(string instanceId, HistoryEvent message)
    {
        lock (_lock)
        {
            Post(instanceId, executionId: null, message);
            return _instances.ContainsKey(instanceId);
        }
    }

    /// <summary>Forgets an instance that is over.</summary>
    /// <returns>False when there is none.</returns>
    public bool Purge(string instanceId)
    {
        lock (_lock)
            return _instances.GetValueOrDefault(instanceId) is { IsOver: true } && _instances.Remove(instanceId);
    }

    /// <summary>The turn of an instance that was handed out.</summary>
    public OrchestrationTurn BeginTurn(OrchestrationInstance instance)
    {
        lock (_lock)
            return instance.BeginTurn();
    }

    /// <summary>A turn's answer is lost: it is handed out again.</summary>
    public void Abandon(OrchestrationInstance instance) => _ready.Writer.TryWrite(instance);

    /// <summary>An activity's answer is lost: it is handed out again.</summary>
    public void Abandon(ActivityCall call) => _calls.Writer.TryWrite(call);

    /// <summary>The orchestrator's answer broke the contract or was an error: the instance fails for good.</summary>
    public void Fail(OrchestrationTurn turn, string reason)
    {
        lock (_lock)
        {
            End(turn.Instance, OrchestrationStatus.Failed, output: null, Failure("Microsoft.Azure.WebJobs.Host.FunctionInvocationException", reason));
            Release(turn.Instance);
        }
    }

    /// <summary>Carries out what an orchestrator decided.</summary>
    public void Commit(OrchestrationTurn turn, OrchestratorResponse response)
    {
        lock (_lock)
        {
            var instance = turn.Instance;
            instance.CustomStatus = response.CustomStatus;
            var completion = response.Actions.FirstOrDefault(a => a.OrchestratorActionTypeCase == ActionCase.CompleteOrchestration)?.CompleteOrchestration;
            OrchestratorAction[] others = [.. response.Actions.Where(a => a.OrchestratorActionTypeCase != ActionCase.CompleteOrchestration)];
            if (completion is null)
                instance.Record(turn, others);
            foreach (var action in others)
                CarryOut(instance, action);
            if (completion is { OrchestrationStatus: OrchestrationStatus.ContinuedAsNew })
                instance.ContinueAsNew(turn, completion);
            else if (completion is not null)
                End(instance, completion.OrchestrationStatus, completion.Result, completion.FailureDetails);
            Release(instance);
        }
    }

    /// <summary>An activity succeeded with a result as JSON text.</summary>
    public void Complete(ActivityCall call, string? resultJson)
    {
        lock (_lock)
            Post(call.InstanceId, call.ExecutionId, new HistoryEvent { TaskCompleted = new TaskCompletedEvent { TaskScheduledId = call.TaskId, Result = resultJson } });
    }

    /// <summary>An activity failed; nothing but a reason is known.</summary>
    public void Fail(ActivityCall call, string reason)
    {
        var failure = Failure("Microsoft.Azure.WebJobs.Host.FunctionInvocationException", reason);
        lock (_lock)
            Post(call.InstanceId, call.ExecutionId, new HistoryEvent { TaskFailed = new TaskFailedEvent { TaskScheduledId = call.TaskId, FailureDetails = failure } });
    }

    public void Dispose()
    {
        _end.Cancel();
        _end.Dispose();
    }

    private void CarryOut(OrchestrationInstance instance, OrchestratorAction action)
    {
        switch (action.OrchestratorActionTypeCase)
        {
            case ActionCase.ScheduleTask:
                _calls.Writer.TryWrite(new ActivityCall(instance.Id, instance.ExecutionId, action.Id, action.ScheduleTask.Name, action.ScheduleTask.Input));
                break;
            case ActionCase.CreateSubOrchestration:
                StartSubOrchestration(instance, action.Id, action.CreateSubOrchestration);
                break;
            case ActionCase.CreateTimer:
                _ = FireAsync(instance.Id, instance.ExecutionId, action.Id, action.CreateTimer);
                break;
            case ActionCase.SendEvent:
                var sent = action.SendEvent;
                Post(sent.Instance.InstanceId, executionId: null, new HistoryEvent { EventRaised = new EventRaisedEvent { Name = sent.Name, Input = sent.Data } });
                break;
        }
    }

    private void StartSubOrchestration(OrchestrationInstance caller, int taskId, CreateSubOrchestrationAction call)
    {
        var id = call.InstanceId.Length > 0 ? call.InstanceId : caller.ExecutionId + ":" + taskId.ToString("x4", CultureInfo.InvariantCulture);
        if (_instances.GetValueOrDefault(id) is { IsOver: false })
        {
            var failure = Failure(typeof(InvalidOperationException).FullName!, $"There is an instance '{id}' already.");
            Post(caller.Id, caller.ExecutionId, new HistoryEvent
            {
                SubOrchestrationInstanceFailed = new SubOrchestrationInstanceFailedEvent { TaskScheduledId = taskId, FailureDetails = failure },
            });
            return;
        }
        Add(call.Name, id, call.Input, new ParentInstanceInfo
        {
            Name = caller.Name,
            TaskScheduledId = taskId,
            OrchestrationInstance = new Cloudreve.DurableTask.Protocol.OrchestrationInstance { InstanceId = caller.Id, ExecutionId = caller.ExecutionId },
        });
    }

    private void Add(string name, string instanceId, string? inputJson, ParentInstanceInfo? parent)
    {
        var start = new ExecutionStartedEvent
        {
            Name = name,
            Input = inputJson,
            ParentInstance = parent,
            OrchestrationInstance = new Cloudreve.DurableTask.Protocol.OrchestrationInstance { InstanceId = instanceId, ExecutionId = Guid.NewGuid().ToString("N") },
        };
        var instance = new OrchestrationInstance(start, clock) { IsScheduled = true };
        _instances[instanceId] = instance;
        _ready.Writer.TryWrite(instance);
    }

    private void Post(string instanceId, string? executionId, HistoryEvent e)
    {
        if (!_instances.TryGetValue(instanceId, out var instance))
            return;
        instance.Post(new InstanceMessage(executionId, e));
        if (!instance.IsScheduled)
            Release(instance);
    }

    private void Release(OrchestrationInstance instance)
    {
        instance.IsScheduled = instance.HasMail;
        if (instance.IsScheduled)
            _ready.Writer.TryWrite(instance);
    }

    private void End(OrchestrationInstance instance, OrchestrationStatus status, string? output, TaskFailureDetails? failure)
    {
        instance.End(status, output, failure);
        if (instance.Parent is not { } parent)
            return;
        var told = status == OrchestrationStatus.Completed
            ? new HistoryEvent { SubOrchestrationInstanceCompleted = new SubOrchestrationInstanceCompletedEvent { TaskScheduledId = parent.TaskScheduledId, Result = output } }
            : new HistoryEvent { SubOrchestrationInstanceFailed = new SubOrchestrationInstanceFailedEvent { TaskScheduledId = parent.TaskScheduledId, FailureDetails = failure } };
        Post(parent.OrchestrationInstance.InstanceId, parent.OrchestrationInstance.ExecutionId, told);
    }

    private async Task FireAsync(string instanceId, string executionId, int timerId, CreateTimerAction timer)
    {
        var wait = timer.FireAt.ToDateTimeOffset() - clock.GetUtcNow();
        try
        {
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, clock, _end.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        lock (_lock)
            Post(instanceId, executionId, new HistoryEvent { TimerFired = new TimerFiredEvent { FireAt = timer.FireAt, TimerId = timerId } });
    }

    private static TaskFailureDetails Failure(string type, string reason) => new() { ErrorType = type, ErrorMessage = reason };
}

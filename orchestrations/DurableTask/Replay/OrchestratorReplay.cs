using Cloudreve.DurableTask.Protocol;
using Cloudreve.DurableTask.Serialization;
using ActionCase = Cloudreve.DurableTask.Protocol.OrchestratorAction.OrchestratorActionTypeOneofCase;
using EventCase = Cloudreve.DurableTask.Protocol.HistoryEvent.EventTypeOneofCase;

namespace Cloudreve.DurableTask.Replay;

/// <summary>One run of an orchestrator's code over its history. Used once, on one thread.</summary>
internal sealed class OrchestratorReplay(DurableTaskRegistry registry, string instanceId)
{
    // A backend that splits the actions of one episode records this timer instead of the rest, which it then asks for again.
    private const int SplitEpisodeTimerId = -100;

    private readonly ReplaySynchronizationContext _thread = new();
    private readonly Queue<HistoryEvent> _whileSuspended = new();
    private ReplayContext? _context;
    private Task<string>? _code;
    private DateTime _now;
    private HistoryEvent? _suspendedBy;
    private string? _terminationOutput;
    private bool _isTerminated;
    private bool _episodeWasSplit;

    public OrchestratorResponse Run(IReadOnlyList<HistoryEvent> past, IReadOnlyList<HistoryEvent> fresh)
    {
        var response = new OrchestratorResponse { InstanceId = instanceId };
        try
        {
            foreach (var recorded in past)
            {
                Process(recorded);
                if (recorded.EventTypeCase == EventCase.OrchestratorCompleted)
                    EndRecordedEpisode();
            }
            _context?.EndReplay();
            foreach (var happened in fresh)
                Process(happened, isNew: true);
            Conclude(response);
        }
        catch (Exception e) when (e is NonDeterministicOrchestrationException or OrchestratorStartException)
        {
            response.Actions.Clear();
            response.Actions.Add(Complete(OrchestrationStatus.Failed, failure: TaskFailureDetails.FromException(e)));
        }
        response.CustomStatus = _context?.CustomStatus;
        return response;
    }

    private void Process(HistoryEvent e, bool isNew = false)
    {
        switch (e.EventTypeCase)
        {
            case EventCase.OrchestratorStarted:
                _now = e.Timestamp.ToDateTime();
                _context?.BeginEpisode(_now);
                _episodeWasSplit = false;
                break;
            case EventCase.ExecutionStarted when _context is null:
                Start(e.ExecutionStarted, isNew);
                break;
            case EventCase.ExecutionSuspended:
                _suspendedBy = e;
                break;
            case EventCase.ExecutionResumed:
                Resume();
                break;
            case EventCase.ExecutionTerminated when _code is not { IsCompleted: true }:
                _isTerminated = true;
                _terminationOutput = e.ExecutionTerminated.Input;
                break;
            case EventCase.TaskCompleted or EventCase.TaskFailed or EventCase.TimerFired or EventCase.EventRaised
                or EventCase.SubOrchestrationInstanceCompleted or EventCase.SubOrchestrationInstanceFailed:
                if (_suspendedBy is null)
                    Wake(e);
                else
                    _whileSuspended.Enqueue(e);
                break;
            default:
                Confirm(e);
                break;
        }
    }

    private void Start(ExecutionStartedEvent started, bool isNew)
    {
        var run = registry.FindOrchestrator(started.Name, started.Version) ?? throw new OrchestratorStartException(
            string.IsNullOrEmpty(started.Version)
                ? $"There is no orchestrator named '{started.Name}'."
                : $"There is no version '{started.Version}' of an orchestrator named '{started.Name}'.");
        _context = new ReplayContext(instanceId, started, registry.Payload, _thread);
        _context.BeginEpisode(_now);
        if (isNew)
            _context.EndReplay();
        _thread.Run(() => _code = run(_context, started.Input));
    }

    private void Resume()
    {
        _suspendedBy = null;
        while (_whileSuspended.TryDequeue(out var e))
            Wake(e);
    }

    private void Wake(HistoryEvent e)
    {
        var context = Started();
        if (e.EventTypeCase == EventCase.EventRaised && _code is { IsCompleted: true })
            context.Events.Keep(e);
        else
            _thread.Run(() => Apply(context, e));
    }

    private static void Apply(ReplayContext context, HistoryEvent e)
    {
        switch (e.EventTypeCase)
        {
            case EventCase.TaskCompleted:
                ApplyActivityResult(context.TakeOpen(e.TaskCompleted.TaskScheduledId), e.TaskCompleted.Result);
                break;
            case EventCase.TaskFailed:
                context.TakeOpen(e.TaskFailed.TaskScheduledId)?.Fail(TaskFailureDetails.FromMessage(e.TaskFailed.FailureDetails));
                break;
            case EventCase.SubOrchestrationInstanceCompleted:
                context.TakeOpen(e.SubOrchestrationInstanceCompleted.TaskScheduledId)?.Complete(e.SubOrchestrationInstanceCompleted.Result);
                break;
            case EventCase.SubOrchestrationInstanceFailed:
                context.TakeOpen(e.SubOrchestrationInstanceFailed.TaskScheduledId)?
                    .Fail(TaskFailureDetails.FromMessage(e.SubOrchestrationInstanceFailed.FailureDetails));
                break;
            case EventCase.TimerFired:
                context.TakeOpen(e.TimerFired.TimerId)?.Complete(null);
                break;
            default:
                context.Events.Raise(e);
                break;
        }
    }

    private static void ApplyActivityResult(OpenTask? task, string? text)
    {
        if (task is null)
            return;
        ActivityResult result;
        try
        {
            result = ActivityResult.Parse(text ?? "");
        }
        catch (System.Text.Json.JsonException e)
        {
            task.Fail(TaskFailureDetails.FromException(e));
            return;
        }
        if (result.Failure is { } failure)
            task.Fail(failure.ToDetails());
        else
            task.Complete(result.Result.ValueKind == System.Text.Json.JsonValueKind.Undefined ? null : result.Result.GetRawText());
    }

    private void Confirm(HistoryEvent e)
    {
        switch (e.EventTypeCase)
        {
            case EventCase.TaskScheduled:
                Started().Confirm(e.EventId, ActionCase.ScheduleTask, e.TaskScheduled.Name);
                break;
            case EventCase.SubOrchestrationInstanceCreated:
                Started().Confirm(e.EventId, ActionCase.CreateSubOrchestration, e.SubOrchestrationInstanceCreated.Name);
                break;
            case EventCase.TimerCreated when e.EventId == SplitEpisodeTimerId:
                _episodeWasSplit = true;
                break;
            case EventCase.TimerCreated:
                Started().Confirm(e.EventId, ActionCase.CreateTimer, null);
                break;
            case EventCase.EventSent:
                Started().Confirm(e.EventId, ActionCase.SendEvent, e.EventSent.Name);
                break;
        }
    }

    private void EndRecordedEpisode()
    {
        if (_context is null || _episodeWasSplit)
            return;
        _context.CheckNothingUnconfirmed();
        if (_code is { IsCompleted: true })
            throw new NonDeterministicOrchestrationException("The code returned, but the history goes on.");
    }

    private ReplayContext Started() => _context ?? throw new OrchestratorStartException("The history does not begin with the start of the instance.");

    private void Conclude(OrchestratorResponse response)
    {
        if (_isTerminated)
        {
            response.Actions.Add(Complete(OrchestrationStatus.Terminated, _terminationOutput));
            return;
        }
        var context = Started();
        if (_thread.LeftThread || (_code is { IsCompleted: false } && _suspendedBy is null && !context.IsWaiting))
        {
            throw new NonDeterministicOrchestrationException(
                "The orchestrator awaits something that is not a task of its context (such as I/O, Task.Delay or Task.Run).");
        }
        if (_code is { IsFaulted: true } or { IsCanceled: true })
        {
            var error = _code.Exception?.InnerException ?? new TaskCanceledException(_code);
            response.Actions.Add(Complete(OrchestrationStatus.Failed, failure: TaskFailureDetails.FromException(error)));
            return;
        }
        response.Actions.AddRange(context.Actions.Values);
        if (_code is { IsCompletedSuccessfully: true })
            response.Actions.Add(context.Continuation is { } next ? Continue(context, next) : Complete(OrchestrationStatus.Completed, _code.Result));
    }

    private OrchestratorAction Continue(ReplayContext context, (string InputJson, ContinueAsNewOptions Options) next)
    {
        var action = Complete(OrchestrationStatus.ContinuedAsNew, next.InputJson);
        action.CompleteOrchestration.NewVersion = next.Options.NewVersion?.ToMessage();
        if (next.Options.PreserveUnprocessedEvents)
        {
            action.CompleteOrchestration.CarryoverEvents.AddRange(context.Events.Unprocessed);
            action.CompleteOrchestration.CarryoverEvents.AddRange(_whileSuspended.Where(e => e.EventTypeCase == EventCase.EventRaised));
        }
        if (_suspendedBy is not null)
            action.CompleteOrchestration.CarryoverEvents.Add(_suspendedBy);
        return action;
    }

    private OrchestratorAction Complete(OrchestrationStatus status, string? result = null, TaskFailureDetails? failure = null) => new()
    {
        Id = _context?.TakeId() ?? 0,
        CompleteOrchestration = new CompleteOrchestrationAction
        {
            OrchestrationStatus = status,
            Result = result,
            FailureDetails = failure?.ToMessage(),
        },
    };
}

/// <summary>The instance cannot even begin: its orchestrator is unknown or its history is damaged.</summary>
internal sealed class OrchestratorStartException(string message) : Exception(message);

using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Cloudreve.AzureStorage;
using Cloudreve.DurableTask.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cloudreve.DurableTask.Embedded;

/// <summary>
/// A task hub inside the process, kept in Table storage, for where no Functions host runs one. One process only for each prefix.
/// It may be killed at any point: what was committed goes on at the next start, and activities without a committed result run again.
/// Sub-orchestrations are removed once their caller has taken the result; other instances stay until they are purged.
/// </summary>
public sealed class EmbeddedTaskHub : IAsyncDisposable
{
    private readonly EmbeddedTaskHubOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly HubStore _store;
    private readonly Sessions _sessions = new();
    private readonly ActivityPool _activities;
    private readonly HubTimers _timers;
    private readonly TurnRunner _turns;
    private readonly ConcurrentDictionary<string, TaskCompletionSource<InstanceState>> _waiters = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _intake = new();
    private readonly CancellationTokenSource _abort = new();
    private Task _activityWork = Task.CompletedTask;
    private Task _orchestrationWork = Task.CompletedTask;
    private long _sequence;

    /// <summary>Creates a hub; sends nothing yet.</summary>
    /// <param name="account">Where its table and its container of large payloads are.</param>
    /// <param name="namePrefix">What their names start with.</param>
    /// <param name="dispatcher">How the app's code is reached.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <param name="logger">Where dispatch and storage failures go; null for nowhere.</param>
    public EmbeddedTaskHub(
        StorageAccount account,
        string namePrefix,
        TaskHubDispatcher dispatcher,
        EmbeddedTaskHubOptions? options = null,
        TimeProvider? timeProvider = null,
        ILogger? logger = null)
    {
        _options = options ?? new EmbeddedTaskHubOptions();
        _clock = timeProvider ?? TimeProvider.System;
        _logger = logger ?? NullLogger.Instance;
        _store = new HubStore(account, namePrefix);
        _timers = new HubTimers(_clock, _sessions.Wake);
        _activities = new ActivityPool(dispatcher, _options, _sessions, _clock, _logger);
        _turns = new TurnRunner(_store, dispatcher, _sessions, _activities, _timers, new InstanceCache(_options.CacheBytes), _clock, Announce);
    }

    /// <summary>Completes when the hub has stopped; faults when it met an error that it cannot get over, which should end the process.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Creates what is missing in storage, picks up what the process before left, and begins to work.</summary>
    /// <param name="cancellationToken">Cancels the start.</param>
    public Task StartAsync(CancellationToken cancellationToken = default) => StartAsync(_options.MaxConcurrentActivities, cancellationToken);

    /// <summary>Starts with a limit that was not known when the hub was created.</summary>
    /// <param name="maxConcurrentActivities">Activities that run at the same time, instead of what the options say.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    public async Task StartAsync(int maxConcurrentActivities, CancellationToken cancellationToken = default)
    {
        await _store.CreateAsync(cancellationToken);
        await RecoverAsync(cancellationToken);
        _activityWork = RunParallel(maxConcurrentActivities, () => _activities.WorkAsync(_intake.Token, _abort.Token));
        _orchestrationWork = RunParallel(_options.MaxConcurrentOrchestrations, RunTurnsAsync);
    }

    /// <summary>Starts nothing new, lets running work finish for a short while, and stops.</summary>
    /// <param name="cancellationToken">Ends the waiting at once.</param>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        await _intake.CancelAsync();
        await FinishAsync(_activityWork, cancellationToken);
        _sessions.Complete();
        await FinishAsync(_orchestrationWork, cancellationToken);
        await _abort.CancelAsync();
        await Task.WhenAll(_activityWork, _orchestrationWork);
        _completion.TrySetResult();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _timers.Dispose();
        _intake.Dispose();
        _abort.Dispose();
    }

    /// <summary>Starts an instance, as <see cref="DurableTaskClient.ScheduleNewOrchestrationInstanceAsync"/> does.</summary>
    /// <param name="orchestratorName">The orchestrator.</param>
    /// <param name="instanceId">The id; null for a random one.</param>
    /// <param name="inputJson">The input as JSON text; null for none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The instance's id.</returns>
    /// <exception cref="InvalidOperationException">An instance of this id has ended and was not purged.</exception>
    public async Task<string> ScheduleAsync(
        string orchestratorName, string? instanceId = null, string? inputJson = null, CancellationToken cancellationToken = default) =>
        await ScheduleAsync(new ExecutionStartedEvent { Name = orchestratorName, Input = inputJson }, instanceId, cancellationToken);

    internal async Task<string> ScheduleAsync(ExecutionStartedEvent started, string? instanceId, CancellationToken cancellationToken)
    {
        instanceId ??= Guid.NewGuid().ToString("N");
        CheckId(instanceId);
        var state = TurnRunner.NewInstance(started, instanceId, _clock.GetUtcNow());
        try
        {
            await _store.InsertAsync(state, cancellationToken);
        }
        catch (StorageExistsException e)
        {
            var existing = await _store.LoadSummaryAsync(instanceId, withStart: false, cancellationToken);
            if (existing is { IsTerminal: true })
                throw new InvalidOperationException($"The instance '{instanceId}' has ended; purge it before it is started again.", e);
        }
        Begin(state);
        return instanceId;
    }

    /// <summary>Starts an instance that has ended anew, or a copy of one.</summary>
    internal async Task<string> RestartAsync(string instanceId, bool isCopy, CancellationToken cancellationToken)
    {
        CheckId(instanceId);
        if ((await _store.LoadAsync(instanceId, cancellationToken)).State is not { } state)
            throw new InstanceNotFoundException(instanceId);
        var before = state.Start[0].ExecutionStarted;
        var started = new ExecutionStartedEvent { Name = before.Name, Version = before.Version, Input = before.Input };
        if (isCopy)
            return await ScheduleAsync(started, null, cancellationToken);
        if (state is { IsTerminal: false } or { Parent: not null } or { Outbox.Count: > 0 })
            throw new InvalidOperationException($"The instance '{instanceId}' has not ended, or belongs to another one: it cannot be started again.");
        var oldStart = InstanceKey.Start(state.Generation);
        string[] oldBlobs = [.. state.Blobs];
        var next = TurnRunner.NewInstance(started, instanceId, _clock.GetUtcNow());
        state.BeginGeneration(next.ExecutionId, next.Start);
        state.Status = next.Status;
        state.CreatedAt = next.CreatedAt;
        state.UpdatedAt = next.UpdatedAt;
        state.CustomStatus = null;
        state.Output = null;
        state.Failure = null;
        await _store.CommitAsync(state, new Commit(AddedEvents: null, BeginsGeneration: true, [oldStart], oldBlobs), cancellationToken);
        Begin(state);
        return instanceId;
    }

    internal async Task SendAsync(string instanceId, HistoryEvent message, CancellationToken cancellationToken)
    {
        var state = await FindAsync(instanceId, withInputs: false, cancellationToken) ?? throw new InstanceNotFoundException(instanceId);
        if (state.IsTerminal)
            return;
        await _store.AcceptAsync(instanceId, InstanceKey.Message(NextSequence()), message, cancellationToken);
        _sessions.NoteMessages(instanceId);
    }

    internal async Task<InstanceState?> FindAsync(string instanceId, bool withInputs, CancellationToken cancellationToken)
    {
        CheckId(instanceId);
        return await _store.LoadSummaryAsync(instanceId, withInputs, cancellationToken);
    }

    /// <summary>Waits for the end of an instance, without asking storage again and again.</summary>
    internal async Task<InstanceState> WaitAsync(string instanceId, CancellationToken cancellationToken)
    {
        // The waiter is there before the look, so an end in between is not missed.
        var waiter = _waiters.GetOrAdd(instanceId, _ => new TaskCompletionSource<InstanceState>(TaskCreationOptions.RunContinuationsAsynchronously));
        var state = await FindAsync(instanceId, withInputs: true, cancellationToken);
        if (state is null)
        {
            _waiters.TryRemove(instanceId, out _);
            throw new InstanceNotFoundException(instanceId);
        }
        if (state.IsTerminal)
            Announce(state);
        return await waiter.Task.WaitAsync(cancellationToken);
    }

    /// <summary>All instances that a query wants.</summary>
    internal async IAsyncEnumerable<InstanceState> ScanAsync(
        OrchestrationQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in _store.ScanAsync(cancellationToken))
        {
            var id = row.RequiredText("Id");
            var createdAt = row.Time("CreatedAt");
            var isWanted = (query.InstanceIdPrefix is not { } prefix || id.StartsWith(prefix, StringComparison.Ordinal))
                && (query.CreatedFrom is not { } from || createdAt >= from)
                && (query.CreatedTo is not { } to || createdAt <= to)
                && (query.Statuses is not { } statuses || statuses.Contains((OrchestrationRuntimeStatus)row.RequiredNumber("Status")));
            // One that was removed since is left out.
            if (isWanted && await _store.LoadSummaryAsync(id, query.FetchInputsAndOutputs, cancellationToken) is { } state)
                yield return state;
        }
    }

    internal async Task<bool> PurgeAsync(string instanceId, CancellationToken cancellationToken)
    {
        var state = await FindAsync(instanceId, withInputs: false, cancellationToken);
        // One with a parent is removed by the hub itself, once the parent has taken its result.
        if (state is null or { IsTerminal: false } or { Outbox.Count: > 0 } or { Parent: not null })
            return false;
        await _store.DeleteAsync(instanceId, cancellationToken);
        return true;
    }

    private void Begin(InstanceState state)
    {
        if (state.StartAt is { } at && at > _clock.GetUtcNow())
            _timers.Schedule(state.InstanceId, at);
        else
            _sessions.Wake(state.InstanceId);
    }

    private static Task RunParallel(int workers, Func<Task> work) =>
        Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(work, CancellationToken.None)));

    private static void CheckId(string instanceId)
    {
        if (!InstanceKey.IsValid(instanceId))
            throw new ArgumentException($"An instance id has 1 to {InstanceKey.MaximumIdLength} characters.", nameof(instanceId));
    }

    private async Task FinishAsync(Task work, CancellationToken cancellationToken)
    {
        try
        {
            await work.WaitAsync(_options.StopGrace, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // It had its time; the next start picks up the rest.
            await _abort.CancelAsync();
        }
    }

    private async Task RecoverAsync(CancellationToken cancellationToken)
    {
        await foreach (var row in _store.ScanActiveAsync(cancellationToken))
        {
            var id = row.RequiredText("Id");
            if (row.Bytes("Outbox") is not null || row.Text("OutboxBlob") is not null)
            {
                _turns.Withhold((await _store.LoadSummaryAsync(id, withStart: false, cancellationToken))!);
                _sessions.Wake(id);
            }
            else if (InstanceState.IsTerminalStatus((OrchestrationStatus)row.RequiredNumber("Status")))
                _turns.ReportToParent((await _store.LoadSummaryAsync(id, withStart: false, cancellationToken))!);
            else if ((row.RequiredNumber("Chunks") == 0 && row.Time("NextTimer") is null) || row.Flag("OpenCalls"))
                _sessions.Wake(id);
            if (row.Time("NextTimer") is { } next)
                _timers.Schedule(id, next);
        }
        foreach (var id in await _store.ScanInboxesAsync(cancellationToken))
            _sessions.NoteMessages(id);
    }

    private async Task RunTurnsAsync()
    {
        try
        {
            await foreach (var session in _sessions.ReadyAsync(_abort.Token))
                await RunTurnAsync(session);
        }
        catch (OperationCanceledException) when (_abort.IsCancellationRequested)
        {
            // The hub stops.
        }
        catch (Exception e)
        {
            // Not storage and not the app's code: the hub's own state cannot be trusted any more. A new process starts from what is committed.
            _logger.LogCritical(e, "The task hub has failed.");
            _completion.TrySetException(e);
            await _abort.CancelAsync();
            await _intake.CancelAsync();
        }
    }

    private async Task RunTurnAsync(Session session)
    {
        var (mails, hasMessages) = _sessions.Take(session);
        try
        {
            await _turns.RunAsync(session.InstanceId, mails, hasMessages, _abort.Token);
            session.Failures = 0;
            _sessions.Release(session);
        }
        catch (Exception e) when (e is StorageException or OrchestratorDispatchException)
        {
            session.Failures++;
            _logger.LogWarning(e, "A turn of instance {InstanceId} failed; it is tried again.", session.InstanceId);
            _sessions.PutBack(session, mails, hasMessages);
            _ = ReleaseLaterAsync(session);
        }
    }

    private async Task ReleaseLaterAsync(Session session)
    {
        try
        {
            await Task.Delay(ActivityPool.PauseAfter(_options.RetryDelay, session.Failures), _clock, _abort.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        _sessions.Release(session);
    }

    private void Announce(InstanceState ended)
    {
        if (_waiters.TryRemove(ended.InstanceId, out var waiter))
            waiter.TrySetResult(ended);
    }

    private long NextSequence()
    {
        var ticks = _clock.GetUtcNow().UtcTicks;
        while (true)
        {
            var last = Interlocked.Read(ref _sequence);
            var next = Math.Max(ticks, last + 1);
            if (Interlocked.CompareExchange(ref _sequence, next, last) == last)
                return next;
        }
    }
}

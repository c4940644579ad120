using System.Collections.Concurrent;
using System.Threading.Channels;
using Cloudreve.DurableTask.Protocol;
using Microsoft.Extensions.Logging;

namespace Cloudreve.DurableTask.Embedded;

/// <summary>A call within an execution.</summary>
internal readonly record struct CallKey(string InstanceId, string ExecutionId, int TaskId);

/// <summary>
/// Runs activities, a limited number at a time, and posts their results. Nothing is stored here: an activity whose result was not
/// committed is run again after a restart.
/// </summary>
internal sealed class ActivityPool(TaskHubDispatcher dispatcher, EmbeddedTaskHubOptions options, Sessions sessions, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(30);

    private readonly Channel<(CallKey Key, TaskScheduledEvent Call)> _calls = Channel.CreateUnbounded<(CallKey, TaskScheduledEvent)>();
    private readonly ConcurrentDictionary<CallKey, bool> _known = new();

    /// <summary>Whether a call was begun in this process and its result is not committed yet.</summary>
    public bool Knows(CallKey key) => _known.ContainsKey(key);

    /// <summary>Notes a call that others carry out.</summary>
    public void Note(CallKey key) => _known.TryAdd(key, true);

    /// <summary>Forgets a call whose result is committed.</summary>
    public void Forget(CallKey key) => _known.TryRemove(key, out _);

    /// <summary>Runs an activity unless this process does so already.</summary>
    public void Begin(CallKey key, TaskScheduledEvent call)
    {
        if (_known.TryAdd(key, true))
            _calls.Writer.TryWrite((key, call));
    }

    /// <summary>Works until <paramref name="intake"/> ends; running activities are cancelled by <paramref name="abort"/> only.</summary>
    public async Task WorkAsync(CancellationToken intake, CancellationToken abort)
    {
        try
        {
            await foreach (var (key, call) in _calls.Reader.ReadAllAsync(intake))
            {
                intake.ThrowIfCancellationRequested();
                sessions.Post(key.InstanceId, new Mail(key.ExecutionId, await RunAsync(key, call, abort)));
            }
        }
        catch (OperationCanceledException) when (intake.IsCancellationRequested || abort.IsCancellationRequested)
        {
            // The hub stops; what did not finish is run again.
        }
    }

    private async Task<HistoryEvent> RunAsync(CallKey key, TaskScheduledEvent call, CancellationToken abort)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var result = await dispatcher.ExecuteActivityAsync(call.Name, key.InstanceId, call.Input ?? "null", abort);
                return new HistoryEvent { TaskCompleted = new TaskCompletedEvent { TaskScheduledId = key.TaskId, Result = result } };
            }
            catch (Exception e) when (!abort.IsCancellationRequested)
            {
                logger.LogWarning(e, "Dispatch {Attempt} of activity {Activity} of instance {InstanceId} failed.", attempt, call.Name, key.InstanceId);
                if (attempt >= options.MaxActivityDispatches)
                {
                    var failure = TaskFailureDetails.FromException(e).ToMessage();
                    return new HistoryEvent { TaskFailed = new TaskFailedEvent { TaskScheduledId = key.TaskId, FailureDetails = failure } };
                }
            }
            await Task.Delay(PauseAfter(options.RetryDelay, attempt), clock, abort);
        }
    }

    /// <summary>The pause after a number of failures in a row.</summary>
    public static TimeSpan PauseAfter(TimeSpan first, int failures)
    {
        var pause = first * Math.Pow(2, Math.Min(failures - 1, 10));
        return pause < s_longestPause ? pause : s_longestPause;
    }
}

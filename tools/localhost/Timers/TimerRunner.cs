using Cloudreve.LocalHost.Protocol;
using Cloudreve.LocalHost.Workers;
using Microsoft.Extensions.Logging;

namespace Cloudreve.LocalHost.Timers;

/// <summary>Runs all timer functions of an app.</summary>
internal sealed class TimerRunner(
    FunctionInvoker invoker, IScheduleStore store, HostSettings settings, TimeProvider clock, ILogger logger)
{
    /// <summary>Runs the timers among some functions until it is told to stop.</summary>
    /// <exception cref="LocalHostException">A schedule cannot be read.</exception>
    public Task RunAsync(IEnumerable<FunctionDefinition> functions, CancellationToken cancellationToken)
    {
        var timers = functions
            .Where(function => function.IsTriggeredBy("timerTrigger"))
            .Select(function => (Function: function, Schedule: ReadSchedule(function)))
            .ToList();
        return Task.WhenAll(timers.Select(timer =>
        {
            // As in the real host, such a timer has no status.
            var kept = timer.Schedule.IsFrequent(clock.GetUtcNow()) ? null : store;
            var run = new FunctionTimer(
                timer.Function.Name, timer.Schedule, kept, (value, token) => InvokeAsync(timer.Function.Name, value, token), clock, logger);
            return run.RunAsync(bool.TryParse(timer.Function.Setting("runOnStartup"), out var atStart) && atStart, cancellationToken);
        }));
    }

    private TimerSchedule ReadSchedule(FunctionDefinition function) =>
        TimerSchedule.Parse(function.Name, settings.Expand(function.Setting("schedule")));

    private async Task InvokeAsync(string function, string value, CancellationToken cancellationToken)
    {
        var invocation = new FunctionInvocation(function, new TypedData { String = value });
        await invoker.RunAsync(invocation, $"Timer fired at {clock.GetUtcNow():O}", cancellationToken);
    }
}

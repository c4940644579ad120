using Microsoft.Azure.Functions.Worker;

namespace Cloudreve.LocalHost.TestApp;

public sealed class TimerFunctions(Journal journal)
{
    [Function("Tick")]
    public Task Tick([TimerTrigger("%TICK_SCHEDULE%")] TimerInfo timer, CancellationToken cancellationToken) =>
        journal.WriteAsync($"tick-{Guid.NewGuid():N}", $"{timer.IsPastDue}", cancellationToken);
}

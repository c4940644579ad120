using Cloudreve.AzureStorage.Queues;
using Cloudreve.Core.Tables;
using Cloudreve.Functions.Hosting.Bindings;

namespace Cloudreve.Functions.Hosting.Local;

/// <summary>
/// The Functions host of the standalone mode: fires timers, feeds functions from their queues and watches the blobs to import.
/// One process only may run it on a storage account and prefix.
/// </summary>
internal sealed class LocalHost(
    StorageLayout layout, TriggerFunctions functions, LocalInvoker invoker, OutputDelivery outputs, TimeProvider clock, ILogger<LocalHost> logger) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await layout.LocalHost.CreateIfNotExistsAsync(stoppingToken);
        var imports = layout.Container(layout.ImportsContainerName);
        await imports.CreateIfNotExistsAsync(stoppingToken);
        var events = await QueueAsync(layout.BlobEventsQueueName, stoppingToken);
        var work = new List<Task>
        {
            new ImportsLister(imports, StorageLayout.ImportsPrefix, events, layout.LocalHost, clock, logger).RunAsync(stoppingToken),
        };
        foreach (var function in functions.All)
        {
            switch (function.Trigger)
            {
                case QueueTrigger trigger:
                    work.Add(PollAsync(function, trigger, await QueueAsync(trigger.QueueName, stoppingToken), stoppingToken));
                    break;
                case TimerTrigger trigger:
                    work.Add(FireAsync(function, trigger, stoppingToken));
                    break;
            }
        }
        await Task.WhenAll(work);
    }

    private async Task<MessageQueue> QueueAsync(string name, CancellationToken cancellationToken)
    {
        var queue = layout.Queue(name);
        await queue.CreateIfNotExistsAsync(cancellationToken);
        return queue;
    }

    private Task PollAsync(TriggerFunction function, QueueTrigger trigger, MessageQueue queue, CancellationToken cancellationToken) =>
        new QueuePoller(
            queue,
            layout.Queue(trigger.QueueName + QueuePoller.PoisonSuffix),
            (message, token) => RunAsync(function, PayloadWriter.Queue(trigger.Name, message), token),
            clock,
            logger).RunAsync(cancellationToken);

    private Task FireAsync(TriggerFunction function, TimerTrigger trigger, CancellationToken cancellationToken) =>
        new LocalTimer(
            function.Name,
            trigger.Schedule,
            layout.LocalHost,
            (state, token) => RunAsync(function, PayloadWriter.Timer(trigger.Name, state), token),
            clock,
            logger).RunAsync(cancellationToken);

    private async Task RunAsync(TriggerFunction function, byte[] payload, CancellationToken cancellationToken) =>
        await outputs.DeliverAsync(function, await invoker.InvokeAsync(function, payload, cancellationToken), cancellationToken);
}

using Cloudreve.AzureStorage.Queues;
using Cloudreve.Core.Bootstrap;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Tables;
using Cloudreve.DurableTask.Embedded;
using Cloudreve.Functions.Hosting.Bindings;

namespace Cloudreve.Functions.Hosting.Local;

/// <summary>
/// The Functions host of the standalone mode: runs the task hub, fires timers, feeds functions from their queues and watches the
/// blobs to import.
/// One process only may run it on a storage account and prefix.
/// </summary>
internal sealed class LocalHost(
    StorageLayout layout,
    TriggerFunctions functions,
    LocalInvoker invoker,
    OutputDelivery outputs,
    EmbeddedTaskHub hub,
    SiteBootstrap bootstrap,
    SettingStore settings,
    TimeProvider clock,
    ILogger<LocalHost> logger) : BackgroundService
{
    // Each may hold a listing page in memory.
    private const int MaxWorkers = 256;

    private static readonly TimeSpan PauseAfterFault = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await hub.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Off the caller's thread: the app must listen at once.
        await Task.Yield();
        await bootstrap.EnsureAsync(stoppingToken);
        var workers = (await settings.GetAsync(stoppingToken)).Get(SiteSetting.HeavyWorkers);
        await hub.StartAsync((int)Math.Min(workers, MaxWorkers), stoppingToken);
        var work = Task.WhenAll(Work().Select(part => KeepRunningAsync(part, stoppingToken)));
        // A hub that cannot go on ends the process: the next one picks up what it left.
        await await Task.WhenAny(work, hub.Completion);
        await work;
    }

    private IEnumerable<Func<CancellationToken, Task>> Work()
    {
        yield return ListAsync;
        foreach (var function in functions.All)
        {
            switch (function.Trigger)
            {
                case QueueTrigger trigger:
                    yield return token => PollAsync(function, trigger, token);
                    break;
                case TimerTrigger trigger:
                    yield return token => FireAsync(function, trigger, token);
                    break;
            }
        }
    }

    private async Task KeepRunningAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await work(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                logger.LogError("The local host starts a part of it again: {Reason}", e.Message);
                await Task.Delay(PauseAfterFault, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        var imports = layout.Container(layout.ImportsContainerName);
        await imports.CreateIfNotExistsAsync(cancellationToken);
        await layout.LocalHost.CreateIfNotExistsAsync(cancellationToken);
        var events = await QueueAsync(layout.BlobEventsQueueName, cancellationToken);
        await new ImportsLister(imports, StorageLayout.ImportsPrefix, events, layout.LocalHost, clock, logger).RunAsync(cancellationToken);
    }

    private async Task<MessageQueue> QueueAsync(string name, CancellationToken cancellationToken)
    {
        var queue = layout.Queue(name);
        await queue.CreateIfNotExistsAsync(cancellationToken);
        return queue;
    }

    private async Task PollAsync(TriggerFunction function, QueueTrigger trigger, CancellationToken cancellationToken)
    {
        var poller = new QueuePoller(
            await QueueAsync(trigger.QueueName, cancellationToken),
            layout.Queue(trigger.QueueName + QueuePoller.PoisonSuffix),
            QueueSettings.Current,
            (message, token) => RunAsync(function, PayloadWriter.Queue(trigger.Name, message, function.Clients), token),
            clock,
            logger);
        await poller.RunAsync(cancellationToken);
    }

    private async Task FireAsync(TriggerFunction function, TimerTrigger trigger, CancellationToken cancellationToken)
    {
        await layout.LocalHost.CreateIfNotExistsAsync(cancellationToken);
        var timer = new LocalTimer(
            function.Name,
            trigger.Schedule,
            layout.LocalHost,
            (state, token) => RunAsync(function, PayloadWriter.Timer(trigger.Name, state, function.Clients), token),
            clock,
            logger);
        await timer.RunAsync(cancellationToken);
    }

    private async Task RunAsync(TriggerFunction function, byte[] payload, CancellationToken cancellationToken) =>
        await outputs.DeliverAsync(function, await invoker.InvokeAsync(function, payload, cancellationToken), cancellationToken);
}

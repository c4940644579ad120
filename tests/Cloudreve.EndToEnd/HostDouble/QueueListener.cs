using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Queues;

namespace Cloudreve.EndToEnd.HostDouble;

/// <summary>Feeds a function from its queue: a number of attempts at each message, then the poison queue.</summary>
internal sealed class QueueListener(
    HostedFunction function, StorageAccount storage, QueueOptions options, FunctionInvoker invoker, OutputBindings outputs, DurableClientInput client,
    Action<string> log)
{
    // The host renews it while the function runs; no function of a test runs as long.
    private static readonly TimeSpan s_lease = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_shortestPause = TimeSpan.FromMilliseconds(100);

    private readonly MessageQueue _queue = storage.Queue(function.Trigger.Text("queueName"));

    /// <summary>Polls until cancelled; messages in work are then given back.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var working = new HashSet<Task>();
        var pause = s_shortestPause;
        while (!cancellationToken.IsCancellationRequested)
        {
            working.RemoveWhere(task => task.IsCompletedSuccessfully);
            if (working.Count > options.NewBatchThreshold)
            {
                await await Task.WhenAny(working);
                continue;
            }
            var batch = await ReceiveAsync(cancellationToken);
            working.UnionWith(batch.Select(message => ProcessAsync(message, cancellationToken)));
            pause = batch.Count > 0 ? s_shortestPause : TimeSpan.FromTicks(Math.Min((pause * 2).Ticks, options.MaxPollingInterval.Ticks));
            if (batch.Count == 0)
                await Task.Delay(pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await Task.WhenAll(working);
    }

    private async Task<IReadOnlyList<QueueMessage>> ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _queue.ReceiveAsync(options.BatchSize, s_lease, cancellationToken);
        }
        catch (StorageNotFoundException)
        {
            // The queue is made later; a host does not make it.
            return [];
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return [];
        }
    }

    // What was received is settled also when the host stops.
    private async Task ProcessAsync(QueueMessage message, CancellationToken cancellationToken)
    {
        if (await TryInvokeAsync(message, cancellationToken))
            await _queue.DeleteAsync(message, CancellationToken.None);
        else if (message.DequeueCount < options.MaxDequeueCount)
            await _queue.PostponeAsync(message, options.VisibilityTimeout, CancellationToken.None);
        else
            await BuryAsync(message);
    }

    private async Task<bool> TryInvokeAsync(QueueMessage message, CancellationToken cancellationToken)
    {
        var result = await invoker.InvokeAsync(function, TriggerPayload.Queue(function, message, client), cancellationToken);
        if (result is not InvocationResult.Succeeded succeeded)
        {
            log($"{function.Name}, attempt {message.DequeueCount} at message {message.Id}: {result}");
            return false;
        }
        try
        {
            await outputs.DeliverAsync(function, succeeded, CancellationToken.None);
            return true;
        }
        catch (InvalidOperationException e)
        {
            log($"{function.Name}, attempt {message.DequeueCount} at message {message.Id}: {e.Message}");
            return false;
        }
    }

    private async Task BuryAsync(QueueMessage message)
    {
        var poison = storage.Queue(_queue.Name + "-poison");
        await poison.CreateIfNotExistsAsync(CancellationToken.None);
        await poison.SendAsync(message.Body, cancellationToken: CancellationToken.None);
        await _queue.DeleteAsync(message, CancellationToken.None);
    }
}

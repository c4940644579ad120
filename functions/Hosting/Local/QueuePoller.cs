using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Queues;

namespace Cloudreve.Functions.Hosting.Local;

/// <summary>What a queue's messages are passed to. A throw counts as a failed attempt.</summary>
/// <param name="message">The message.</param>
/// <param name="cancellationToken">Ends with the host.</param>
internal delegate Task MessageHandler(QueueMessage message, CancellationToken cancellationToken);

/// <summary>
/// Feeds a function from its queue with the platform's semantics: batches, the next one when most of the last is done, some attempts
/// with pauses between, and then the poison queue.
/// </summary>
internal sealed class QueuePoller(
    MessageQueue queue, MessageQueue poison, QueueSettings settings, MessageHandler handler, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan Visibility = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);

    /// <summary>The suffix that the platform gives the queue of messages that failed too often.</summary>
    public const string PoisonSuffix = "-poison";

    /// <summary>Polls until cancelled, then lets running functions see the cancellation.</summary>
    /// <param name="cancellationToken">Ends the polling.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var running = new HashSet<Task>();
        var pause = ShortestPause;
        try
        {
            while (true)
            {
                running.RemoveWhere(task => task.IsCompleted);
                if (running.Count > settings.NewBatchThreshold)
                {
                    await Task.WhenAny(running);
                    continue;
                }
                var batch = await ReceiveAsync(cancellationToken);
                running.UnionWith(batch.Select(message => ProcessAsync(message, cancellationToken)));
                pause = batch.Count > 0 ? ShortestPause : Shorter(pause * 2, settings.MaxPollingInterval);
                if (batch.Count == 0)
                    await Task.Delay(pause, clock, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await Task.WhenAll(running);
        }
    }

    /// <summary>Receives one batch and works it off.</summary>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>How many messages there were.</returns>
    public async Task<int> RunBatchAsync(CancellationToken cancellationToken)
    {
        var batch = await ReceiveAsync(cancellationToken);
        await Task.WhenAll(batch.Select(message => ProcessAsync(message, cancellationToken)));
        return batch.Count;
    }

    private async Task<IReadOnlyList<QueueMessage>> ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await queue.ReceiveAsync(settings.BatchSize, Visibility, cancellationToken);
        }
        catch (StorageException e)
        {
            logger.LogWarning("Queue {Queue} cannot be read: {Reason}", queue.Name, e.Message);
            return [];
        }
    }

    private async Task ProcessAsync(QueueMessage message, CancellationToken cancellationToken)
    {
        try
        {
            await using var lease = new MessageLease(queue, message, Visibility, clock);
            // Beyond the last attempt: the process died during it.
            if (message.DequeueCount > settings.MaxDequeueCount || !await TryHandleAsync(message, lease, cancellationToken))
                await BuryAsync(message, lease);
        }
        catch (StorageException e)
        {
            // The message stays in the queue and shows up again.
            logger.LogWarning("Message {Message} of {Queue} cannot be settled: {Reason}", message.Id, queue.Name, e.Message);
        }
    }

    /// <returns>False when that was the last attempt.</returns>
    private async Task<bool> TryHandleAsync(QueueMessage message, MessageLease lease, CancellationToken cancellationToken)
    {
        try
        {
            await handler(message, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await lease.ReleaseAsync(TimeSpan.Zero, CancellationToken.None);
            return true;
        }
        catch (Exception e)
        {
            logger.LogError(e, "Attempt {Attempt} at message {Message} of {Queue} failed", message.DequeueCount, message.Id, queue.Name);
            if (message.DequeueCount >= settings.MaxDequeueCount)
                return false;
            await lease.ReleaseAsync(settings.VisibilityTimeout, CancellationToken.None);
            return true;
        }
        await lease.CompleteAsync(CancellationToken.None);
        return true;
    }

    private async Task BuryAsync(QueueMessage message, MessageLease lease)
    {
        await poison.CreateIfNotExistsAsync(CancellationToken.None);
        await poison.SendAsync(message.Body, cancellationToken: CancellationToken.None);
        await lease.CompleteAsync(CancellationToken.None);
        logger.LogError("Message {Message} of {Queue} failed {Attempts} times and is in {Poison} now", message.Id, queue.Name, settings.MaxDequeueCount, poison.Name);
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}

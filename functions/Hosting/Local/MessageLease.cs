using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Queues;

namespace Cloudreve.Functions.Hosting.Local;

/// <summary>Holds a received message hidden from others for as long as its work takes.</summary>
internal sealed class MessageLease : IAsyncDisposable
{
    private readonly MessageQueue _queue;
    private readonly TimeSpan _visibility;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _renewal;
    private QueueMessage _message;

    /// <summary>Starts to renew the message's invisibility at half of each period.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="message">The message as received.</param>
    /// <param name="visibility">How long a receipt or renewal hides it.</param>
    /// <param name="clock">The clock.</param>
    public MessageLease(MessageQueue queue, QueueMessage message, TimeSpan visibility, TimeProvider clock)
    {
        (_queue, _message, _visibility, _clock) = (queue, message, visibility, clock);
        _renewal = RenewAsync();
    }

    /// <summary>Ends the renewal and deletes the message. One that another receiver took over in between stays with it.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await EndRenewalAsync();
        try
        {
            await _queue.DeleteAsync(_message, cancellationToken);
        }
        catch (StorageNotFoundException)
        {
            // The receipt is void: the message is another receiver's, or gone.
        }
    }

    /// <summary>Ends the renewal and shows the message to everybody again, after a pause.</summary>
    /// <param name="pause">How long it stays hidden.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task ReleaseAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        await EndRenewalAsync();
        try
        {
            await _queue.PostponeAsync(_message, pause, cancellationToken);
        }
        catch (StorageNotFoundException)
        {
            // The receipt is void: the message is another receiver's, or gone.
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await EndRenewalAsync();
        _ended.Dispose();
    }

    private async Task EndRenewalAsync()
    {
        await _ended.CancelAsync();
        await _renewal;
    }

    private async Task RenewAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(_visibility / 2, _clock, _ended.Token);
                // Not cancelled half-way: the new receipt would be lost with the answer.
                _message = await _queue.PostponeAsync(_message, _visibility, CancellationToken.None);
            }
        }
        catch (OperationCanceledException)
        {
            // The work is done.
        }
        catch (StorageException)
        {
            // The message shows up again when its time is over, and is worked on twice: functions are idempotent.
        }
    }
}

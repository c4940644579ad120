using Azure.Storage.Queues;

namespace Cloudreve.AzureStorage.Queues;

/// <summary>A received message, hidden from others until its visibility timeout ends.</summary>
/// <param name="Id">The service's id of the message.</param>
/// <param name="PopReceipt">The token that deletes or updates this receipt of it; changes with every receipt and update.</param>
/// <param name="Body">The text.</param>
/// <param name="DequeueCount">Number of times it has been received, this time included.</param>
/// <param name="InsertedOn">The time it was sent.</param>
/// <param name="ExpiresOn">The time the service drops it.</param>
/// <param name="NextVisibleOn">The time it becomes visible again.</param>
public sealed record QueueMessage(
    string Id, string PopReceipt, string Body, long DequeueCount, DateTimeOffset? InsertedOn, DateTimeOffset? ExpiresOn, DateTimeOffset? NextVisibleOn);

/// <summary>
/// A queue of text messages (base64 on the wire, as the Functions host expects by default). Every method is one billed request.
/// Errors are those of <see cref="StorageException"/>'s subtypes.
/// </summary>
public sealed class MessageQueue
{
    private readonly QueueClient _client;

    internal MessageQueue(QueueClient client) => _client = client;

    /// <summary>The queue's name.</summary>
    public string Name => _client.Name;

    /// <summary>Creates the queue unless it exists.</summary>
    public Task CreateIfNotExistsAsync(CancellationToken cancellationToken = default) =>
        CallAsync(async () => await _client.CreateIfNotExistsAsync(cancellationToken: cancellationToken));

    /// <summary>Sends a message that never expires.</summary>
    /// <param name="body">The text, at most 48 KiB.</param>
    /// <param name="delay">The time that it stays invisible at first; null for none. At most seven days.</param>
    public Task SendAsync(string body, TimeSpan? delay = null, CancellationToken cancellationToken = default) =>
        CallAsync(async () => await _client.SendMessageAsync(body, delay, TimeSpan.FromSeconds(-1), cancellationToken));

    /// <summary>Receives up to 32 messages and hides them from others.</summary>
    /// <param name="max">1 to 32.</param>
    /// <param name="visibilityTimeout">The time that they stay hidden.</param>
    public Task<IReadOnlyList<QueueMessage>> ReceiveAsync(int max, TimeSpan visibilityTimeout, CancellationToken cancellationToken = default) =>
        CallAsync<IReadOnlyList<QueueMessage>>(async () =>
        {
            var answer = (await _client.ReceiveMessagesAsync(max, visibilityTimeout, cancellationToken)).Value;
            return
            [
                .. answer.Select(m => new QueueMessage(
                    m.MessageId, m.PopReceipt, m.Body.ToString(), m.DequeueCount, m.InsertedOn, m.ExpiresOn, m.NextVisibleOn)),
            ];
        });

    /// <summary>Deletes a received message.</summary>
    public Task DeleteAsync(QueueMessage message, CancellationToken cancellationToken = default) =>
        CallAsync(async () => await _client.DeleteMessageAsync(message.Id, message.PopReceipt, cancellationToken));

    /// <summary>Changes when a received message becomes visible again.</summary>
    /// <param name="visibilityTimeout">From now.</param>
    /// <returns>The message with its new receipt.</returns>
    public Task<QueueMessage> PostponeAsync(QueueMessage message, TimeSpan visibilityTimeout, CancellationToken cancellationToken = default) =>
        CallAsync(async () =>
        {
            var answer = (await _client.UpdateMessageAsync(
                message.Id, message.PopReceipt, visibilityTimeout: visibilityTimeout, cancellationToken: cancellationToken)).Value;
            return message with { PopReceipt = answer.PopReceipt, NextVisibleOn = answer.NextVisibleOn };
        });

    private Task CallAsync(Func<Task> call) => StorageErrors.GuardAsync(Name, call);

    private Task<T> CallAsync<T>(Func<Task<T>> call) => StorageErrors.GuardAsync(Name, call);
}

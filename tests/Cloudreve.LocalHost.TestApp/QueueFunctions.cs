using Azure.Storage.Queues.Models;
using Microsoft.Azure.Functions.Worker;

namespace Cloudreve.LocalHost.TestApp;

public sealed class QueueFunctions(Journal journal)
{
    [Function("TakeText")]
    public async Task TakeText([QueueTrigger("%TEXT_QUEUE%")] string message, FunctionContext context, CancellationToken cancellationToken)
    {
        if (message.StartsWith("fail", StringComparison.Ordinal))
        {
            await journal.WriteAsync($"failing-{message}", context.BindingContext.BindingData["DequeueCount"]?.ToString(), cancellationToken);
            throw new InvalidOperationException($"It fails: {message}");
        }
        await journal.WriteAsync($"text-{message}", context.FunctionDefinition.Name, cancellationToken);
    }

    [Function("TakeMessage")]
    public Task TakeMessage([QueueTrigger("messages")] QueueMessage message, CancellationToken cancellationToken) =>
        journal.WriteAsync($"message-{message.Body}", message.MessageId, cancellationToken);

    [Function("TakeDisabled")]
    public Task TakeDisabled([QueueTrigger("disabled")] string message, CancellationToken cancellationToken) =>
        journal.WriteAsync($"disabled-{message}", "", cancellationToken);
}

using Cloudreve.Core.Identity.AccountMails;
using Cloudreve.Core.Tables;
using Cloudreve.Functions.Hosting;
using Cloudreve.Functions.Hosting.Bindings;
using Cloudreve.Functions.Hosting.Invocation;

namespace Cloudreve.Functions.Triggers;

/// <summary>Sends the mails of the mail queue. When the mail server fails the invocation does, and the host hands the message out again.</summary>
internal static class SendMailFunction
{
    /// <summary>The function's name.</summary>
    public const string Name = "SendMail";

    private const string Message = "message";

    /// <summary>Creates the function.</summary>
    /// <param name="layout">The queue's name.</param>
    public static TriggerFunction Create(StorageLayout layout) =>
        new(Name, new QueueTrigger(Message, layout.MailsQueueName), async (request, services, cancellationToken) =>
        {
            await services.GetRequiredService<AccountMailer>().SendAsync(request.Text(Message), cancellationToken);
            return InvocationResponse.Done;
        });
}

using Cloudreve.Core.Accounts.AccountMails;
using Cloudreve.Functions.Startup;

namespace Cloudreve.Functions.Triggers.Queues;

/// <summary>Sends the mails of the mail queue.</summary>
internal sealed class SendMailFunction(AccountMailer mailer)
{
    /// <summary>Sends one mail. When the mail server fails, so does the invocation, and the host retries.</summary>
    [Function("SendMail")]
    public Task RunAsync([QueueTrigger(TriggerSettings.Prefix + "-mails")] string message, CancellationToken cancellationToken) =>
        mailer.SendAsync(message, cancellationToken);
}

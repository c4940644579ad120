using Cloudreve.EndToEnd.Sites;
using Xunit;

namespace Cloudreve.EndToEnd.Triggers;

[Collection(EventDrivenSiteCollection.Name)]
public sealed class QueueTests(EventDrivenSite shared)
{
    private readonly Site _site = shared.Site;

    [Fact]
    public async Task A_mail_that_fails_five_times_is_in_the_poison_queue_and_in_the_log()
    {
        await _site.Client.ChangeSettingAsync("smtpHost", "127.0.0.1");
        await _site.Client.ChangeSettingAsync("smtpPort", "1");
        await _site.Client.ChangeSettingAsync("fromAdress", "site@example.com");

        await _site.Client.PostAsync("user/reset", new { email = SiteClient.AdminEmail });

        await PoisonQueue.AwaitAsync(_site, _site.Layout.MailsQueueName + "-poison", "user");
        Assert.Empty(await _site.Storage.Queue(_site.Layout.MailsQueueName).ReceiveAsync(1, TimeSpan.FromSeconds(1)));
        Assert.Equal(5, _site.Host.Count("Executed 'Functions.SendMail' (Failed"));
        Assert.Contains($"Message has reached MaxDequeueCount of 5. Moving message to queue '{_site.Layout.MailsQueueName}-poison'.", _site.Host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_that_is_no_mail_and_one_that_is_no_file_are_dropped()
    {
        foreach (var queue in (string[])[_site.Layout.MailsQueueName, _site.Layout.ThumbnailsQueueName])
            await _site.Storage.Queue(queue).SendAsync("not understood");

        await _site.EventuallyAsync(() => Task.FromResult(_site.Host.Count("Executed 'Functions.GenerateThumbnail' (Succeeded") == 1));
        await _site.EventuallyAsync(() => Task.FromResult(_site.Host.Count("Executed 'Functions.SendMail' (Succeeded") == 1));
    }
}

using Cloudreve.EndToEnd.Sites;

namespace Cloudreve.EndToEnd.Triggers;

/// <summary>Reads the queues of messages that have failed too often.</summary>
internal static class PoisonQueue
{
    /// <summary>Waits for a message that contains a text, and removes it from its queue.</summary>
    /// <returns>The whole message.</returns>
    public static async Task<string> AwaitAsync(Site site, string name, string text)
    {
        var queue = site.Storage.Queue(name);
        await queue.CreateIfNotExistsAsync();
        string? found = null;
        await site.EventuallyAsync(async () =>
        {
            var messages = await queue.ReceiveAsync(32, TimeSpan.FromSeconds(1));
            found ??= messages.FirstOrDefault(message => message.Body.Contains(text, StringComparison.Ordinal))?.Body;
            return found is not null;
        });
        return found!;
    }
}

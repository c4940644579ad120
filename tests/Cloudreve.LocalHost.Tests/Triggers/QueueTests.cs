using Cloudreve.LocalHost.Tests.Processes;
using Xunit;

namespace Cloudreve.LocalHost.Tests.Triggers;

[Collection(RunningHostCollection.Name)]
public sealed class QueueTests(RunningHost running)
{
    [Fact]
    public async Task A_message_runs_its_function()
    {
        var queue = await running.Storage.QueueAsync("texts");
        await queue.SendMessageAsync("one");
        Assert.Equal("TakeText", await running.Storage.AwaitEntryAsync("text-one"));
        await running.Host.AwaitLineAsync("Executed 'Functions.TakeText' (Succeeded, Id=");
    }

    [Fact]
    public async Task A_function_bound_to_the_message_gets_all_of_it()
    {
        var queue = await running.Storage.QueueAsync("messages");
        var sent = await queue.SendMessageAsync("whole");
        Assert.Equal(sent.Value.MessageId, await running.Storage.AwaitEntryAsync("message-whole"));
    }

    [Fact]
    public async Task A_message_that_always_fails_ends_in_the_poison_queue()
    {
        var queue = await running.Storage.QueueAsync("texts");
        await queue.SendMessageAsync("fail-1");
        var poison = await running.Storage.QueueAsync("texts-poison");
        await Until.TrueAsync(async () => (await poison.PeekMessageAsync()).Value is not null, "poison message");
        Assert.Equal("fail-1", (await poison.PeekMessageAsync()).Value.Body.ToString());
        Assert.Equal("3", await running.Storage.AwaitEntryAsync("failing-fail-1"));
        await running.Host.AwaitLineAsync("Executed 'Functions.TakeText' (Failed, Id=");
    }

    [Fact]
    public async Task A_disabled_function_does_not_run()
    {
        var queue = await running.Storage.QueueAsync("disabled");
        await queue.SendMessageAsync("one");
        await Task.Delay(TimeSpan.FromSeconds(2));
        Assert.Empty(await running.Storage.ListEntriesAsync("disabled-"));
    }
}

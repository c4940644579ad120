using Cloudreve.AzureStorage.Blobs;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Proxies;
using Xunit;

namespace Cloudreve.AzureStorage.Tests;

/// <summary>The cost of storage that is slow or silent to those who wait, and to those who have nothing to do with it.</summary>
public sealed class StorageLimitTests(AzuriteServer azurite)
{
    // As many as the connections that both kinds once shared in a process.
    private const int Readers = 70;

    private static readonly TimeSpan Safety = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_request_that_vanishes_is_sent_again_on_another_connection()
    {
        await using var proxy = await StorageProxy.StartAsync(azurite.ConnectionString);
        var table = Connect(proxy).Table(AzuriteServer.UniqueName());
        await table.CreateIfNotExistsAsync();
        await table.InsertAsync(new Row("a", "b"));
        var requests = 0;
        using var outage = proxy.Fail(NetworkFault.Silence, _ => requests++ == 0);

        Assert.NotNull(await table.FindAsync("a", "b").WaitAsync(Safety));

        Assert.Equal(1, outage.Requests);
    }

    [Fact]
    public async Task A_storage_that_stays_silent_is_unavailable_in_the_end()
    {
        await using var proxy = await StorageProxy.StartAsync(azurite.ConnectionString);
        using var outage = proxy.Fail(NetworkFault.Silence);

        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => Connect(proxy).Table("nowhere").FindAsync("a", "b").WaitAsync(Safety));

        Assert.Contains("nowhere", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_who_leaves_does_not_see_that_storage_is_down()
    {
        await using var proxy = await StorageProxy.StartAsync(azurite.ConnectionString);
        using var outage = proxy.Fail(NetworkFault.Silence);
        using var leaving = new CancellationTokenSource();

        var reading = Connect(proxy).Table("nowhere").FindAsync("a", "b", leaving.Token);
        await outage.Struck.WaitAsync(Safety);
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(Safety));
    }

    [Fact]
    public async Task Readers_who_hold_on_to_content_leave_metadata_and_each_other_their_connections()
    {
        var container = azurite.Connect().Container(AzuriteServer.UniqueName());
        await container.CreateIfNotExistsAsync();
        await container.WriteAsync("large", BinaryData.FromBytes(new byte[8 << 20]));
        var held = new List<BlobContent>();
        for (var i = 0; i < Readers; i++)
            held.Add(await container.OpenReadAsync("large").WaitAsync(Safety));

        Assert.NotNull(await container.FindAsync("large").WaitAsync(Safety));

        foreach (var blob in held)
            await blob.Content.DisposeAsync();
    }

    [Fact]
    public async Task Content_is_written_as_it_is_and_may_be_sent_again()
    {
        await using var proxy = await StorageProxy.StartAsync(azurite.ConnectionString);
        var container = Connect(proxy).Container(AzuriteServer.UniqueName());
        await container.CreateIfNotExistsAsync();
        var content = new byte[3 << 20];
        Random.Shared.NextBytes(content);
        var requests = 0;
        using var outage = proxy.Fail(NetworkFault.Reset, _ => requests++ == 0);

        await container.WriteAsync("blob", BinaryData.FromBytes(content));

        Assert.Equal(content, await container.ReadAsync("blob"));
        Assert.Equal(1, outage.Requests);
    }

    private static StorageAccount Connect(StorageProxy proxy) =>
        new(new StorageAccountOptions { ConnectionString = proxy.ConnectionString, RetryDelay = TimeSpan.FromMilliseconds(5) });
}

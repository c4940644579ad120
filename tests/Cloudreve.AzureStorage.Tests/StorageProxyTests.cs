using Cloudreve.AzureStorage.Blobs;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Proxies;
using Xunit;

namespace Cloudreve.AzureStorage.Tests;

/// <summary>Tests that the faults that other tests rely on do what their names say.</summary>
public sealed class StorageProxyTests(AzuriteServer azurite)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_request_without_a_fault_passes_and_is_counted()
    {
        await using var proxy = await StorageProxy.StartAsync(azurite.ConnectionString);
        var table = await CreateTableAsync(Connect(proxy));

        await table.InsertAsync(new Row("a b", "%é") { ["x"] = 1 });

        Assert.Equal(1, proxy.Counts[$"table POST {table.Name}"]);
    }

    [Fact]
    public async Task A_silent_storage_answers_nothing_until_the_outage_ends()
    {
        await using var proxy = await StorageProxy.StartAsync(azurite.ConnectionString);
        var table = await CreateTableAsync(Connect(proxy));
        using var outage = proxy.Fail(NetworkFault.Silence, request => request.IsFor(table.Name));

        var insertion = table.InsertAsync(new Row("a", "b"));
        await outage.Struck.WaitAsync(Timeout);
        Assert.False(insertion.IsCompleted);
        outage.Dispose();

        await insertion.WaitAsync(Timeout);
        Assert.Equal(1, outage.Requests);
    }

    [Fact]
    public async Task A_held_request_continues_when_the_outage_ends()
    {
        await using var proxy = await StorageProxy.StartAsync(azurite.ConnectionString);
        var table = await CreateTableAsync(Connect(proxy));
        using var outage = proxy.Fail(NetworkFault.Hold, request => request.IsFor(table.Name));

        var insertion = table.InsertAsync(new Row("a", "b"));
        await outage.Struck.WaitAsync(Timeout);
        outage.Dispose();

        await insertion.WaitAsync(Timeout);
        Assert.Equal(1, proxy.Counts[$"table POST {table.Name}"]);
    }

    [Theory]
    [InlineData(NetworkFault.Reset, false)]
    [InlineData(NetworkFault.Unavailable, false)]
    [InlineData(NetworkFault.AnswerLost, true)]
    public async Task A_request_that_fails_has_the_effect_that_the_fault_says(NetworkFault fault, bool hasEffect)
    {
        await using var proxy = await StorageProxy.StartAsync(azurite.ConnectionString);
        var table = await CreateTableAsync(Connect(proxy, maxRetries: 0));

        using (proxy.Fail(fault))
            await Assert.ThrowsAsync<StorageUnavailableException>(() => table.InsertAsync(new Row("a", "b")));

        Assert.Equal(hasEffect, await table.FindAsync("a", "b") is not null);
    }

    [Fact]
    public async Task A_stalled_body_is_read_on_when_its_connection_has_broken()
    {
        await using var proxy = await StorageProxy.StartAsync(azurite.ConnectionString);
        var container = Connect(proxy).Container(AzuriteServer.UniqueName());
        await container.CreateIfNotExistsAsync();
        var content = new byte[100_000];
        Random.Shared.NextBytes(content);
        await container.WriteAsync("blob", BinaryData.FromBytes(content));
        using var outage = proxy.Fail(NetworkFault.StalledBody, request => request.Operation.StartsWith("GET ", StringComparison.Ordinal));

        var read = ReadAsync(container);
        await outage.Struck.WaitAsync(Timeout);
        outage.Dispose();

        Assert.Equal(content, await read.WaitAsync(Timeout));
    }

    private static async Task<byte[]> ReadAsync(BlobContainer container)
    {
        var blob = await container.OpenReadAsync("blob");
        await using var stream = blob.Content;
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    private static StorageAccount Connect(StorageProxy proxy, int maxRetries = 5) =>
        new(new StorageAccountOptions { ConnectionString = proxy.ConnectionString, MaxRetries = maxRetries, RetryDelay = TimeSpan.FromMilliseconds(5) });

    private static async Task<Table> CreateTableAsync(StorageAccount account)
    {
        var table = account.Table(AzuriteServer.UniqueName());
        await table.CreateIfNotExistsAsync();
        return table;
    }
}

using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Load.Faults;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.EndToEnd.Load;

/// <summary>Tests that the proxy that disturbs storage under load does what it says.</summary>
public sealed class TcpProxyTests(AzuriteServer azurite)
{
    private readonly string _table = AzuriteServer.UniqueName();

    [Fact]
    public async Task A_lost_answer_leaves_what_the_request_has_done()
    {
        await using var proxy = new TcpProxy(azurite.ConnectionString, seed: 1);
        var table = await CreateAsync(proxy);
        proxy.Disturb(Always(FaultKind.LostAnswer));

        await Assert.ThrowsAsync<StorageUnavailableException>(() => table.InsertAsync(new Row("p", "lost")));

        Assert.NotNull(await azurite.Connect().Table(_table).FindAsync("p", "lost"));
    }

    [Theory]
    [InlineData(FaultKind.Reset)]
    [InlineData(FaultKind.Unavailable)]
    [InlineData(FaultKind.Outage)]
    public async Task A_request_that_does_not_arrive_does_nothing_and_the_next_one_succeeds_when_storage_is_back(FaultKind kind)
    {
        await using var proxy = new TcpProxy(azurite.ConnectionString, seed: 1);
        var table = await CreateAsync(proxy);
        proxy.Disturb(Always(kind));

        await Assert.ThrowsAsync<StorageUnavailableException>(() => table.InsertAsync(new Row("p", "failed")));
        Assert.Null(await azurite.Connect().Table(_table).FindAsync("p", "failed"));

        proxy.Disturb(null);
        await table.InsertAsync(new Row("p", "failed"));
        Assert.NotNull(await azurite.Connect().Table(_table).FindAsync("p", "failed"));
    }

    [Fact]
    public async Task A_black_hole_answers_nothing_until_it_is_closed()
    {
        await using var proxy = new TcpProxy(azurite.ConnectionString, seed: 1);
        var table = await CreateAsync(proxy);
        var before = proxy.Requests;
        proxy.Disturb(Always(FaultKind.BlackHole));
        var insert = table.InsertAsync(new Row("p", "late"));
        while (proxy.Requests == before)
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        Assert.False(insert.IsCompleted);

        proxy.Disturb(null);
        proxy.BreakConnections();

        // The request is sent again.
        await insert;
    }

    [Fact]
    public async Task Slow_and_late_answers_are_whole()
    {
        await using var proxy = new TcpProxy(azurite.ConnectionString, seed: 1);
        var table = await CreateAsync(proxy);
        var text = new string('x', 2_000);
        foreach (var kind in (FaultKind[])[FaultKind.Trickle, FaultKind.Delay])
        {
            proxy.Disturb(Always(kind));
            await table.UpsertAsync(new Row("p", kind.ToString()) { ["t"] = text });
            Assert.Equal(text, (await table.FindAsync("p", kind.ToString()))?.Text("t"));
        }
    }

    private async Task<Table> CreateAsync(TcpProxy proxy)
    {
        var account = new StorageAccount(new StorageAccountOptions
        {
            ConnectionString = proxy.ConnectionString,
            MaxRetries = 1,
            RetryDelay = TimeSpan.FromMilliseconds(5),
        });
        var table = account.Table(_table);
        await table.CreateIfNotExistsAsync();
        return table;
    }

    private static FaultWindow Always(FaultKind kind) => new(TimeSpan.Zero, kind, 1, TimeSpan.Zero);
}

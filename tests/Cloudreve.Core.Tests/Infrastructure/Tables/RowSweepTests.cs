using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Infrastructure.Tables;

public sealed class RowSweepTests(AzuriteServer azurite)
{
    [Fact]
    public async Task DeleteAsync_RowsThatAreGoneOrInUseAgain_OnlyThoseThatWereDeletedCount()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        for (var i = 0; i < 5; i++)
            await layout.Schedules.InsertAsync(new Row("p", $"{i}"));
        var rows = await Installation.ReadPartitionAsync(layout.Schedules, "p");
        await layout.Schedules.DeleteAsync("p", "1");
        await layout.Schedules.UpsertAsync(new Row("p", "3") { ["renewed"] = true });

        Assert.Equal(3, await RowSweep.DeleteAsync(layout.Schedules, rows.ToAsyncEnumerable(), 100, TestContext.Current.CancellationToken));

        Assert.Equal("3", Assert.Single(await Installation.ReadPartitionAsync(layout.Schedules, "p")).RowKey);
    }

    [Fact]
    public async Task DeleteAsync_SeveralLanes_EveryRowGoesOnce()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        for (var i = 0; i < 60; i++)
            await layout.Schedules.InsertAsync(new Row($"p{i / 3:00}", $"{i}"));
        var rows = layout.Schedules.ScanAsync(null, TestContext.Current.CancellationToken);

        Assert.Equal(58, await RowSweep.DeleteAsync(layout.Schedules, rows, 58, TestContext.Current.CancellationToken, RowSweep.Lanes));

        Assert.Equal(2, await RowSweep.DeleteAsync(layout.Schedules, layout.Schedules.ScanAsync(null, TestContext.Current.CancellationToken), int.MaxValue, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task DeleteAsync_UntouchedRows_HundredInOneTransaction()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        for (var i = 0; i < 120; i++)
            await layout.Schedules.InsertAsync(new Row("p", $"{i}"));
        var rows = await Installation.ReadPartitionAsync(layout.Schedules, "p");
        using var measured = layout.Account.Transactions.Measure();

        Assert.Equal(120, await RowSweep.DeleteAsync(layout.Schedules, rows.ToAsyncEnumerable(), 1_000, TestContext.Current.CancellationToken));

        Assert.Equal(2, measured.Total);
    }
}

using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Tasks;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Tasks;

public sealed class TaskItemSweepTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_old_rows_of_tasks_when_a_sweep_runs_then_it_removes_some_of_them()
    {
        var layout = new StorageLayout(azurite.Connect(), AzuriteServer.UniqueName()[..12]);
        await layout.TaskItems.CreateIfNotExistsAsync();
        foreach (var partition in (string[])["import1", "import2"])
        {
            for (var i = 0; i < 3; i++)
                await layout.TaskItems.UpsertAsync(new Row(partition, $"e|{i}"));
        }
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var sweep = new TaskItemSweep(layout, clock);

        Assert.Equal(0, await sweep.RunAsync(100));
        clock.Advance(TaskItemSweep.ItemsAreKept + TimeSpan.FromHours(1));
        Assert.Equal(4, await sweep.RunAsync(4));
        Assert.Equal(2, await sweep.RunAsync(4));
        Assert.Equal(0, await sweep.RunAsync(4));
    }
}

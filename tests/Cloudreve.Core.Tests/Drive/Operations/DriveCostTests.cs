using Cloudreve.Core.Drive.Copying;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive.Operations;

/// <summary>Storage transactions of changes, exactly (docs/performance.md). A path of depth d is d transactions to a file, d + 1 to a folder.</summary>
public sealed class DriveCostTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_a_file_at_depth_two_when_it_is_changed_then_each_change_costs_what_it_may()
    {
        var site = await DriveSite.CreateAsync(azurite);
        foreach (var name in (string[])["renamed", "moved", "trashed", "deleted", "copied"])
            await site.PutAsync($"a/{name}");
        await site.MakeFolderAsync("b");

        // Path 2, control rows, one batch, the event.
        Assert.Equal(2 + 3, await CostAsync(site, (o, w) => o.RenameAsync(w, DriveSite.Path("a/renamed"), "r", _ => { })));
        // Paths 2 + 1, control, id row, note, claim, commit, leave, arrive, end, event.
        Assert.Equal(3 + 9, await CostAsync(site, (o, w) => o.MoveAsync(w, DriveSite.Path("a/moved"), DriveSite.Path("b"))));
        // Path 2, control, schedule, id row, note with claim, commit, leave, arrive with end, event.
        Assert.Equal(2 + 8, await CostAsync(site, (o, w) => o.TrashAsync(w, DriveSite.Path("a/trashed"), "cloudreve://my/a/trashed", TimeSpan.FromDays(1))));
    }

    [Fact]
    public async Task Given_a_folder_with_much_below_when_moved_or_trashed_then_it_costs_what_an_empty_one_does()
    {
        var costs = new List<(int Move, int Trash)>();
        foreach (var files in (int[])[0, 60])
        {
            var site = await DriveSite.CreateAsync(azurite);
            await site.MakeFolderAsync("a/folder");
            await site.MakeFolderAsync("b");
            for (var i = 0; i < files; i++)
                await site.PutAsync($"a/folder/{i % 3}/{i}");
            costs.Add((
                await CostAsync(site, (o, w) => o.MoveAsync(w, DriveSite.Path("a/folder"), DriveSite.Path("b"))),
                await CostAsync(site, (o, w) => o.TrashAsync(w, DriveSite.Path("b/folder"), "cloudreve://my/b/folder", TimeSpan.FromDays(1)))));
        }

        // Paths 3 + 1 and path 3.
        Assert.Equal([(4 + 9, 3 + 8), (4 + 9, 3 + 8)], costs);
    }

    [Theory]
    [InlineData(100, 1)]
    [InlineData(1_000, 5)]
    public async Task Given_a_folder_of_files_when_it_is_copied_then_the_cost_is_within_the_budget(int files, int folders)
    {
        var site = await DriveSite.CreateAsync(azurite);
        await FillAsync(site, files, folders);

        var cost = await CostAsync(site, (o, w) => o.CopyAsync(w, DriveSite.Path("source"), DriveSite.Path(""), new CopyLimits(null, 0), "copy"));

        // Both paths, N/20 + 4 F + B + 10, and the control rows and event of every change.
        var blocks = (files / 1000) + 2;
        Assert.InRange(cost, 1, 2 + 1 + (files / 20) + (4 * (folders + 1)) + blocks + 10 + 2);
        Assert.Equal(2 * files, (await site.ReadAsync()).Count(line => line.Contains(" File ", StringComparison.Ordinal)));
        Assert.Empty((await site.CheckAsync()).All);
    }

    private static async Task FillAsync(DriveSite site, int files, int folders)
    {
        for (var f = 0; f < folders; f++)
            await site.MakeFolderAsync($"source/{f}");
        await Parallel.ForEachAsync(Enumerable.Range(0, files), async (i, _) => await site.PutAsync($"source/{i % folders}/{i}"));
    }

    private static async Task<int> CostAsync(DriveSite site, Func<DriveOperations, DriveWork, Task> change)
    {
        var process = site.Restart();
        // Leases of ids cost once for many.
        await process.Get<IdAllocator>().NextAsync(IdKind.File);
        await process.Get<IdAllocator>().NextEntryAsync(DriveSite.Owner, FileType.Folder);
        var counter = process.Layout.Account.Transactions;
        var before = counter.Total;
        var work = DriveSite.NewWork();
        await change(process.Operations, work);
        await process.Operations.PublishAsync(work);
        return (int)(counter.Total - before);
    }
}

using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables.Numbered;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Tasks;
using Cloudreve.Core.Tests.Accounts;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Site.Bootstrap;

/// <summary>Tests the upgrade at its next start of a site that is older than the administration's lists.</summary>
public sealed class ListUpgradeTests(AzuriteServer azurite)
{
    private const long OwnerId = 7;
    private readonly DateTimeOffset _then = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public async Task Given_links_of_before_the_lists_when_the_site_starts_then_their_rows_tell_file_and_time()
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        var shares = new ShareStore(world.Layout, world.Clock);
        await shares.SaveAsync(new Share { Id = 5, OwnerId = OwnerId, FileId = 99, CreatedAt = _then });
        await world.Layout.Shares.UpsertAsync(new Row(FileKeys.IdBlock(5), FileKeys.Id(5)) { ["u"] = OwnerId });
        // Its link is gone; it must not come back.
        await world.Layout.Shares.UpsertAsync(new Row(FileKeys.IdBlock(6), FileKeys.Id(6)) { ["u"] = OwnerId });

        await RestartAsync(world);

        var rows = await Lists(world).Shares.ListAsync(new ListWindow(0, 10, Descending: false), SiteLists.Is(SiteLists.LinkedFile, 99), TestContext.Current.CancellationToken);
        Assert.Equal((1L, _then, OwnerId), (rows.Total, rows.Items[0].Time(SiteLists.Created), rows.Items[0].RequiredNumber(SiteLists.LinkOwner)));
        Assert.Null((await world.Layout.Shares.FindAsync(FileKeys.IdBlock(6), FileKeys.Id(6)))!.Time(SiteLists.Created));
    }

    [Fact]
    public async Task Given_tasks_of_before_the_lists_when_the_site_starts_then_they_are_found_by_their_type()
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        var tasks = new TaskStore(world.Layout, world.Clock);
        await tasks.CreateAsync(new WorkflowTask { Id = 5, OwnerId = OwnerId, Type = "import", CreatedAt = _then, UpdatedAt = _then, Job = "{}" });
        await world.Layout.Tasks.UpsertAsync(new Row("i" + FileKeys.IdBlock(5), FileKeys.Id(5)) { ["o"] = OwnerId });

        await RestartAsync(world);

        var rows = await Lists(world).Tasks.ListAsync(new ListWindow(0, 10, Descending: false), "type eq 'import'", TestContext.Current.CancellationToken);
        Assert.Equal((1L, _then), (rows.Total, rows.Items[0].Time(SiteLists.Created)));
    }

    [Fact]
    public async Task Given_whole_rows_when_the_upgrade_is_repeated_then_links_and_tasks_cost_two_calls()
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        var (shares, tasks) = (new ShareStore(world.Layout, world.Clock), new TaskStore(world.Layout, world.Clock));
        await shares.SaveAsync(new Share { Id = 5, OwnerId = OwnerId, FileId = 99, CreatedAt = _then });
        await tasks.CreateAsync(new WorkflowTask { Id = 5, OwnerId = OwnerId, Type = "import", CreatedAt = _then, UpdatedAt = _then, Job = "{}" });
        using var measured = world.Layout.Account.Transactions.Measure();

        await shares.CompleteListAsync(TestContext.Current.CancellationToken);
        await tasks.CompleteListAsync(TestContext.Current.CancellationToken);

        Assert.Equal(2, measured.Total);
    }

    private static SiteLists Lists(IdentityWorld world) => new(world.Layout, new IdAllocator(world.Layout), world.Clock);

    private static async Task RestartAsync(IdentityWorld world)
    {
        await world.Layout.Site.MergeAsync(new Row("schema", "current") { ["version"] = 4 }, "*");
        await new IdentityWorld(world.Layout, world.Clock).Bootstrap.EnsureAsync();
    }
}

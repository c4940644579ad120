using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Sharing.DirectLinks;
using Cloudreve.Core.Tests.Drive;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Cloudreve.Core.Tests.Sharing.DirectLinks;

public sealed class DirectLinkStoreTests(AzuriteServer azurite)
{
    private static readonly FileRecord File = DriveBuilder.NewRecord(5_000_000_123, 1, FileType.File, "a.txt");

    [Fact]
    public async Task Given_a_file_when_links_are_made_and_read_then_the_transactions_are_as_documented()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        var ids = new IdAllocator(layout);
        await ids.NextAsync(IdKind.DirectLink);
        var store = new DirectLinkStore(layout, ids, TimeProvider.System);
        using var measured = layout.Account.Transactions.Measure();

        var link = await store.GetOrCreateAsync(File, reuse: true);
        Assert.Equal(3, measured.Total);
        Assert.Equal(link, await store.GetOrCreateAsync(File, reuse: true));
        Assert.Equal(4, measured.Total);
        Assert.Equal(link, await store.FindAsync(link.Id));
        Assert.Equal(5, measured.Total);
        await store.DeleteAsync(link);
        Assert.Equal(7, measured.Total);

        Assert.Null(await store.FindAsync(link.Id));
        Assert.Empty(await store.ListAsync(File.Id));
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_call_when_a_link_is_made_or_deleted_again_then_listed_ones_work(StorageFault fault)
    {
        for (var index = 0; ; index++)
        {
            var installation = await Installation.CreateAsync(azurite);
            var (broken, crash) = installation.ConnectWithCrash(index, fault);
            var ids = new IdAllocator(broken);
            await ids.NextAsync(IdKind.DirectLink);
            crash.IsArmed = true;
            try
            {
                var store = new DirectLinkStore(broken, ids, TimeProvider.System);
                await store.DeleteAsync(await store.GetOrCreateAsync(File, reuse: true));
            }
            catch (SimulatedCrashException)
            {
                // The process is gone.
            }
            var layout = installation.Connect();
            var after = new DirectLinkStore(layout, new IdAllocator(layout), TimeProvider.System);

            foreach (var listed in await after.ListAsync(File.Id))
                Assert.NotNull(await after.FindAsync(listed.Id));
            var link = await after.GetOrCreateAsync(File, reuse: true);
            Assert.Equal(link, await after.FindAsync(link.Id));
            await after.DeleteAsync(link);
            Assert.Null(await after.FindAsync(link.Id));
            Assert.Empty(await after.ListAsync(File.Id));
            if (!crash.Struck)
                return;
        }
    }

    [Fact]
    public async Task Given_a_file_when_many_processes_ask_for_its_link_at_once_then_all_get_the_same()
    {
        var installation = await Installation.CreateAsync(azurite);

        var links = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            var layout = installation.Connect();
            return await new DirectLinkStore(layout, new IdAllocator(layout), TimeProvider.System).GetOrCreateAsync(File, reuse: true);
        }));

        var link = Assert.Single(links.Distinct());
        var store = new DirectLinkStore(installation.Connect(), new IdAllocator(installation.Connect()), TimeProvider.System);
        Assert.Equal(link, Assert.Single(await store.ListAsync(File.Id)));
        var rows = 0;
        await foreach (var row in installation.Connect().DirectLinks.ScanAsync())
            rows += row.Names.Any() ? 1 : 0;
        Assert.Equal(2, rows);
    }

    [Fact]
    public async Task Given_two_processes_when_both_count_hits_then_none_is_lost_and_deleted_links_do_not_matter()
    {
        var installation = await Installation.CreateAsync(azurite);
        var layout = installation.Connect();
        var store = new DirectLinkStore(layout, new IdAllocator(layout), TimeProvider.System);
        var link = await store.GetOrCreateAsync(File, reuse: true);
        var gone = await store.GetOrCreateAsync(File, reuse: false);
        await store.DeleteAsync(gone);
        await using var one = new DirectLinkHits(installation.Connect(), TimeProvider.System, NullLogger<DirectLinkHits>.Instance);
        await using var two = new DirectLinkHits(installation.Connect(), TimeProvider.System, NullLogger<DirectLinkHits>.Instance);
        for (var i = 0; i < 20; i++)
        {
            one.Count(link);
            two.Count(link);
            two.Count(gone);
        }

        await Task.WhenAll(one.StoreAsync(), two.StoreAsync());

        Assert.Equal(40, Assert.Single(await store.ListAsync(File.Id)).Hits);
    }

    [Fact]
    public async Task Given_storage_that_fails_when_hits_are_stored_then_they_wait_for_the_next_try()
    {
        var installation = await Installation.CreateAsync(azurite);
        var layout = installation.Connect();
        var link = await new DirectLinkStore(layout, new IdAllocator(layout), TimeProvider.System).GetOrCreateAsync(File, reuse: true);
        var fails = true;
        var broken = installation.Connect(call => fails && call.Resource.EndsWith("directlinks", StringComparison.Ordinal) ? StorageFault.Unavailable : StorageFault.None);
        await using var hits = new DirectLinkHits(broken, TimeProvider.System, NullLogger<DirectLinkHits>.Instance);
        hits.Count(link);

        await hits.StoreAsync();
        fails = false;
        hits.Count(link);
        await hits.StoreAsync();

        Assert.Equal(2, Assert.Single(await new DirectLinkStore(layout, new IdAllocator(layout), TimeProvider.System).ListAsync(File.Id)).Hits);
    }
}

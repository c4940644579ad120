using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Sharing;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Cloudreve.Core.Tests.Sharing;

public sealed class ShareStoreTests(AzuriteServer azurite)
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly Share Link = new()
    {
        Id = 77,
        OwnerId = 5,
        FileId = 900,
        Password = "secret",
        CreatedAt = Now,
        ExpiresAt = Now.AddDays(1),
        RemainingDownloads = 3,
        SharesView = true,
        ShowsReadme = true,
    };

    [Fact]
    public async Task Given_a_link_when_it_is_written_read_and_deleted_then_the_transactions_are_as_documented()
    {
        var installation = await Installation.CreateAsync(azurite);
        var layout = installation.Connect();
        var store = new ShareStore(layout, TimeProvider.System);
        using var measured = layout.Account.Transactions.Measure();

        await store.SaveAsync(Link);
        Assert.Equal(2, measured.Total);
        var known = await store.FindAsync(Link.Id);
        Assert.Equal(3, measured.Total);
        var cold = await new ShareStore(layout, TimeProvider.System).FindAsync(Link.Id);
        Assert.Equal(5, measured.Total);
        Assert.Equal([900], await store.ListFilesAsync(Link.OwnerId));
        Assert.Equal(6, measured.Total);
        Assert.Equal([900], await store.ListFilesAsync(Link.OwnerId));
        Assert.Equal(6, measured.Total);
        await store.CountDownloadAsync(Link.Id);
        Assert.Equal(8, measured.Total);
        await store.DeleteAsync(Link);
        Assert.Equal(10, measured.Total);

        Assert.Equal(Link, known! with { ETag = "" });
        Assert.Equal(Link, cold! with { ETag = "" });
        Assert.Null(await store.FindAsync(Link.Id));
        Assert.Empty(await store.ListFilesAsync(Link.OwnerId));
    }

    [Fact]
    public async Task Given_links_of_two_owners_when_they_are_listed_then_each_has_only_the_own_ones()
    {
        var store = new ShareStore((await Installation.CreateAsync(azurite)).Connect(), TimeProvider.System);
        foreach (var (id, owner) in new[] { (12L, 5L), (3L, 5L), (7L, 6L) })
            await store.SaveAsync(Link with { Id = id, OwnerId = owner });

        Assert.Equal([3, 12], (await store.ListAsync(5)).Select(share => share.Id));
        Assert.Equal([7], (await store.ListAsync(6)).Select(share => share.Id));
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_call_when_a_share_is_made_or_deleted_again_then_listed_ones_open(StorageFault fault)
    {
        for (var index = 0; ; index++)
        {
            var installation = await Installation.CreateAsync(azurite);
            var (broken, crash) = installation.ConnectWithCrash(index, fault);
            crash.IsArmed = true;
            try
            {
                var store = new ShareStore(broken, TimeProvider.System);
                await store.SaveAsync(Link);
                await store.DeleteAsync(Link);
            }
            catch (SimulatedCrashException)
            {
                // The process is gone.
            }
            var after = new ShareStore(installation.Connect(), TimeProvider.System);

            Assert.Equal((await after.ListAsync(Link.OwnerId)).Count, await after.FindAsync(Link.Id) is null ? 0 : 1);
            await after.SaveAsync(Link);
            Assert.NotNull(await after.FindAsync(Link.Id));
            await after.DeleteAsync(Link);
            Assert.Null(await after.FindAsync(Link.Id));
            if (!crash.Struck)
                return;
        }
    }

    [Fact]
    public async Task Given_three_downloads_left_when_ten_download_at_once_then_three_succeed()
    {
        var installation = await Installation.CreateAsync(azurite);
        await new ShareStore(installation.Connect(), TimeProvider.System).SaveAsync(Link);
        var codes = new List<ErrorCode?>();

        await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            ErrorCode? code = null;
            try
            {
                await new ShareStore(installation.Connect(), TimeProvider.System).CountDownloadAsync(Link.Id);
            }
            catch (CloudreveException e)
            {
                code = e.Code;
            }
            lock (codes)
                codes.Add(code);
        }));

        Assert.Equal(3, codes.Count(code => code is null));
        Assert.Equal(7, codes.Count(code => code == ErrorCode.NotFound));
        var share = await new ShareStore(installation.Connect(), TimeProvider.System).FindAsync(Link.Id);
        Assert.Equal((3, 0), (share!.Downloads, share.RemainingDownloads));
    }

    [Fact]
    public async Task Given_a_lost_answer_when_the_last_download_is_counted_then_it_counts_once()
    {
        var installation = await Installation.CreateAsync(azurite);
        await new ShareStore(installation.Connect(), TimeProvider.System).SaveAsync(Link with { RemainingDownloads = 1 });
        var calls = 0;
        // The read of the owner, that of the link, and then the write.
        var broken = installation.Connect(call => call.Resource.Contains("shares", StringComparison.Ordinal) && ++calls == 3 ? StorageFault.AnswerLost : StorageFault.None);

        await new ShareStore(broken, TimeProvider.System).CountDownloadAsync(Link.Id);

        var share = await new ShareStore(installation.Connect(), TimeProvider.System).FindAsync(Link.Id);
        Assert.Equal((1, 0), (share!.Downloads, share.RemainingDownloads));
    }

    [Fact]
    public async Task Given_two_processes_when_both_count_visits_while_the_link_is_changed_then_none_is_lost()
    {
        var installation = await Installation.CreateAsync(azurite);
        var store = new ShareStore(installation.Connect(), TimeProvider.System);
        await store.SaveAsync(Link);
        await using var one = new ShareVisits(installation.Connect(), TimeProvider.System, NullLogger<ShareVisits>.Instance);
        await using var two = new ShareVisits(installation.Connect(), TimeProvider.System, NullLogger<ShareVisits>.Instance);
        for (var i = 0; i < 20; i++)
        {
            one.Count(Link);
            two.Count(Link);
        }

        await Task.WhenAll(one.StoreAsync(), two.StoreAsync(), store.CountDownloadAsync(Link.Id));

        var share = await store.FindAsync(Link.Id);
        Assert.Equal((40, 1), (share!.Visits, share.Downloads));
    }
}

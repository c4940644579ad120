using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Testing.Azurite;
using CsCheck;
using Xunit;

namespace Cloudreve.Core.Tests.Infrastructure.Ids;

public sealed class IdAllocatorTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_a_new_site_when_the_first_ids_are_taken_then_files_start_above_all_user_ids()
    {
        var ids = new IdAllocator((await Installation.CreateAsync(azurite)).Connect());

        Assert.Equal(1, await ids.NextAsync(IdKind.User));
        Assert.Equal(2, await ids.NextAsync(IdKind.User));
        Assert.InRange(await ids.NextAsync(IdKind.File), (1L << 32) + 1, (1L << 32) + 2_000);
        Assert.True(await ids.NextAsync(IdKind.Entity) > 0);
        Assert.True(await ids.NextAsync(IdKind.Task) > 0);
    }

    [Fact]
    public async Task Given_a_lease_when_ids_are_taken_then_every_thousand_costs_one_transaction()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        var ids = new IdAllocator(layout);
        using var measured = layout.Account.Transactions.Measure();

        await ids.NextAsync(IdKind.File);
        Assert.Equal(2, measured.Total);
        for (var i = 1; i < 1_000; i++)
            await ids.NextAsync(IdKind.File);
        Assert.Equal(2, measured.Total);
        await ids.NextAsync(IdKind.File);
        Assert.Equal(3, measured.Total);
        await ids.ReserveAsync(IdKind.File, 20_000);
        Assert.Equal(4, measured.Total);
    }

    [Fact]
    public async Task Given_callers_in_parallel_over_two_processes_when_they_take_ids_then_no_id_is_given_twice()
    {
        var installation = await Installation.CreateAsync(azurite);
        IdAllocator[] processes = [new(installation.Connect()), new(installation.Connect())];

        var ranges = await Task.WhenAll(Enumerable.Range(0, 400).Select(i => processes[i % 2].ReserveAsync(IdKind.Entity, 1 + (i % 37))));

        AssertDisjoint(ranges);
    }

    [Fact]
    public async Task Given_processes_that_start_at_once_when_they_take_their_first_id_then_all_differ()
    {
        var installation = await Installation.CreateAsync(azurite);

        var ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => new IdAllocator(installation.Connect()).NextAsync(IdKind.File)));

        Assert.Equal(8, ids.Distinct().Count());
    }

    [Fact]
    public async Task Given_any_sizes_when_runs_are_reserved_then_each_is_whole_and_none_overlap()
    {
        var installation = await Installation.CreateAsync(azurite);
        var ids = new IdAllocator(installation.Connect());
        var given = new List<IdRange>();

        await Gen.Int[1, 3_000].Array[1, 20].SampleAsync(
            async sizes =>
            {
                foreach (var size in sizes)
                {
                    var range = await ids.ReserveAsync(IdKind.Task, size);
                    Assert.Equal(size, range.Count);
                    lock (given)
                        given.Add(range);
                }
            },
            iter: 20);

        AssertDisjoint(given);
    }

    [Fact]
    public async Task Given_a_run_larger_than_the_rest_of_the_block_when_it_is_reserved_then_it_starts_a_block()
    {
        var ids = new IdAllocator((await Installation.CreateAsync(azurite)).Connect());
        await ids.NextAsync(IdKind.Entity);

        var range = await ids.ReserveAsync(IdKind.Entity, 1_000);

        Assert.Equal(0, range.First % 1_000);
    }

    [Theory]
    [InlineData(StorageFault.AnswerLost)]
    [InlineData(StorageFault.Unavailable)]
    public async Task Given_answers_that_are_lost_when_ids_are_taken_then_they_stay_unique(StorageFault fault)
    {
        var installation = await Installation.CreateAsync(azurite);
        var ranges = new List<IdRange>();
        for (var call = 0; call < 4; call++)
        {
            var (layout, crash) = installation.ConnectWithCrash(call, fault);
            crash.IsArmed = true;
            var ids = new IdAllocator(layout);
            for (var i = 0; i < 3; i++)
                ranges.Add(await ids.ReserveAsync(IdKind.File, 900));
        }

        AssertDisjoint(ranges);
    }

    [Fact]
    public async Task Given_a_lease_that_failed_when_ids_are_taken_again_then_they_are_unique()
    {
        var installation = await Installation.CreateAsync(azurite);
        // The call takes effect and fails, and the process lives on.
        var (isArmed, calls) = (false, 0);
        var ids = new IdAllocator(installation.Connect(_ => isArmed && calls++ == 0 ? StorageFault.CrashAfter : StorageFault.None));
        var ranges = new List<IdRange> { await ids.ReserveAsync(IdKind.File, 1_000) };
        isArmed = true;
        await Assert.ThrowsAsync<SimulatedCrashException>(() => ids.ReserveAsync(IdKind.File, 1_000));

        ranges.Add(await ids.ReserveAsync(IdKind.File, 1_000));
        ranges.Add(await new IdAllocator(installation.Connect()).ReserveAsync(IdKind.File, 1_000));

        AssertDisjoint(ranges);
    }

    [Fact]
    public async Task Given_a_lease_that_fails_when_many_wait_for_it_then_they_share_its_failure()
    {
        var isDown = true;
        var layout = (await Installation.CreateAsync(azurite)).Connect(_ => isDown ? StorageFault.Unavailable : StorageFault.None);
        var ids = new IdAllocator(layout);

        var waiting = Enumerable.Range(0, 10).Select(_ => ids.NextAsync(IdKind.File)).ToList();

        foreach (var one in waiting)
            await Assert.ThrowsAsync<StorageUnavailableException>(() => one);
        // One read with its retries.
        Assert.Equal(6, layout.Account.Transactions.Total);
        isDown = false;
        Assert.True(await ids.NextAsync(IdKind.File) > 0);
    }

    [Fact]
    public async Task Given_a_first_caller_who_leaves_during_the_lease_when_others_wait_then_they_get_ids()
    {
        using var leaving = new CancellationTokenSource();
        var ids = new IdAllocator((await Installation.CreateAsync(azurite)).Connect(_ =>
        {
            leaving.Cancel();
            return StorageFault.None;
        }));

        var first = ids.NextAsync(IdKind.File, leaving.Token);
        var second = ids.NextAsync(IdKind.File);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.True(await second > 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task Given_an_empty_run_when_it_is_reserved_then_that_is_a_mistake_of_the_caller(int count)
    {
        var ids = new IdAllocator((await Installation.CreateAsync(azurite)).Connect());

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => ids.ReserveAsync(IdKind.File, count));
    }

    [Fact]
    public void Given_a_run_when_ids_are_checked_then_only_its_own_are_in_it()
    {
        var range = new IdRange(10, 3);

        Assert.Equal([10, 11, 12], Enumerable.Range(0, 20).Where(i => range.Contains(i)));
    }

    private static void AssertDisjoint(IReadOnlyCollection<IdRange> ranges)
    {
        var end = 0L;
        foreach (var range in ranges.OrderBy(r => r.First))
        {
            Assert.True(range.First >= end, $"{range} overlaps the run before it.");
            end = range.First + range.Count;
        }
    }
}

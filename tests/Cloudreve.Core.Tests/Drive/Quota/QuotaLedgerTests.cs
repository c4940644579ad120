using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Testing.Azurite;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Drive.Quota;

public sealed class QuotaLedgerTests(AzuriteServer azurite)
{
    private const long User = 7;

    [Fact]
    public async Task Given_a_new_user_when_the_usage_is_read_then_it_is_zero()
    {
        var (ledger, _) = await NewLedgerAsync();

        Assert.Equal(0, await ledger.GetUsedAsync(User));
        Assert.False(await ledger.IsChargedAsync(User, "a"));
    }

    [Fact]
    public async Task Given_an_operation_when_it_is_repeated_then_it_is_charged_once()
    {
        var (ledger, _) = await NewLedgerAsync();

        for (var i = 0; i < 3; i++)
            await ledger.ChargeAsync(User, "a", 5_000_000_000, limit: null);

        Assert.Equal(5_000_000_000, await ledger.GetUsedAsync(User));
        Assert.True(await ledger.IsChargedAsync(User, "a"));
    }

    [Fact]
    public async Task Given_a_limit_when_it_would_be_passed_then_the_quota_is_exceeded_and_nothing_changes()
    {
        var (ledger, _) = await NewLedgerAsync();
        await ledger.ChargeAsync(User, "a", 60, limit: 100);

        var error = await Assert.ThrowsAsync<CloudreveException>(() => ledger.ChargeAsync(User, "b", 41, limit: 100));

        Assert.Equal(ErrorCode.QuotaExceeded, error.Code);
        Assert.False(await ledger.TryChargeAsync(User, "b", 41, limit: 100));
        Assert.False(await ledger.IsChargedAsync(User, "b"));
        Assert.True(await ledger.TryChargeAsync(User, "c", 40, limit: 100));
        Assert.Equal(100, await ledger.GetUsedAsync(User));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(100L)]
    [InlineData(long.MaxValue)]
    public async Task Given_a_charge_that_no_sum_can_take_when_made_then_the_quota_is_exceeded(long? limit)
    {
        var (ledger, _) = await NewLedgerAsync();
        await ledger.ChargeAsync(User, "a", 1, limit);

        Assert.False(await ledger.TryChargeAsync(User, "b", long.MaxValue, limit));

        Assert.Equal(1, await ledger.GetUsedAsync(User));
        Assert.False(await ledger.IsChargedAsync(User, "b"));
    }

    [Fact]
    public async Task Given_a_full_quota_when_a_charged_operation_is_repeated_then_it_still_succeeds()
    {
        var (ledger, _) = await NewLedgerAsync();
        await ledger.ChargeAsync(User, "a", 100, limit: 100);

        await ledger.ChargeAsync(User, "a", 100, limit: 100);

        Assert.Equal(100, await ledger.GetUsedAsync(User));
    }

    [Fact]
    public async Task Given_a_usage_above_the_limit_when_bytes_are_refunded_then_that_is_allowed()
    {
        var (ledger, _) = await NewLedgerAsync();
        await ledger.ChargeAsync(User, "a", 100, limit: null);

        Assert.True(await ledger.TryChargeAsync(User, "b", -10, limit: 50));

        Assert.Equal(90, await ledger.GetUsedAsync(User));
    }

    [Fact]
    public async Task Given_a_charged_operation_when_it_is_reversed_again_and_again_then_it_is_undone_once()
    {
        var (ledger, _) = await NewLedgerAsync();
        await ledger.ChargeAsync(User, "a", 60, limit: null);
        await ledger.ChargeAsync(User, "b", 5, limit: null);

        for (var i = 0; i < 3; i++)
            await ledger.ReverseAsync(User, "a");

        Assert.Equal(5, await ledger.GetUsedAsync(User));
    }

    [Fact]
    public async Task Given_an_operation_that_was_not_charged_when_it_is_reversed_then_nothing_changes()
    {
        var (ledger, _) = await NewLedgerAsync();
        await ledger.ChargeAsync(User, "b", 5, limit: null);

        await ledger.ReverseAsync(User, "a");

        Assert.Equal(5, await ledger.GetUsedAsync(User));
    }

    [Fact]
    public async Task Given_two_users_when_they_use_the_same_operation_id_then_each_is_charged()
    {
        var (ledger, _) = await NewLedgerAsync();

        await ledger.ChargeAsync(User, "a", 1, limit: null);
        await ledger.ChargeAsync(User + 1, "a", 2, limit: null);

        Assert.Equal((1, 2), (await ledger.GetUsedAsync(User), await ledger.GetUsedAsync(User + 1)));
    }

    [Fact]
    public async Task Given_a_quiet_user_when_bytes_are_charged_then_two_calls_and_zero_bytes_cost_none()
    {
        var (ledger, layout) = await NewLedgerAsync();
        using var measured = layout.Account.Transactions.Measure();

        await ledger.ChargeAsync(User, "a", 1, limit: 10);
        Assert.Equal(2, measured.Total);
        await ledger.ChargeAsync(User, "a", 1, limit: 10);
        Assert.Equal(4, measured.Total);
        await ledger.ChargeAsync(User, "b", 0, limit: 0);
        Assert.Equal(4, measured.Total);
        await ledger.GetUsedAsync(User);
        Assert.Equal(5, measured.Total);
    }

    [Fact]
    public async Task Given_charges_in_parallel_when_all_are_done_then_the_sum_is_exact()
    {
        var (ledger, _) = await NewLedgerAsync();

        await Task.WhenAll(Enumerable.Range(1, 20).Select(i => ledger.ChargeAsync(User, $"op{i}", i, limit: null)));

        Assert.Equal(210, await ledger.GetUsedAsync(User));
    }

    [Fact]
    public async Task Given_many_changes_of_a_total_at_once_when_made_then_each_costs_what_it_costs_alone()
    {
        // However slow the machine is, nobody's turn takes too long.
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        var ledger = new QuotaLedger(layout, new FakeTimeProvider(DateTimeOffset.UtcNow));
        await ledger.ChargeAsync(User, "given-back", 1, limit: null);
        using var measured = layout.Account.Transactions.Measure();

        await Task.WhenAll([.. Enumerable.Range(0, 40).Select(i => ledger.ChargeAsync(User, $"op{i}", 1, limit: null)), ledger.ReverseAsync(User, "given-back")]);

        Assert.Equal((40 * 2) + 3, measured.Total);
        Assert.Equal(40, await ledger.GetUsedAsync(User));
    }

    [Fact]
    public async Task Given_a_charge_that_storage_does_not_answer_when_another_comes_then_it_does_not_wait()
    {
        using var answer = new ManualResetEventSlim();
        var isSilent = 1;
        var layout = (await Installation.CreateAsync(azurite)).Connect(_ =>
        {
            if (Interlocked.Exchange(ref isSilent, 0) == 1)
                answer.Wait();
            return StorageFault.None;
        });
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var ledger = new QuotaLedger(layout, clock);
        var first = Task.Run(() => ledger.ChargeAsync(User, "first", 1, limit: null));
        await Task.Run(() => SpinWait.SpinUntil(() => Volatile.Read(ref isSilent) == 0));

        var second = ledger.ChargeAsync(User, "second", 1, limit: null);
        clock.Advance(TimeSpan.FromSeconds(11));
        await second;

        Assert.False(first.IsCompleted);
        answer.Set();
        await first;
        Assert.Equal(2, await ledger.GetUsedAsync(User));
    }

    [Fact]
    public async Task Given_repetitions_in_parallel_when_all_are_done_then_the_operation_is_charged_once()
    {
        var (ledger, _) = await NewLedgerAsync();

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => ledger.ChargeAsync(User, "a", 50, limit: 50)));

        Assert.Equal(50, await ledger.GetUsedAsync(User));
    }

    [Fact]
    public async Task Given_competing_calls_for_the_last_bytes_when_they_charge_at_once_then_the_limit_holds()
    {
        var (ledger, _) = await NewLedgerAsync();

        var admitted = await Task.WhenAll(Enumerable.Range(0, 15).Select(i => ledger.TryChargeAsync(User, $"op{i}", 30, limit: 100)));

        Assert.Equal(3, admitted.Count(ok => ok));
        Assert.Equal(90, await ledger.GetUsedAsync(User));
    }

    [Theory]
    [InlineData(StorageFault.AnswerLost)]
    [InlineData(StorageFault.Unavailable)]
    public async Task Given_a_lost_answer_at_any_call_when_the_pipeline_tries_again_then_the_charge_is_exact(StorageFault fault)
    {
        for (var (index, struck) = (0, true); struck; index++)
        {
            var installation = await Installation.CreateAsync(azurite);
            var (layout, crash) = installation.ConnectWithCrash(index, fault);
            var ledger = new QuotaLedger(layout, TimeProvider.System);
            crash.IsArmed = true;

            Assert.True(await ledger.TryChargeAsync(User, "a", 100, limit: 100));
            Assert.True(await ledger.TryChargeAsync(User, "b", -30, limit: 100));

            struck = crash.Struck;
            Assert.Equal(70, await new QuotaLedger(installation.Connect(), TimeProvider.System).GetUsedAsync(User));
        }
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_call_when_the_operation_is_repeated_then_the_charge_is_exact(StorageFault fault)
    {
        for (var (index, struck) = (0, true); struck; index++)
        {
            var installation = await Installation.CreateAsync(azurite);
            var (layout, crash) = installation.ConnectWithCrash(index, fault);
            crash.IsArmed = true;
            try
            {
                await new QuotaLedger(layout, TimeProvider.System).ChargeAsync(User, "a", 100, limit: 100);
            }
            catch (SimulatedCrashException)
            {
                // The process is gone; the next one repeats the operation.
            }
            struck = crash.Struck;
            var next = new QuotaLedger(installation.Connect(), TimeProvider.System);

            await next.ChargeAsync(User, "a", 100, limit: 100);

            Assert.Equal(100, await next.GetUsedAsync(User));
        }
    }

    [Fact]
    public async Task Given_any_operations_when_they_are_charged_then_the_ledger_agrees_with_a_plain_number()
    {
        const long Limit = 500;
        var (ledger, _) = await NewLedgerAsync();
        var user = 1_000L;

        await Gen.Select(Gen.Int[0, 9], Gen.Long[-100, 200]).Array[1, 25].SampleAsync(
            async operations =>
            {
                var own = Interlocked.Increment(ref user);
                var (used, charged) = (0L, new HashSet<string>());
                foreach (var (number, delta) in operations)
                {
                    // An id stands for one operation, so it always comes with the same bytes.
                    var id = $"{number}-{delta}";
                    var expected = delta <= 0 || charged.Contains(id) || used + delta <= Limit;
                    if (expected && delta != 0 && charged.Add(id))
                        used += delta;
                    Assert.Equal(expected, await ledger.TryChargeAsync(own, id, delta, Limit));
                }
                Assert.Equal(used, await ledger.GetUsedAsync(own));
            },
            iter: 25);
    }

    [Fact]
    public async Task Given_old_operations_when_they_are_swept_then_the_total_stays_and_young_ones_are_known()
    {
        var layout = new StorageLayout(azurite.Connect(), AzuriteServer.UniqueName()[..12]);
        await layout.Quotas.CreateIfNotExistsAsync();
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var ledger = new QuotaLedger(layout, clock);
        await ledger.ChargeAsync(User, "old", 5, limit: null);
        await ledger.ChargeAsync(User + 1, "old", 5, limit: null);
        clock.Advance(QuotaLedger.OperationsAreKept);
        await ledger.ChargeAsync(User, "young", 6, limit: null);
        clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(2, await ledger.SweepAsync(100));

        Assert.Equal(11, await ledger.GetUsedAsync(User));
        Assert.False(await ledger.IsChargedAsync(User, "old"));
        Assert.True(await ledger.IsChargedAsync(User, "young"));
        Assert.Equal(0, await ledger.SweepAsync(100));
    }

    private async Task<(QuotaLedger Ledger, StorageLayout Layout)> NewLedgerAsync()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        return (new QuotaLedger(layout, TimeProvider.System), layout);
    }
}

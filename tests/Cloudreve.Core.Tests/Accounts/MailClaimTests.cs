using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts;

/// <summary>Tests that an address belongs to one account, whichever calls compete or crash.</summary>
public sealed class MailClaimTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_a_rival_at_any_call_when_two_accounts_want_an_address_then_exactly_one_gets_it()
    {
        var installation = await Installation.CreateAsync(azurite);
        var other = await OpenAsync(installation);
        for (var index = 0; ; index++)
        {
            var wanted = $"wanted{index}@example.com";
            var (one, two) = (await other.CreateUserAsync($"one{index}@example.com"), await other.CreateUserAsync($"two{index}@example.com"));
            var rival = new RivalAt(index, () => TryTakeAsync(other, two, wanted));
            var world = new IdentityWorld(installation.Connect(_ => rival.Decide()));
            rival.IsArmed = true;

            var isTaken = await TryTakeAsync(world, one, wanted);

            if (rival.HasWon is not { } hasRivalWon)
            {
                Assert.InRange(index, 5, 12);
                return;
            }
            Assert.NotEqual(hasRivalWon, isTaken);
            var (winner, loser) = isTaken ? (one, two) : (two, one);
            Assert.Equal((winner.Id, wanted), await FindAsync(other, wanted));
            Assert.Equal((loser.Id, loser.Email), await FindAsync(other, loser.Email));
        }
    }

    [Fact]
    public async Task Given_a_sign_up_during_a_change_of_address_when_both_want_it_then_one_account_has_it()
    {
        var installation = await Installation.CreateAsync(azurite);
        var other = await OpenAsync(installation);
        for (var index = 0; ; index++)
        {
            var wanted = $"wanted{index}@example.com";
            var one = await other.CreateUserAsync($"one{index}@example.com");
            var rival = new RivalAt(index, () => TryAsync(() => other.CreateUserAsync(wanted)));
            var world = new IdentityWorld(installation.Connect(_ => rival.Decide()));
            rival.IsArmed = true;

            var isTaken = await TryTakeAsync(world, one, wanted);

            if (rival.HasWon is not { } hasRivalWon)
                return;
            Assert.NotEqual(hasRivalWon, isTaken);
            Assert.Equal(isTaken, (await FindAsync(other, wanted)).Id == one.Id);
            await AssertOneAccountEachAsync(other);
        }
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore, false)]
    [InlineData(StorageFault.CrashBefore, true)]
    [InlineData(StorageFault.CrashAfter, false)]
    [InlineData(StorageFault.CrashAfter, true)]
    public async Task Given_a_process_that_dies_while_taking_an_address_when_another_wants_it_then_one_has_it(
        StorageFault fault, bool signsUp)
    {
        var installation = await Installation.CreateAsync(azurite);
        var other = await OpenAsync(installation);
        for (var index = 0; ; index++)
        {
            var (wanted, own) = ($"wanted{index}@example.com", $"one{index}@example.com");
            var (one, two) = (await other.CreateUserAsync(own), await other.CreateUserAsync($"two{index}@example.com"));
            var crash = new CrashPoint(index, fault);
            var dying = new IdentityWorld(installation.Connect(crash.Decide));
            crash.IsArmed = true;
            var hasTaken = await TryTakeOrDieAsync(dying, one, wanted);

            var hasRivalWon = signsUp
                ? await TryAsync(() => other.CreateUserAsync(wanted))
                : await TryTakeAsync(other, two, wanted);

            if (!crash.Struck)
            {
                Assert.True(hasTaken);
                Assert.InRange(index, 5, 12);
                return;
            }
            var after = await FindAsync(other, wanted);
            Assert.Equal(hasRivalWon, after.Id != one.Id);
            // The loser can be found by the own address, and may take another one.
            if (hasRivalWon)
                Assert.Equal((one.Id, own), await FindAsync(other, own));
            Assert.True(await TryTakeAsync(other, one, $"later{index}@example.com"));
            Assert.True(await TryAsync(() => other.CreateUserAsync(own)));
            await AssertOneAccountEachAsync(other);
        }
    }

    private static async Task<IdentityWorld> OpenAsync(Installation installation)
    {
        var world = new IdentityWorld(installation.Connect());
        await world.Bootstrap.EnsureAsync();
        return world;
    }

    private static async Task<(long Id, string Email)> FindAsync(IdentityWorld world, string email)
    {
        var user = (await world.Users.FindByEmailAsync(email))!;
        return (user.Id, user.Email);
    }

    private static async Task AssertOneAccountEachAsync(IdentityWorld world)
    {
        var ids = await world.Users.ScanIdsAsync().ToListAsync();
        var emails = new List<string>();
        foreach (var id in ids)
            emails.Add((await world.Users.FindAsync(id))!.Email);
        Assert.Equal(emails.Distinct().Order(StringComparer.Ordinal), emails.Order(StringComparer.Ordinal));
    }

    private static async Task<bool> TryTakeOrDieAsync(IdentityWorld world, User user, string email)
    {
        try
        {
            return await TryTakeAsync(world, user, email);
        }
        catch (SimulatedCrashException)
        {
            return false;
        }
    }

    private static Task<bool> TryTakeAsync(IdentityWorld world, User user, string email) =>
        TryAsync(() => world.Users.UpdateWithMailAsync(user.Id, email, current => current, CancellationToken.None));

    private static async Task<bool> TryAsync(Func<Task> change)
    {
        try
        {
            await change();
            return true;
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.MailInUse)
        {
            return false;
        }
    }

    /// <summary>A competing call who does all of his work right before a call of somebody else.</summary>
    private sealed class RivalAt(int index, Func<Task<bool>> act)
    {
        private int _calls;

        public bool IsArmed { get; set; }

        public bool? HasWon { get; private set; }

        public StorageFault Decide()
        {
            if (IsArmed && _calls++ == index)
                HasWon = Task.Run(act).GetAwaiter().GetResult();
            return StorageFault.None;
        }
    }
}

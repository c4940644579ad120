using System.Diagnostics.Metrics;
using System.Net;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts;

public sealed class PasswordSignInTests(AzuriteServer azurite)
{
    private const string Email = "a@example.com";

    private static readonly ClientAddress Elsewhere = ClientAddress.Of(IPAddress.Parse("198.51.100.7"));

    [Fact]
    public async Task Given_an_address_that_signed_in_today_when_the_password_is_right_then_it_costs_two_calls()
    {
        var world = await StartAsync();
        await SignInAsync(world);
        using var measured = world.Layout.Account.Transactions.Measure();

        await world.SignIn.SignInAsync("A@example.com", IdentityWorld.Password, IdentityWorld.Home);

        Assert.Equal(2, measured.Total);
    }

    [Fact]
    public async Task Given_failures_at_several_instances_when_the_limit_is_reached_then_the_address_waits()
    {
        var installation = await Installation.CreateAsync(azurite);
        var world = new IdentityWorld(installation.Connect());
        await world.CreateUserAsync(Email);
        for (var i = 0; i < AttemptLimiter.MaxFailures; i++)
            await FailAsync(new IdentityWorld(installation.Connect()), IdentityWorld.Home);

        Assert.Equal(ErrorCode.LoginFailed, await RefusalAsync(() => SignInAsync(world)));
        world.Clock.Advance(AttemptLimiter.Window);
        await SignInAsync(world);
    }

    [Fact]
    public async Task Given_an_address_that_has_to_wait_when_the_owner_signs_in_from_another_then_it_works()
    {
        var world = await StartAsync();
        await FailOftenAsync(world, Elsewhere, AttemptLimiter.MaxFailures);

        Assert.Equal(ErrorCode.LoginFailed, await RefusalAsync(() => SignInAsync(world, Elsewhere)));
        await SignInAsync(world);
    }

    [Fact]
    public async Task Given_guesses_from_many_addresses_when_the_owner_comes_from_a_known_one_then_it_works()
    {
        var world = await StartAsync();
        await SignInAsync(world);
        await AttackAsync(world);

        await SignInAsync(world);
    }

    [Fact]
    public async Task Given_guesses_from_many_places_when_the_owner_comes_from_a_new_one_then_few_are_checked()
    {
        var world = await StartAsync();
        await AttackAsync(world);

        Assert.Equal(ErrorCode.LoginFailed, await RefusalAsync(() => SignInAsync(world)));
        world.Clock.Advance(AttemptLimiter.Spacing);
        await SignInAsync(world);
    }

    [Fact]
    public async Task Given_fewer_failures_than_the_limit_when_the_password_is_right_then_the_count_restarts()
    {
        var world = await StartAsync();
        for (var round = 0; round < 2; round++)
        {
            await FailOftenAsync(world, IdentityWorld.Home, AttemptLimiter.MaxFailures - 1);
            await SignInAsync(world);
        }
    }

    [Fact]
    public async Task Given_many_guesses_at_once_when_they_have_ended_then_each_was_counted()
    {
        var world = await StartAsync();

        await Task.WhenAll(Enumerable.Range(0, AttemptLimiter.MaxFailures).Select(_ => FailAsync(world, IdentityWorld.Home)));

        Assert.Equal(ErrorCode.LoginFailed, await RefusalAsync(() => SignInAsync(world)));
    }

    [Fact]
    public async Task Given_known_and_unknown_addresses_when_a_password_is_wrong_then_both_cost_the_same()
    {
        var world = await StartAsync();

        var known = await MeasureAsync(world, Email);
        var unknown = await MeasureAsync(world, "nobody@example.com");

        Assert.Equal((1, 4), known);
        Assert.Equal(known, unknown);
    }

    [Fact]
    public async Task Given_known_and_unknown_addresses_when_there_were_too_many_guesses_then_neither_is_hashed()
    {
        var world = await StartAsync();
        await FailOftenAsync(world, IdentityWorld.Home, AttemptLimiter.MaxFailures);
        for (var i = 0; i < AttemptLimiter.MaxFailures; i++)
            await MeasureAsync(world, "nobody@example.com");

        Assert.Equal((0, 1), await MeasureAsync(world, Email));
        Assert.Equal((0, 1), await MeasureAsync(world, "nobody@example.com"));
    }

    [Fact]
    public async Task Given_many_addresses_without_accounts_when_passwords_are_tried_then_they_leave_few_rows()
    {
        var world = await StartAsync();
        var before = await Installation.CountRowsAsync(world.Layout.Users);

        for (var i = 0; i < 100; i++)
            await MeasureAsync(world, $"nobody{i}@example.com");

        // One more counts the client.
        Assert.InRange(await Installation.CountRowsAsync(world.Layout.Users) - before, 2, 65);
    }

    [Fact]
    public async Task Given_a_signed_in_user_when_a_password_is_confirmed_then_guesses_count_as_for_sign_ins()
    {
        var world = await StartAsync();
        var user = (await world.Users.FindByEmailAsync(Email))!;

        Assert.True(await world.SignIn.ConfirmAsync(user, IdentityWorld.Password, IdentityWorld.Home));
        for (var i = 0; i < AttemptLimiter.MaxFailures; i++)
            Assert.False(await world.SignIn.ConfirmAsync(user, "wrong password", IdentityWorld.Home));
        Assert.False(await world.SignIn.ConfirmAsync(user, IdentityWorld.Password, IdentityWorld.Home));
        Assert.Equal(ErrorCode.LoginFailed, await RefusalAsync(() => SignInAsync(world)));
    }

    [Fact]
    public async Task Given_more_addresses_than_a_row_tells_apart_when_all_fail_then_the_row_stays_small()
    {
        var world = await StartAsync();
        var key = new AttemptKey("u-test", "!attempts");
        for (var i = 0; i < 2 * AttemptRecord.MaxAddresses; i++)
        {
            var row = await world.Layout.Users.FindAsync(key.Partition, key.RowKey);
            await world.Limiter.CountFailureAsync(key, row, ClientAddress.Of(new IPAddress([10, 0, (byte)(i >> 8), (byte)i])), default);
        }

        var record = AttemptRecord.Read(await world.Layout.Users.FindAsync(key.Partition, key.RowKey));

        Assert.Equal(AttemptRecord.MaxAddresses, record.Addresses.Count);
        Assert.Equal(2 * AttemptRecord.MaxAddresses, record.Total?.Count);
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    public void Given_two_addresses_when_guesses_are_counted_then_those_of_one_network_count_together(string first, string second, bool same) =>
        Assert.Equal(same, ClientAddress.Of(IPAddress.Parse(first)) == ClientAddress.Of(IPAddress.Parse(second)));

    [Fact]
    public async Task Given_counted_failures_when_they_no_longer_count_then_the_sweep_removes_only_them()
    {
        var world = await StartAsync();
        var sweep = new SessionSweep(world.Layout, world.Clock);
        await FailAsync(world, IdentityWorld.Home);
        Assert.Equal(0, await sweep.RunAsync(100));

        world.Clock.Advance(AttemptLimiter.Window + TimeSpan.FromSeconds(1));

        // One row counts the account's failures, one the client's.
        Assert.Equal(2, await sweep.RunAsync(100));
        await SignInAsync(world);
    }

    private static async Task<(int Hashes, int Transactions)> MeasureAsync(IdentityWorld world, string email)
    {
        var counting = new AsyncLocal<bool> { Value = true };
        var hashes = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "cloudreve.password.hashes")
                    self.EnableMeasurementEvents(instrument);
            },
        };
        // Other tests hash at the same time; the callback runs where the hash is worked out.
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => hashes += counting.Value ? 1 : 0);
        listener.Start();
        using var measured = world.Layout.Account.Transactions.Measure();
        await RefusalAsync(() => world.SignIn.SignInAsync(email, "wrong password", IdentityWorld.Home));
        return (hashes, (int)measured.Total);
    }

    private static async Task AttackAsync(IdentityWorld world)
    {
        var key = new AttemptKey(UserRows.MailPartition(Email), UserRows.FailedSignIns);
        for (var i = 0; i < AttemptLimiter.MaxTotalFailures; i++)
        {
            var row = await world.Layout.Users.FindAsync(key.Partition, key.RowKey);
            await world.Limiter.CountFailureAsync(key, row, ClientAddress.Of(new IPAddress([203, 0, 113, (byte)i])), default);
        }
    }

    private static async Task FailOftenAsync(IdentityWorld world, ClientAddress client, int count)
    {
        for (var i = 0; i < count; i++)
            await FailAsync(world, client);
    }

    private static async Task FailAsync(IdentityWorld world, ClientAddress client) =>
        Assert.Equal(ErrorCode.LoginFailed, await RefusalAsync(() => world.SignIn.SignInAsync(Email, "wrong password", client)));

    private static Task<User> SignInAsync(IdentityWorld world, ClientAddress? client = null) =>
        world.SignIn.SignInAsync(Email, IdentityWorld.Password, client ?? IdentityWorld.Home);

    private static async Task<ErrorCode> RefusalAsync(Func<Task> action) => (await Assert.ThrowsAsync<CloudreveException>(action)).Code;

    private async Task<IdentityWorld> StartAsync()
    {
        var world = new IdentityWorld((await Installation.CreateAsync(azurite)).Connect());
        await world.CreateUserAsync(Email);
        await world.Settings.GetAsync();
        return world;
    }
}

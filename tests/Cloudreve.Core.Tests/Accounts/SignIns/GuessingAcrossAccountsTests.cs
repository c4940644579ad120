using System.Net;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Sharing;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts.SignIns;

public sealed class GuessingAcrossAccountsTests(AzuriteServer azurite)
{
    private const string Email = "a@example.com";

    private static readonly ClientAddress s_attacker = ClientAddress.Of(IPAddress.Parse("198.51.100.7"));
    private static readonly int s_most = BudgetLimit.Of(ClientBudget.FailedSignIns).Most;

    [Fact]
    public async Task Given_one_client_when_it_tries_60_accounts_then_no_more_than_its_budget_are_checked()
    {
        var world = await StartAsync();

        var codes = await SprayAsync(world, 60);

        Assert.Equal(s_most, codes.Count(code => code == ErrorCode.LoginFailed));
        Assert.Equal(60 - s_most, codes.Count(code => code == ErrorCode.TooManyRequests));
    }

    [Fact]
    public async Task Given_a_client_that_failed_too_often_when_it_knows_a_password_then_old_accounts_let_it_in()
    {
        var world = await StartAsync();
        await world.CreateUserAsync("b@example.com");
        await world.SignIn.SignInAsync("b@example.com", IdentityWorld.Password, s_attacker);
        await SprayAsync(world, s_most);

        Assert.Equal(ErrorCode.TooManyRequests, await RefusalAsync(() => SignInAsync(world, s_attacker)));
        await world.SignIn.SignInAsync("b@example.com", IdentityWorld.Password, s_attacker);
        await SignInAsync(world, IdentityWorld.Home);
        world.Clock.Advance(TimeSpan.FromMinutes(15));
        await SignInAsync(world, s_attacker);
    }

    [Fact]
    public async Task Given_a_client_that_failed_too_often_when_it_continues_then_each_try_costs_one_transaction()
    {
        var world = await StartAsync();
        await SprayAsync(world, s_most);
        using var measured = world.Layout.Account.Transactions.Measure();

        await SprayAsync(world, 5);

        Assert.Equal(5, measured.Total);
    }

    [Fact]
    public async Task Given_invented_addresses_when_one_client_tries_them_then_they_leave_no_rows_of_their_own()
    {
        var world = await StartAsync();
        var before = await Installation.CountRowsAsync(world.Layout.Users);

        await SprayAsync(world, s_most);

        // One row counts the client; the others are overwritten time and again.
        Assert.InRange(await Installation.CountRowsAsync(world.Layout.Users) - before, 2, s_most + 1);
        Assert.InRange(await CountNobodysAsync(world), 1, 64);
    }

    [Fact]
    public async Task Given_guesses_from_many_addresses_when_the_owner_solves_a_captcha_then_a_new_one_gets_in()
    {
        var world = await StartAsync();
        await AttackAsync(world, AttemptLimiter.MaxTotalFailures, hasSolved: false);
        Assert.False(world.Pressure.IsHigh);

        Assert.Equal(ErrorCode.CaptchaWrong, await RefusalAsync(() => SignInAsync(world, IdentityWorld.Home, hasSolved: false)));
        Assert.True(world.Pressure.IsHigh);
        await SignInAsync(world, IdentityWorld.Home, hasSolved: true);

        world.Clock.Advance(AttemptLimiter.Window);
        Assert.False(world.Pressure.IsHigh);
    }

    [Fact]
    public async Task Given_a_solved_captcha_when_the_password_is_wrong_then_it_counts_as_any_other()
    {
        var world = await StartAsync();
        await AttackAsync(world, AttemptLimiter.MaxTotalFailures, hasSolved: false);

        for (var i = 0; i < AttemptLimiter.MaxFailures; i++)
            Assert.Equal(ErrorCode.LoginFailed, await RefusalAsync(() => GuessAsync(world, IdentityWorld.Home)));

        Assert.Equal(ErrorCode.LoginFailed, await RefusalAsync(() => SignInAsync(world, IdentityWorld.Home, hasSolved: true)));
    }

    [Fact]
    public async Task Given_programs_that_solve_captchas_when_they_guess_too_often_then_captchas_help_no_longer()
    {
        var world = await StartAsync();
        await SignInAsync(world, IdentityWorld.Home);
        await AttackAsync(world, AttemptLimiter.MaxTotalFailures + AttemptLimiter.MaxSolvedFailures, hasSolved: true);

        Assert.Equal(ErrorCode.LoginFailed, await RefusalAsync(() => SignInAsync(world, s_attacker, hasSolved: true)));
        await SignInAsync(world, IdentityWorld.Home);
    }

    [Fact]
    public async Task Given_no_guesses_of_others_when_somebody_signs_in_then_no_captcha_is_checked()
    {
        var world = await StartAsync();

        await world.SignIn.SignInAsync(
            Email, IdentityWorld.Password, IdentityWorld.Home, _ => throw new InvalidOperationException("No captcha is needed."));
    }

    [Fact]
    public async Task Given_one_client_when_it_tries_codes_of_many_accounts_then_its_budget_bounds_the_checks()
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        var codes = new List<ErrorCode>();
        for (var i = 0; i < 5; i++)
        {
            var user = await world.CreateUserAsync($"user{i}@example.com");
            for (var guess = 0; guess < AttemptLimiter.MaxFailures - 1; guess++)
            {
                var session = await world.Sessions.CreateAsync(user);
                codes.Add(await RefusalAsync(() => world.Sessions.FinishAsync(session.ToString("D"), "000000", s_attacker)));
            }
        }

        Assert.Equal(BudgetLimit.Of(ClientBudget.WrongCodes).Most, codes.Count(code => code == ErrorCode.WrongTwoFactorCode));
        Assert.Equal(ErrorCode.TooManyRequests, codes[^1]);
    }

    [Fact]
    public async Task Given_one_client_when_it_tries_passwords_of_many_links_then_its_budget_bounds_the_checks()
    {
        var world = await StartAsync();
        var guesses = new ShareGuesses(world.Layout, world.Limiter, world.Budgets, world.Clock);
        var most = BudgetLimit.Of(ClientBudget.WrongSharePasswords).Most;
        for (var i = 0; i < most; i++)
            Assert.False(await guesses.IsRightAsync(LinkOf(i), s_attacker, "wrong", default));

        Assert.Equal(ErrorCode.TooManyRequests, await RefusalAsync(async () => await guesses.IsRightAsync(LinkOf(most), s_attacker, "right", default)));
        Assert.True(await guesses.IsRightAsync(LinkOf(most), IdentityWorld.Home, "right", default));
    }

    private static Share LinkOf(int number) =>
        new() { Id = 100 + number, OwnerId = 7, FileId = 3, Password = "right", CreatedAt = DateTimeOffset.UnixEpoch };

    /// <summary>Tries one password on many addresses, the first of which has an account.</summary>
    private static async Task<List<ErrorCode>> SprayAsync(IdentityWorld world, int accounts)
    {
        var codes = new List<ErrorCode>();
        for (var i = 0; i < accounts; i++)
            codes.Add(await RefusalAsync(() => world.SignIn.SignInAsync(i == 0 ? Email : $"user{i}@example.com", "Summer2026", s_attacker)));
        return codes;
    }

    private static async Task AttackAsync(IdentityWorld world, int failures, bool hasSolved)
    {
        var key = new AttemptKey(UserRows.MailPartition(Email), UserRows.FailedSignIns);
        for (var i = 0; i < failures; i++)
        {
            var row = await world.Layout.Users.FindAsync(key.Partition, key.RowKey);
            await world.Limiter.CountFailureAsync(key, row, ClientAddress.Of(new IPAddress([203, 0, 113, (byte)i])), default, hasSolved);
        }
    }

    private static async Task<int> CountNobodysAsync(IdentityWorld world)
    {
        var count = 0;
        await foreach (var _ in world.Layout.Users.ScanAsync("PartitionKey ge 'n' and PartitionKey lt 'o'"))
            count++;
        return count;
    }

    private static Task<User> GuessAsync(IdentityWorld world, ClientAddress client) =>
        world.SignIn.SignInAsync(Email, "wrong password", client, _ => Task.FromResult(true));

    private static Task<User> SignInAsync(IdentityWorld world, ClientAddress client, bool hasSolved = false) =>
        world.SignIn.SignInAsync(Email, IdentityWorld.Password, client, _ => Task.FromResult(hasSolved));

    private static async Task<ErrorCode> RefusalAsync(Func<Task> action) => (await Assert.ThrowsAsync<CloudreveException>(action)).Code;

    private async Task<IdentityWorld> StartAsync()
    {
        var world = new IdentityWorld((await Installation.CreateAsync(azurite)).Connect());
        await world.CreateUserAsync(Email);
        await world.Settings.GetAsync();
        return world;
    }
}

using System.Net;
using System.Text;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Accounts.TwoFactor;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts;

public sealed class TwoFactorTests(AzuriteServer azurite)
{
    // RFC 6238, appendix B: the last six of the eight digits that it lists for HMAC-SHA-1.
    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void Given_a_moment_of_the_rfc_when_its_code_is_worked_out_then_it_is_the_published_one(long seconds, string code) =>
        Assert.Equal(code, Totp.CodeAt("12345678901234567890"u8, Totp.StepAt(DateTimeOffset.FromUnixTimeSeconds(seconds))));

    // RFC 4648, section 10, without the padding.
    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foo", "MZXW6")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void Given_bytes_of_the_rfc_when_they_are_encoded_then_the_text_is_the_published_one(string bytes, string text) =>
        Assert.Equal(text, Base32.Encode(Encoding.ASCII.GetBytes(bytes)));

    [Theory]
    [InlineData(-2, false)]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void Given_a_clock_that_is_some_steps_off_when_its_code_is_given_then_one_step_is_forgiven(int steps, bool taken)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_900_000_000);
        byte[] secret = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

        Assert.Equal(taken, Totp.FindStep(secret, Totp.CodeAt(secret, Totp.StepAt(now) + steps), now, 0) is not null);
    }

    [Fact]
    public async Task Given_a_second_factor_when_a_code_is_used_again_then_it_is_wrong()
    {
        var (world, user, app) = await EnableAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        var code = app.Code(world);

        Assert.Equal(user.Id, (await FinishAsync(world, user, code)).Id);

        Assert.Equal(ErrorCode.WrongTwoFactorCode, await RefusalAsync(() => FinishAsync(world, user, code)));
        Assert.Equal(ErrorCode.WrongTwoFactorCode, await RefusalAsync(() => FinishAsync(world, user, app.Code(world, -1))));
        world.Clock.Advance(TimeSpan.FromSeconds(30));
        await FinishAsync(world, user, app.Code(world));
    }

    [Fact]
    public async Task Given_the_code_that_enabled_the_second_factor_when_it_is_used_to_sign_in_then_it_is_wrong()
    {
        var (world, user, app) = await EnableAsync();

        Assert.Equal(ErrorCode.WrongTwoFactorCode, await RefusalAsync(() => FinishAsync(world, user, app.Code(world))));
    }

    [Fact]
    public async Task Given_two_sign_ins_at_once_when_both_use_one_code_then_one_succeeds()
    {
        var (world, user, app) = await EnableAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        var sessions = new[] { await world.Sessions.CreateAsync(user), await world.Sessions.CreateAsync(user) };
        var code = app.Code(world);

        var results = await Task.WhenAll(sessions.Select(async session =>
        {
            try
            {
                await world.Sessions.FinishAsync(session.ToString("D"), code, IdentityWorld.Home);
                return true;
            }
            catch (CloudreveException)
            {
                return false;
            }
        }));

        Assert.Single(results, succeeded => succeeded);
    }

    [Fact]
    public async Task Given_a_waiting_sign_in_when_its_time_is_up_then_it_is_unknown()
    {
        var (world, user, app) = await EnableAsync();
        var session = await world.Sessions.CreateAsync(user);
        world.Clock.Advance(SignInSessions.Lifetime);

        Assert.Equal(ErrorCode.NotFound, await RefusalAsync(() => world.Sessions.FinishAsync(session.ToString("D"), app.Code(world), IdentityWorld.Home)));
    }

    [Fact]
    public async Task Given_a_sign_in_that_has_ended_when_it_is_ended_again_then_it_is_unknown()
    {
        var (world, user, app) = await EnableAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        var session = await world.Sessions.CreateAsync(user);
        await world.Sessions.FinishAsync(session.ToString("D"), app.Code(world), IdentityWorld.Home);
        world.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(ErrorCode.NotFound, await RefusalAsync(() => world.Sessions.FinishAsync(session.ToString("D"), app.Code(world), IdentityWorld.Home)));
    }

    [Fact]
    public async Task Given_a_waiting_sign_in_when_the_password_changes_then_it_is_unknown()
    {
        var (world, user, app) = await EnableAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        var session = await world.Sessions.CreateAsync(user);
        await world.Users.UpdateAsync(user.Id, current => current with { PasswordHash = "another" });

        Assert.Equal(ErrorCode.NotFound, await RefusalAsync(() => world.Sessions.FinishAsync(session.ToString("D"), app.Code(world), IdentityWorld.Home)));
    }

    [Fact]
    public async Task Given_many_wrong_codes_when_the_right_one_follows_then_only_that_address_has_to_wait()
    {
        var (world, user, app) = await EnableAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        for (var i = 0; i < AttemptLimiter.MaxFailures; i++)
            Assert.Equal(ErrorCode.WrongTwoFactorCode, await RefusalAsync(() => FinishAsync(world, user, "12345")));

        Assert.Equal(ErrorCode.WrongTwoFactorCode, await RefusalAsync(() => FinishAsync(world, user, app.Code(world))));
        var session = await world.Sessions.CreateAsync(user);
        await world.Sessions.FinishAsync(session.ToString("D"), app.Code(world), ClientAddress.Of(IPAddress.Parse("198.51.100.1")));
    }

    [Fact]
    public async Task Given_many_wrong_codes_at_once_when_the_limit_is_reached_then_the_rest_is_not_checked()
    {
        var (world, user, _) = await EnableAsync();
        var session = (await world.Sessions.CreateAsync(user)).ToString("D");

        await Task.WhenAll(Enumerable.Range(0, 100).Select(
            guess => RefusalAsync(() => world.Sessions.FinishAsync(session, $"{guess:D7}", IdentityWorld.Home))));

        var attempts = AttemptRecord.Read(await world.Layout.Users.FindAsync(UserRows.Partition(user.Id), UserRows.FailedCodes));
        Assert.Equal(AttemptLimiter.MaxFailures, attempts.Addresses.Values.Single().Count);
    }

    [Fact]
    public async Task Given_a_sign_in_that_waits_when_the_code_is_right_then_it_costs_five_transactions()
    {
        var (world, user, app) = await EnableAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        var session = await world.Sessions.CreateAsync(user);
        await world.Settings.GetAsync();
        using var measured = world.Layout.Account.Transactions.Measure();

        await world.Sessions.FinishAsync(session.ToString("D"), app.Code(world), IdentityWorld.Home);

        Assert.Equal(5, measured.Total);
    }

    [Fact]
    public async Task Given_no_or_an_old_prepared_secret_when_two_factors_are_enabled_then_the_code_is_50005()
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        var user = await world.CreateUserAsync("a@example.com");
        Assert.Equal(ErrorCode.InternalSetting, await RefusalAsync(() => world.TwoFactor.EnableAsync(user, "123456", IdentityWorld.Home)));
        var app = new AuthenticatorApp(await world.TwoFactor.PrepareAsync(user));
        world.Clock.Advance(TwoFactorAuth.PreparationLifetime);

        Assert.Equal(ErrorCode.InternalSetting, await RefusalAsync(() => world.TwoFactor.EnableAsync(user, app.Code(world), IdentityWorld.Home)));
    }

    [Fact]
    public async Task Given_a_second_factor_when_another_is_to_take_its_place_without_a_code_then_it_stays()
    {
        var (world, user, _) = await EnableAsync();
        var stolen = new AuthenticatorApp(await world.TwoFactor.PrepareAsync(user));

        Assert.Equal(ErrorCode.BadParameter, await RefusalAsync(() => world.TwoFactor.EnableAsync(user, stolen.Code(world), IdentityWorld.Home)));
    }

    [Fact]
    public async Task Given_a_second_factor_when_it_is_disabled_then_only_a_right_code_does_it()
    {
        var (world, user, app) = await EnableAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(ErrorCode.WrongTwoFactorCode, await RefusalAsync(() => world.TwoFactor.DisableAsync(user, null, IdentityWorld.Home)));
        await world.TwoFactor.DisableAsync(user, app.Code(world), IdentityWorld.Home);

        Assert.False((await world.Users.FindAsync(user.Id))!.HasTwoFactor);
    }

    [Fact]
    public async Task Given_a_second_factor_when_its_row_is_read_then_its_secret_is_encrypted_for_that_user()
    {
        var (world, user, app) = await EnableAsync();
        var other = await world.CreateUserAsync("b@example.com");
        world.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.DoesNotContain(app.Secret, user.TwoFactorSecret, StringComparison.Ordinal);
        await world.Layout.Users.MergeAsync(new Row(UserRows.Partition(other.Id), UserRows.Account) { ["totp"] = user.TwoFactorSecret }, "*");
        await Assert.ThrowsAnyAsync<System.Security.Cryptography.CryptographicException>(() => FinishAsync(world, other, app.Code(world)));
    }

    private static async Task<User> FinishAsync(IdentityWorld world, User user, string code) =>
        (await world.Sessions.FinishAsync((await world.Sessions.CreateAsync(user)).ToString("D"), code, IdentityWorld.Home)).User;

    private static async Task<ErrorCode> RefusalAsync(Func<Task> action) => (await Assert.ThrowsAsync<CloudreveException>(action)).Code;

    private async Task<(IdentityWorld World, User User, AuthenticatorApp App)> EnableAsync()
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        var user = await world.CreateUserAsync("a@example.com");
        var app = new AuthenticatorApp(await world.TwoFactor.PrepareAsync(user));
        await world.TwoFactor.EnableAsync(user, app.Code(world), IdentityWorld.Home);
        return (world, (await world.Users.FindAsync(user.Id))!, app);
    }
}

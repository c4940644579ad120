using Cloudreve.Core.Accounts.LoginActivities;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts.LoginActivities;

public sealed class LoginActivityLogTests(AzuriteServer azurite)
{
    private static readonly LoginActivity SignIn = new()
    {
        Ip = "192.0.2.1",
        Browser = "Firefox",
        Os = "Linux",
        Device = "PC",
        Method = LoginMethod.OpenId,
        OpenIdProvider = 2,
        Success = true,
        WebDav = true,
    };

    [Fact]
    public async Task Given_sign_ins_when_they_are_listed_then_the_newest_twenty_cost_one_transaction()
    {
        var (world, log) = await CreateAsync();
        for (var i = 0; i < LoginActivityLog.Shown + 1; i++)
        {
            await log.AddAsync(7, SignIn with { Browser = $"Browser {i}" });
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        await log.AddAsync(8, SignIn);
        using var measured = world.Layout.Account.Transactions.Measure();

        var listed = await log.ListAsync(7);

        Assert.Equal(1, measured.Total);
        Assert.Equal(Enumerable.Range(1, LoginActivityLog.Shown).Reverse().Select(i => $"Browser {i}"), listed.Select(login => login.Browser));
        Assert.Equal(SignIn with { Browser = "Browser 20", At = world.Clock.GetUtcNow() - TimeSpan.FromSeconds(1) }, listed[0]);
    }

    [Fact]
    public async Task Given_many_failures_when_more_come_within_an_hour_then_sign_ins_stay_in_sight()
    {
        var (world, log) = await CreateAsync();
        await log.AddAsync(7, SignIn);
        for (var i = 0; i < 30; i++)
            await log.AddFailureAsync(7, SignIn);

        Assert.Equal(10, (await log.ListAsync(7)).Count(login => !login.Success));
        Assert.Contains(await log.ListAsync(7), login => login.Success);

        world.Clock.Advance(TimeSpan.FromHours(1));
        await log.AddFailureAsync(7, SignIn);
        Assert.Equal(11, (await log.ListAsync(7)).Count(login => !login.Success));
    }

    [Fact]
    public async Task Given_old_sign_ins_when_sessions_are_swept_then_they_go_after_ninety_days()
    {
        var (world, log) = await CreateAsync();
        await log.AddAsync(7, SignIn);
        var sweep = new SessionSweep(world.Layout, world.Clock);

        world.Clock.Advance(LoginActivityLog.Age - TimeSpan.FromSeconds(1));
        Assert.Equal(0, await sweep.RunAsync(100));
        world.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1, await sweep.RunAsync(100));

        Assert.Empty(await log.ListAsync(7));
    }

    private async Task<(IdentityWorld World, LoginActivityLog Log)> CreateAsync()
    {
        var world = new IdentityWorld((await Installation.CreateAsync(azurite)).Connect());
        return (world, new LoginActivityLog(world.Layout, world.Clock));
    }
}

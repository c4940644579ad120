using Cloudreve.Core.Errors;
using Cloudreve.Core.Identity;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Identity;

public sealed class PasswordSignInTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_no_earlier_failures_when_the_right_password_is_given_then_it_costs_two_transactions()
    {
        var world = new IdentityWorld((await Installation.CreateAsync(azurite)).Connect());
        await world.CreateUserAsync("a@example.com");
        using var measured = world.Layout.Account.Transactions.Measure();

        await world.SignIn.SignInAsync("A@example.com", IdentityWorld.Password);

        Assert.Equal(2, measured.Total);
    }

    [Fact]
    public async Task Given_failures_at_several_instances_when_the_limit_is_reached_then_the_right_password_works_only_after_the_window()
    {
        var installation = await Installation.CreateAsync(azurite);
        var world = new IdentityWorld(installation.Connect());
        await world.CreateUserAsync("a@example.com");
        for (var i = 0; i < PasswordSignIn.MaxFailures; i++)
            await FailAsync(new IdentityWorld(installation.Connect()));

        var refused = await Assert.ThrowsAsync<CloudreveException>(() => world.SignIn.SignInAsync("a@example.com", IdentityWorld.Password));
        world.Clock.Advance(PasswordSignIn.Window);
        var user = await world.SignIn.SignInAsync("a@example.com", IdentityWorld.Password);

        Assert.Equal(ErrorCode.LoginFailed, refused.Code);
        Assert.Equal("a@example.com", user.Email);
    }

    [Fact]
    public async Task Given_a_failure_fewer_than_the_limit_when_the_right_password_is_given_then_the_count_starts_anew()
    {
        var world = new IdentityWorld((await Installation.CreateAsync(azurite)).Connect());
        await world.CreateUserAsync("a@example.com");
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < PasswordSignIn.MaxFailures - 1; i++)
                await FailAsync(world);
            await world.SignIn.SignInAsync("a@example.com", IdentityWorld.Password);
        }
    }

    [Fact]
    public async Task Given_many_guesses_at_once_when_they_have_ended_then_each_was_counted()
    {
        var world = new IdentityWorld((await Installation.CreateAsync(azurite)).Connect());
        await world.CreateUserAsync("a@example.com");

        await Task.WhenAll(Enumerable.Range(0, PasswordSignIn.MaxFailures).Select(_ => FailAsync(world)));

        await Assert.ThrowsAsync<CloudreveException>(() => world.SignIn.SignInAsync("a@example.com", IdentityWorld.Password));
    }

    private static Task<CloudreveException> FailAsync(IdentityWorld world) =>
        Assert.ThrowsAsync<CloudreveException>(() => world.SignIn.SignInAsync("a@example.com", "wrong password"));
}

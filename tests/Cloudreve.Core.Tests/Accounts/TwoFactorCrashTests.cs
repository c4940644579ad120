using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts;

/// <summary>Tests that a fault at any storage call of the second factor leaves it either enabled or disabled, and no code works twice.</summary>
public sealed class TwoFactorCrashTests(AzuriteServer azurite)
{
    private readonly FaultMatrix _matrix = new(azurite);

    [Theory]
    [MemberData(nameof(FaultMatrix.Faults), MemberType = typeof(FaultMatrix))]
    public Task Given_a_fault_at_any_call_of_enabling_when_it_has_passed_then_the_code_fits_the_state(StorageFault fault) =>
        _matrix.RunAsync(
            fault,
            PrepareAsync,
            (process, phone) => process.TwoFactor.EnableAsync(phone.User, CodeOf(process, phone), IdentityWorld.Home),
            async (world, phone, error) =>
            {
                Assert.True(error is null or SimulatedCrashException, error?.ToString());
                var user = await world.Users.FindAsync(phone.User.Id);
                Assert.True(error is not null || user!.HasTwoFactor);
                if (!user!.HasTwoFactor)
                    await world.TwoFactor.EnableAsync(user, CodeOf(world, phone), IdentityWorld.Home);
                else
                    Assert.Equal(ErrorCode.BadParameter, await CodeAsync(() => world.TwoFactor.EnableAsync(user, CodeOf(world, phone), IdentityWorld.Home)));
                Assert.Equal(
                    ErrorCode.WrongTwoFactorCode,
                    await CodeAsync(() => world.TwoFactor.ConfirmAsync(user.Id, CodeOf(world, phone), IdentityWorld.Home, default)));
                await world.TwoFactor.ConfirmAsync(user.Id, CodeOf(world, phone, steps: 1), IdentityWorld.Home, default);
            });

    [Theory]
    [MemberData(nameof(FaultMatrix.Faults), MemberType = typeof(FaultMatrix))]
    public Task Given_a_fault_at_any_call_of_disabling_when_retried_then_it_is_off_and_can_be_enabled(StorageFault fault) =>
        _matrix.RunAsync(
            fault,
            EnableAsync,
            (process, phone) => process.TwoFactor.DisableAsync(phone.User, CodeOf(process, phone, steps: 1), IdentityWorld.Home),
            async (world, phone, error) =>
            {
                Assert.True(error is null or SimulatedCrashException, error?.ToString());
                var user = await world.Users.FindAsync(phone.User.Id);
                Assert.True(error is not null || !user!.HasTwoFactor);
                await world.TwoFactor.DisableAsync(user!, CodeOf(world, phone, steps: 1), IdentityWorld.Home);
                user = await world.Users.FindAsync(phone.User.Id);
                Assert.False(user!.HasTwoFactor);
                var again = new Phone(user, new AuthenticatorApp(await world.TwoFactor.PrepareAsync(user)));
                await world.TwoFactor.EnableAsync(user, CodeOf(world, again), IdentityWorld.Home);
            });

    [Theory]
    [MemberData(nameof(FaultMatrix.Faults), MemberType = typeof(FaultMatrix))]
    public Task Given_a_fault_at_any_call_of_a_sign_in_with_a_code_when_retried_then_it_worked_once(StorageFault fault) =>
        _matrix.RunAsync(
            fault,
            async (world, index) =>
            {
                var phone = await EnableAsync(world, index);
                return (Phone: phone, Session: await world.Sessions.CreateAsync(phone.User));
            },
            (process, prepared) => process.Sessions.FinishAsync(
                prepared.Session.ToString("D"), CodeOf(process, prepared.Phone, steps: 1), IdentityWorld.Home),
            async (world, prepared, error) =>
            {
                var (phone, session) = prepared;
                Assert.True(error is null or SimulatedCrashException, error?.ToString());
                var again = await Record.ExceptionAsync(
                    () => world.Sessions.FinishAsync(session.ToString("D"), CodeOf(world, phone, steps: 1), IdentityWorld.Home));
                Assert.True(again is null ? error is not null : again is CloudreveException, again?.ToString());
                // A minute later there is another code.
                world.Clock.Advance(TimeSpan.FromMinutes(1));
                await world.Sessions.FinishAsync(
                    (await world.Sessions.CreateAsync((await world.Users.FindAsync(phone.User.Id))!)).ToString("D"), CodeOf(world, phone), IdentityWorld.Home);
            });

    private static async Task<Phone> PrepareAsync(IdentityWorld world, int index)
    {
        var user = await world.CreateUserAsync($"jane{index}@example.com");
        return new Phone(user, new AuthenticatorApp(await world.TwoFactor.PrepareAsync(user)));
    }

    private static async Task<Phone> EnableAsync(IdentityWorld world, int index)
    {
        var phone = await PrepareAsync(world, index);
        await world.TwoFactor.EnableAsync(phone.User, CodeOf(world, phone), IdentityWorld.Home);
        return phone with { User = (await world.Users.FindAsync(phone.User.Id))! };
    }

    private static string CodeOf(IdentityWorld world, Phone phone, int steps = 0) => phone.App.Code(world, steps);

    private static async Task<ErrorCode> CodeAsync(Func<Task> act) => (await Assert.ThrowsAsync<CloudreveException>(act)).Code;

    private sealed record Phone(User User, AuthenticatorApp App);
}

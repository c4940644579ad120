using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Passkeys;
using Cloudreve.Core.Accounts.Passkeys.WebAuthn;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Passkeys;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts.Passkeys;

/// <summary>Tests that a fault at any storage call of passkey operations leaves a state that another try can continue from.</summary>
public sealed class PasskeyCrashTests(AzuriteServer azurite)
{
    private const string Origin = "https://drive.example.com";

    private readonly FaultMatrix _matrix = new(azurite);

    [Theory]
    [MemberData(nameof(FaultMatrix.Faults), MemberType = typeof(FaultMatrix))]
    public Task Given_a_fault_at_any_call_of_a_registration_when_retried_then_one_passkey_works(StorageFault fault) =>
        _matrix.RunAsync(
            fault,
            async (world, index) =>
            {
                var owner = await OwnerAsync(world, index);
                return (Owner: owner, Response: await CreateAsync(world, owner));
            },
            (process, prepared) => CeremoniesOf(process).FinishRegistrationAsync(prepared.Owner.User, prepared.Response, "phone", ""),
            async (world, prepared, error) =>
            {
                var (owner, _) = prepared;
                Assert.True(error is null or SimulatedCrashException, error?.ToString());
                if ((await new PasskeyStore(world.Layout).ListAsync(owner.User.Id)).Count == 0)
                {
                    Assert.NotNull(error);
                    await CeremoniesOf(world).FinishRegistrationAsync(owner.User, await CreateAsync(world, owner), "phone", "");
                }
                Assert.Single(await new PasskeyStore(world.Layout).ListAsync(owner.User.Id));
                await SignInAsync(world, owner);
            });

    [Theory]
    [MemberData(nameof(FaultMatrix.Faults), MemberType = typeof(FaultMatrix))]
    public Task Given_a_fault_at_any_call_of_a_sign_in_when_the_next_one_comes_then_the_counter_holds(StorageFault fault) =>
        _matrix.RunAsync(
            fault,
            async (world, index) =>
            {
                var owner = await RegisterAsync(world, index);
                owner.Device.Counter++;
                var (session, challenge) = await CeremoniesOf(world).BeginSignInAsync(Origin);
                return (Owner: owner, Session: session, Response: owner.Device.Get(Encode(challenge), await HandleAsync(world, owner)));
            },
            async (process, prepared) => await CeremoniesOf(process).FinishSignInAsync(
                await process.Settings.GetAsync(), prepared.Session.ToString("D"), prepared.Response),
            async (world, prepared, error) =>
            {
                Assert.True(error is null or SimulatedCrashException, error?.ToString());
                if (error is null)
                    Assert.IsType<WebAuthnException>(await Record.ExceptionAsync(() => SignInAsync(world, prepared.Owner, advance: 0)), exactMatch: false);
                await SignInAsync(world, prepared.Owner);
            });

    [Theory]
    [MemberData(nameof(FaultMatrix.Faults), MemberType = typeof(FaultMatrix))]
    public Task Given_a_fault_at_any_call_of_a_deletion_when_retried_then_nothing_of_the_passkey_is_left(StorageFault fault) =>
        _matrix.RunAsync(
            fault,
            RegisterAsync,
            async (process, owner) => Assert.True(await new PasskeyStore(process.Layout).DeleteAsync(owner.User.Id, owner.Device.CredentialId)),
            async (world, owner, error) =>
            {
                Assert.True(error is null or SimulatedCrashException, error?.ToString());
                var store = new PasskeyStore(world.Layout);
                if (error is not null)
                    await store.DeleteAsync(owner.User.Id, owner.Device.CredentialId);
                Assert.Empty(await store.ListAsync(owner.User.Id));
                // The authenticator may belong to somebody else from now on.
                var other = owner with { User = await world.CreateUserAsync("other-" + owner.User.Email) };
                await CeremoniesOf(world).FinishRegistrationAsync(other.User, await CreateAsync(world, other), "phone", "");
                await SignInAsync(world, other);
            });

    private static PasskeyCeremonies CeremoniesOf(IdentityWorld world) =>
        new(world.Layout, new PasskeyStore(world.Layout), world.Users, world.Clock);

    private static string Encode(byte[] challenge) => System.Buffers.Text.Base64Url.EncodeToString(challenge);

    private static async Task<Owner> OwnerAsync(IdentityWorld world, int index) =>
        new(await world.CreateUserAsync($"jane{index}@example.com"), new SoftwareAuthenticator { Origin = Origin, Counter = 1 });

    private static async Task<Owner> RegisterAsync(IdentityWorld world, int index)
    {
        var owner = await OwnerAsync(world, index);
        await CeremoniesOf(world).FinishRegistrationAsync(owner.User, await CreateAsync(world, owner), "phone", "");
        return owner;
    }

    private static async Task<string> CreateAsync(IdentityWorld world, Owner owner) =>
        owner.Device.Create(Encode(await CeremoniesOf(world).BeginRegistrationAsync(owner.User, Origin)));

    private static async Task<string> HandleAsync(IdentityWorld world, Owner owner) =>
        (await world.Settings.GetAsync()).HashIds.Encode(owner.User.Id, HashIdKind.User);

    private static async Task SignInAsync(IdentityWorld world, Owner owner, uint advance = 1)
    {
        owner.Device.Counter += advance;
        var (session, challenge) = await CeremoniesOf(world).BeginSignInAsync(Origin);
        var response = owner.Device.Get(Encode(challenge), await HandleAsync(world, owner));
        var user = await CeremoniesOf(world).FinishSignInAsync(await world.Settings.GetAsync(), session.ToString("D"), response);
        Assert.Equal(owner.User.Id, user.Id);
    }

    private sealed record Owner(User User, SoftwareAuthenticator Device);
}

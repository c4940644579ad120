using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Accounts.Passkeys;
using Cloudreve.Core.Accounts.Tokens;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Outgoing;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Session.OpenId;

/// <summary>Tests that a fault at any storage call with identities of a provider leaves a state that another try can continue from.</summary>
public sealed class OpenIdCrashTests(ClockedApp clocked, AzuriteServer azurite) : IClassFixture<ClockedApp>, IAsyncLifetime
{
    private const string SiteBase = "https://drive.example.com";
    private const int MostCalls = 100;

    private TestIdentityProvider? _provider;
    private SiteSettings? _settings;

    public static TheoryData<StorageFault> Faults =>
        [StorageFault.CrashBefore, StorageFault.CrashAfter, StorageFault.Unavailable, StorageFault.AnswerLost];

    private TestIdentityProvider Provider => _provider!;

    private SiteSettings Settings => _settings!;

    public async ValueTask InitializeAsync()
    {
        _provider = await TestIdentityProvider.StartAsync(clocked.Clock);
        await clocked.App.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string>
        {
            [OpenIdSetting.OidcEnabled.Key] = "1",
            [OpenIdSetting.OidcIssuer.Key] = Provider.Address + "/",
            [OpenIdSetting.OidcClientId.Key] = TestIdentityProvider.ClientId,
            [OpenIdSetting.OidcSecret.Key] = TestIdentityProvider.Secret,
            [AccountSetting.RegisterEnabled.Key] = "1",
        });
        _settings = await clocked.App.GetSiteAsync();
    }

    public ValueTask DisposeAsync() => Provider.DisposeAsync();

    [Theory]
    [MemberData(nameof(Faults))]
    public Task Given_a_fault_at_any_call_of_a_sign_up_when_retried_then_the_identity_has_one_account(StorageFault fault) =>
        ForEachCallAsync(
            fault,
            async (process, visit) => Assert.NotNull(await FinishAsync(process, visit)),
            linking: false,
            async (world, person, _) =>
            {
                var user = (await FinishAsync(world, await VisitAsync(world, linkingUser: null)))!;
                Assert.Equal(person.Email, user.Email);
                Assert.Equal(user.Id, (await world.Users.FindByEmailAsync(person.Email))!.Id);
                Assert.Single(await world.Links.ListAsync(user.Id));
                Assert.Equal(1, await CountAccountsAsync(world, person.Email));
                await clocked.App.Services.GetRequiredService<EntryCreation>().CreateAsync(user.Id, FilePath.ParsePlain("a.txt"), new NewEntry(FileType.File), failIfExists: true);
            });

    [Theory]
    [MemberData(nameof(Faults))]
    public Task Given_a_fault_at_any_call_of_a_sign_up_when_a_password_follows_then_the_address_is_free(StorageFault fault) =>
        ForEachCallAsync(
            fault,
            FinishAsync,
            linking: false,
            async (world, person, _) =>
            {
                if (await world.Users.FindByEmailAsync(person.Email) is { } made)
                {
                    // What has no password is the identity's, whose owner comes in with it.
                    Assert.Equal(made.Id, (await FinishAsync(world, await VisitAsync(world, linkingUser: null)))!.Id);
                    return;
                }
                await world.Users.CreateAsync(new NewUser(person.Email, "a hash", Group.UserId));
                Assert.Equal(ErrorCode.OpenIdNotLinked, await CodeAsync(async () => await FinishAsync(world, await VisitAsync(world, linkingUser: null))));
                Assert.Equal(1, await CountAccountsAsync(world, person.Email));
            });

    [Theory]
    [MemberData(nameof(Faults))]
    public Task Given_a_fault_at_any_call_of_linking_when_retried_then_the_user_alone_has_the_identity(StorageFault fault) =>
        ForEachCallAsync(
            fault,
            async (process, visit) => Assert.Null(await FinishAsync(process, visit)),
            linking: true,
            async (world, person, error) =>
            {
                if (error is not null)
                    await FinishAsync(world, await VisitAsync(world, person.User));
                Assert.Single(await world.Links.ListAsync(person.User!.Id));
                Assert.Equal(person.User.Id, (await FinishAsync(world, await VisitAsync(world, linkingUser: null)))!.Id);
                var other = await clocked.App.CreateUserAsync();
                Assert.Equal(ErrorCode.OpenIdBoundElsewhere, await CodeAsync(async () => await FinishAsync(world, await VisitAsync(world, other))));
            });

    [Theory]
    [MemberData(nameof(Faults))]
    public Task Given_a_fault_at_any_call_of_linking_when_another_user_follows_then_nothing_blocks_it(StorageFault fault) =>
        ForEachCallAsync(
            fault,
            FinishAsync,
            linking: true,
            async (world, person, error) =>
            {
                if ((await world.Links.ListAsync(person.User!.Id)).Count > 0)
                    await world.SignIn.UnlinkAsync(person.User, OpenIdProvider.Oidc);
                var other = await clocked.App.CreateUserAsync();
                await FinishAsync(world, await VisitAsync(world, other));
                Assert.Equal(other.Id, (await FinishAsync(world, await VisitAsync(world, linkingUser: null)))!.Id);
                Assert.Empty(await world.Links.ListAsync(person.User.Id));
            });

    [Theory]
    [MemberData(nameof(Faults))]
    public Task Given_a_fault_at_any_call_of_unlinking_when_retried_then_the_identity_is_free(StorageFault fault) =>
        ForEachCallAsync(
            fault,
            (process, visit) => process.SignIn.UnlinkAsync(visit.Person.User!, OpenIdProvider.Oidc),
            linking: true,
            async (world, person, error) =>
            {
                if (error is not null)
                    await Record.ExceptionAsync(() => world.SignIn.UnlinkAsync(person.User!, OpenIdProvider.Oidc));
                Assert.Empty(await world.Links.ListAsync(person.User!.Id));
                Assert.Equal(ErrorCode.OpenIdNotLinked, await CodeAsync(async () => await FinishAsync(world, await VisitAsync(world, linkingUser: null))));
                var other = await clocked.App.CreateUserAsync();
                await FinishAsync(world, await VisitAsync(world, other));
                Assert.Equal(other.Id, (await FinishAsync(world, await VisitAsync(world, linkingUser: null)))!.Id);
            },
            prepareAsync: async (world, visit) => await FinishAsync(world, visit));

    private async Task ForEachCallAsync(
        StorageFault fault, Func<Process, Visit, Task> actAsync, bool linking, Func<Process, Person, Exception?, Task> judgeAsync,
        Func<Process, Visit, Task>? prepareAsync = null)
    {
        var world = Start(faults: null);
        for (var index = 0; index < MostCalls; index++)
        {
            var person = await NewPersonAsync(linking);
            var visit = new Visit(person, await VisitAsync(world, person.User));
            if (prepareAsync is not null)
                await prepareAsync(world, visit);
            var (calls, struck, isArmed) = (0, false, false);
            var process = Start(_ =>
            {
                if (!isArmed || Interlocked.Increment(ref calls) - 1 != index)
                    return StorageFault.None;
                struck = true;
                return fault;
            });
            isArmed = true;
            var error = await Record.ExceptionAsync(() => actAsync(process, visit));
            isArmed = false;
            Assert.True(error is null or SimulatedCrashException, error?.ToString());
            await judgeAsync(Start(faults: null), person, error);
            if (!struck)
                return;
        }
        Assert.Fail("The action never gets through.");
    }

    /// <summary>Another one has signed in at the provider, who vouches for the address unless an account is to be linked.</summary>
    private async Task<Person> NewPersonAsync(bool linking)
    {
        var email = $"{Guid.NewGuid():N}@example.com";
        Provider.Subject = Guid.NewGuid().ToString();
        Provider.Claims["email"] = linking ? null : email;
        Provider.Claims["email_verified"] = !linking;
        return new Person(email, linking ? await clocked.App.CreateUserAsync(email) : null);
    }

    private static Task<User?> FinishAsync(Process process, Visit visit) => FinishAsync(process, visit.State);

    private static async Task<User?> FinishAsync(Process process, (string Code, string State) visit) =>
        (await process.SignIn.FinishAsync(process.Settings, OpenIdProvider.Oidc, visit.State, visit.Code))?.User;

    private async Task<(string Code, string State)> VisitAsync(Process process, User? linkingUser) =>
        Provider.Visit((await process.SignIn.BeginAsync(Settings, OpenIdProvider.Oidc, SiteBase, hint: null, linkingUser is null ? null : new OpenIdLinking(linkingUser.Id, Session: null))).Address);

    private static async Task<ErrorCode> CodeAsync(Func<Task> act) => (await Assert.ThrowsAsync<CloudreveException>(act)).Code;

    private static async Task<int> CountAccountsAsync(Process world, string email)
    {
        var count = 0;
        await foreach (var id in world.Users.ScanIdsAsync())
            count += (await world.Users.FindAsync(id))!.Email == email ? 1 : 0;
        return count;
    }

    private Process Start(Func<StorageCall, StorageFault>? faults)
    {
        var layout = new StorageLayout(azurite.Connect(faults), clocked.App.Layout.Prefix);
        var ids = new IdAllocator(layout);
        var users = new UserStore(layout, ids, new DriveRoots(layout, clocked.Clock), clocked.Clock);
        var links = new OpenIdLinks(layout, users, clocked.Clock);
        var settings = new SettingStore(layout, clocked.Clock);
        var grants = new OAuthGrants(layout, new OAuthClients(layout, clocked.Clock), clocked.Clock);
        var tokens = new TokenIssuer(layout, settings, clocked.App.Services.GetRequiredService<TokenKeys>(), users, grants, clocked.Clock);
        return new Process(Settings, users, links, new OpenIdSignIn(layout, links, users, new PasskeyStore(layout), tokens, clocked.App.Services.GetRequiredService<OutgoingHttp>(), clocked.Clock));
    }

    private sealed record Person(string Email, User? User);

    private sealed record Visit(Person Person, (string Code, string State) State);

    private sealed record Process(SiteSettings Settings, UserStore Users, OpenIdLinks Links, OpenIdSignIn SignIn);
}

using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Bootstrap;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tests.Accounts;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Proxies;
using Xunit;

namespace Cloudreve.Core.Tests.Site.Bootstrap;

public sealed class SiteBootstrapTests(AzuriteServer azurite)
{
    private readonly string _prefix = AzuriteServer.UniqueName();

    [Fact]
    public async Task Given_an_empty_account_when_a_site_is_made_then_it_has_what_is_documented()
    {
        var world = NewProcess();
        await world.Bootstrap.EnsureAsync();

        var (admin, user, anonymous) = (await world.Catalog.GetGroupAsync(1), await world.Catalog.GetGroupAsync(2), await world.Catalog.GetGroupAsync(3));
        Assert.Equal((1L << 40, 1L << 30, 0L), (admin.MaxStorage, user.MaxStorage, anonymous.MaxStorage));
        Assert.Equal([0, 2, 3, 4, 5, 6, 7, 9, 11, 12, 16], BitsOf(admin));
        Assert.Equal([2, 7, 11], BitsOf(user));
        Assert.Equal([1, 7], BitsOf(anonymous));
        Assert.Equal((1000, 50, 100_000, 604_800, true),
            (admin.Settings.SourceBatch, admin.Settings.Aria2Batch, admin.Settings.MaxWalkedFiles, admin.Settings.TrashRetention, admin.Settings.RedirectedSource));
        var policy = await world.Catalog.GetPolicyAsync(StoragePolicy.DefaultId);
        Assert.Equal((StorageDriver.AzureBlob, "s3", world.Layout.FilesContainerName, 26_214_400L),
            (policy.Driver, policy.ApiType, policy.BucketName, policy.Settings.ChunkSize));
        Assert.True((await world.Catalog.GetNodeAsync(Node.MasterId)) is { IsMaster: true, IsActive: true });
        var first = await world.SignIn.SignInAsync(new BootstrapOptions().AdminEmail, IdentityWorld.Password, IdentityWorld.Home);
        Assert.Equal((User.FirstId, Group.AdminId), (first.Id, first.GroupId));
        Assert.NotNull(await world.Tree.ByPath.FindFolderIdAsync(User.FirstId, FilePath.Root));
        Assert.True(await world.Layout.Container(world.Layout.FilesContainerName).ExistsAsync());
    }

    [Fact]
    public async Task Given_a_site_when_a_process_starts_then_it_costs_one_transaction_and_nothing_after()
    {
        await NewProcess().Bootstrap.EnsureAsync();
        var world = NewProcess();
        using var measured = world.Layout.Account.Transactions.Measure();

        await world.Bootstrap.EnsureAsync();
        await world.Bootstrap.EnsureAsync();

        Assert.Equal(1, measured.Total);
    }

    [Fact]
    public async Task Given_silent_storage_when_many_wait_for_the_site_then_they_share_one_look()
    {
        await NewProcess().Bootstrap.EnsureAsync();
        await using var proxy = await StorageProxy.StartAsync(azurite.ConnectionString);
        var account = new StorageAccount(new StorageAccountOptions { ConnectionString = proxy.ConnectionString });
        var world = new IdentityWorld(new StorageLayout(account, _prefix));
        using var outage = proxy.Fail(NetworkFault.Silence);

        var waiting = Enumerable.Range(0, 8).Select(_ => world.Bootstrap.EnsureAsync().AsTask()).ToList();

        foreach (var one in waiting)
            await Assert.ThrowsAsync<StorageUnavailableException>(() => one.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal(1, outage.Requests);
        outage.Dispose();
        await world.Bootstrap.EnsureAsync();
    }

    [Fact]
    public async Task Given_processes_that_start_at_once_when_the_site_is_made_then_all_see_the_same_secrets()
    {
        var announced = new List<string>();
        var worlds = Enumerable.Range(0, 4).Select(_ => NewProcess(announced: announced)).ToList();

        await Task.WhenAll(worlds.Select(world => world.Bootstrap.EnsureAsync().AsTask()));

        var secrets = await Task.WhenAll(worlds.Select(async world => (await world.Settings.GetAsync()).Get(SiteSetting.SecretKey)));
        Assert.Single(secrets.Distinct());
        Assert.Equal(64, secrets[0].Length);
        var password = Assert.Single(announced.Distinct());
        await worlds[0].SignIn.SignInAsync(new BootstrapOptions().AdminEmail, password, IdentityWorld.Home);
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_call_when_the_next_process_starts_then_the_password_was_announced(StorageFault fault)
    {
        for (var call = 0; ; call++)
        {
            var prefix = AzuriteServer.UniqueName();
            var announced = new List<string>();
            var crash = new CrashPoint(call, fault) { IsArmed = true };
            try
            {
                await NewProcess(crash.Decide, announced, prefix).Bootstrap.EnsureAsync();
            }
            catch (SimulatedCrashException)
            {
                // The next process finds what this one left.
            }
            var world = NewProcess(announced: announced, prefix: prefix);
            await world.Bootstrap.EnsureAsync();

            await world.SignIn.SignInAsync(new BootstrapOptions().AdminEmail, Assert.Single(announced.Distinct()), IdentityWorld.Home);
            Assert.NotEmpty((await world.Settings.GetAsync()).Get(SiteSetting.SiteId));
            Assert.NotNull(await world.Tree.ByPath.FindFolderIdAsync(User.FirstId, FilePath.Root));
            Assert.NotNull(await world.Catalog.FindGroupAsync(Group.AnonymousId));
            if (!crash.Struck)
                return;
        }
    }

    [Fact]
    public async Task Given_no_password_and_no_way_to_announce_one_when_a_site_is_made_then_one_is_demanded()
    {
        var world = new IdentityWorld(new StorageLayout(azurite.Connect(), _prefix), options: new BootstrapOptions());

        var error = await Assert.ThrowsAsync<CloudreveException>(async () => await world.Bootstrap.EnsureAsync());

        Assert.Equal(ErrorCode.InternalSetting, error.Code);
        Assert.Null(await world.Users.FindAsync(User.FirstId));
        await NewProcess().Bootstrap.EnsureAsync();
        Assert.NotNull(await world.Users.FindAsync(User.FirstId));
    }

    [Fact]
    public async Task Given_an_edited_group_when_the_schema_grows_then_the_edit_stays()
    {
        var world = NewProcess();
        await world.Bootstrap.EnsureAsync();
        var edited = await world.Catalog.GetGroupAsync(Group.UserId) with { MaxStorage = 5, SpeedLimit = 6 };
        await world.Catalog.SaveGroupAsync(edited);
        await world.Layout.Site.MergeAsync(new AzureStorage.Tables.Row("schema", "current") { ["version"] = 0 }, "*");

        await NewProcess().Bootstrap.EnsureAsync();

        var group = await NewProcess().Catalog.GetGroupAsync(Group.UserId);
        Assert.Equal((5L, 6L), (group.MaxStorage, group.SpeedLimit));
    }

    private static IEnumerable<int> BitsOf(Group group) => Enumerable.Range(0, 32).Where(bit => group.Permissions[bit]);

    private IdentityWorld NewProcess(Func<StorageCall, StorageFault>? faults = null, List<string>? announced = null, string? prefix = null)
    {
        var options = announced is null
            ? new BootstrapOptions { AdminPassword = IdentityWorld.Password }
            : new BootstrapOptions { AnnounceAdmin = (_, password) => { lock (announced) announced.Add(password); } };
        return new IdentityWorld(new StorageLayout(azurite.Connect(faults), prefix ?? _prefix), options: options);
    }
}

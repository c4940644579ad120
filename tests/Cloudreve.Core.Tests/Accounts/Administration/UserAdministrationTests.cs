using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Administration;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables.Numbered;
using Cloudreve.Core.Site;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts.Administration;

/// <summary>Tests administrators' operations on accounts, and the state that crashes leave behind.</summary>
public sealed class UserAdministrationTests(AzuriteServer azurite)
{
    public static TheoryData<StorageFault> Faults => FaultMatrix.Faults;

    [Fact]
    public async Task Given_an_index_that_a_crash_left_behind_when_accounts_are_listed_then_it_is_repaired()
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        var user = await world.CreateUserAsync("user@example.com");
        await new UserIndex(world.Layout).WriteAsync(user with { Status = UserStatus.SysBanned }, TestContext.Current.CancellationToken);
        var administration = Of(world);
        Assert.Equal(1, (await ListAsync(administration, new UserFilter(UserStatus.SysBanned))).Total);

        await ListAsync(administration, new UserFilter());

        Assert.Equal(0, (await ListAsync(administration, new UserFilter(UserStatus.SysBanned))).Total);
        Assert.Equal(2, (await ListAsync(administration, new UserFilter(UserStatus.Active))).Total);
    }

    [Fact]
    public async Task Given_a_site_from_before_the_index_when_it_starts_then_all_accounts_are_listed()
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        var user = await world.CreateUserAsync("user@example.com");
        await new UserIndex(world.Layout).DeleteAsync(user.Id, TestContext.Current.CancellationToken);
        await world.Layout.Site.MergeAsync(new("schema", "current") { ["version"] = 3 }, "*");

        var restarted = new IdentityWorld(world.Layout, world.Clock);
        await restarted.Bootstrap.EnsureAsync();

        Assert.Equal(2, (await ListAsync(Of(restarted), new UserFilter())).Total);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Given_a_fault_at_any_call_when_an_address_changes_then_one_address_holds_and_one_is_free(StorageFault fault) =>
        await new FaultMatrix(azurite).RunAsync(
            fault,
            (world, index) => world.CreateUserAsync($"old{index}@example.com"),
            (world, user) => Of(world).UpdateAsync(Admin, user.Id, new UserChange { Email = "new" + user.Email[3..], Status = UserStatus.ManualBanned }),
            async (world, user, error) =>
            {
                var wanted = "new" + user.Email[3..];
                var found = (await world.Users.FindAsync(user.Id))!;
                Assert.Contains(found.Email, (string[])[user.Email, wanted]);
                Assert.Equal(found.Email == wanted, found.IsBanned);
                if (error is null)
                    Assert.Equal(wanted, found.Email);
                Assert.Equal(user.Id, (await world.Users.FindByEmailAsync(found.Email))!.Id);
                var free = found.Email == wanted ? user.Email : wanted;
                Assert.Null(await world.Users.FindByEmailAsync(free));
                Assert.NotEqual(user.Id, (await world.CreateUserAsync(free)).Id);
            });

    [Fact]
    public async Task Given_an_address_that_a_new_account_will_take_when_another_wants_it_then_it_is_taken()
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        var user = await world.CreateUserAsync("user@example.com");
        await world.Layout.Users.InsertAsync(UserRows.DescribeMail("wanted@example.com", 4711));

        var refused = await Assert.ThrowsAsync<CloudreveException>(() => Of(world).UpdateAsync(Admin, user.Id, new UserChange { Email = "wanted@example.com" }));

        Assert.Equal(ErrorCode.MailInUse, refused.Code);
    }

    [Fact]
    public async Task Given_groups_when_their_members_are_counted_then_each_has_its_own()
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        await world.CreateUserAsync("one@example.com");
        await world.CreateUserAsync("two@example.com");
        var administration = Of(world);

        Assert.Equal((1, 2, 3), (await administration.CountGroupAsync(Group.AdminId), await administration.CountGroupAsync(Group.UserId), await administration.CountAsync()));
    }

    private static Task<NumberedItems<ListedUser>> ListAsync(UserAdministration administration, UserFilter filter) =>
        administration.ListAsync(new ListWindow(0, 10, Descending: false), filter, UserOrder.Id, 100);

    private static Caller Admin { get; } = new(
        new User { Id = User.FirstId, Email = "admin@example.com", Nick = "admin", Status = UserStatus.Active, GroupId = Group.AdminId, CreatedAt = default },
        new Group { Id = Group.AdminId, Name = "Admin" });

    private static UserAdministration Of(IdentityWorld world) =>
        new(world.Layout, world.Users, world.Catalog, new QuotaLedger(world.Layout, world.Clock), new IdAllocator(world.Layout), world.Clock);
}

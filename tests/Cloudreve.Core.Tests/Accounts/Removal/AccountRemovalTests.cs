using System.Globalization;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.LoginActivities;
using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Core.Accounts.Removal;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Sharing.DirectLinks;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts.Removal;

/// <summary>Tests that removing accounts leaves nothing of them, whenever the process dies.</summary>
public sealed class AccountRemovalTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>
{
    private const long Administrator = 3;
    private const string Email = "leaving@example.com";

    public static TheoryData<StorageFault> Faults => [StorageFault.CrashBefore, StorageFault.CrashAfter, StorageFault.AnswerLost];

    [Fact]
    public async Task Given_an_account_with_everything_when_it_is_removed_then_no_row_and_no_byte_is_left()
    {
        var site = await PrepareAsync();
        var task = await site.Get<AccountRemoval>().AcceptAsync(Administrator, DriveSite.Owner);

        var closed = (await site.Get<UserStore>().FindAsync(DriveSite.Owner))!;
        Assert.Equal((true, UserStatus.SysBanned), (closed.IsLeaving, closed.Status));
        await RemoveAsync(site, AccountRemoval.ReferenceOf(task));

        Assert.Equal(WorkflowTaskStatus.Completed, (await site.Get<TaskStore>().FindAsync(Administrator, task.Id))!.Status);
        await AssertNothingIsLeftAsync(site);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Given_a_fault_at_any_call_of_a_removal_when_another_process_continues_then_nothing_is_left(StorageFault fault) =>
        await CrashMatrix.RunAsync(PrepareAsync, async (site, index) =>
        {
            var task = await site.Get<AccountRemoval>().AcceptAsync(Administrator, DriveSite.Owner);
            var reference = AccountRemoval.ReferenceOf(task);
            var crash = new CrashPoint(index, fault) { IsArmed = true };
            try
            {
                await RemoveAsync(site.Restart(crash.Decide), reference);
            }
            catch (SimulatedCrashException)
            {
                // The orchestration runs the step again, in another process.
            }

            await RemoveAsync(site.Restart(), reference);

            await AssertNothingIsLeftAsync(site.Restart());
            return crash.Struck;
        });

    [Fact]
    public async Task Given_a_crash_before_the_account_is_closed_when_the_workflow_begins_then_it_closes_it()
    {
        var site = await PrepareAsync();
        var task = await site.Get<AccountRemoval>().AcceptAsync(Administrator, DriveSite.Owner);
        await site.Get<UserStore>().UpdateAsync(DriveSite.Owner, user => user with { IsLeaving = false, Status = UserStatus.Active });

        await RemoveAsync(site.Restart(), AccountRemoval.ReferenceOf(task));

        await AssertNothingIsLeftAsync(site.Restart());
    }

    [Fact]
    public async Task Given_an_account_that_is_not_closed_when_a_late_removal_step_comes_then_everything_stays()
    {
        var site = await PrepareAsync();
        var before = await site.ReadAsync();

        await site.Get<AccountRemoval>().RunAsync(new AccountRemovalReference(1, Administrator, DriveSite.Owner), isLast: true);
        await site.Get<AccountRemoval>().FinishAsync(new AccountRemovalReference(1, Administrator, DriveSite.Owner), null);

        Assert.Equal(before, await site.ReadAsync());
        Assert.NotNull(await site.Get<UserStore>().FindByEmailAsync(Email));
    }

    [Fact]
    public async Task Given_a_large_drive_when_the_account_is_removed_then_it_takes_several_runs_that_each_end()
    {
        var site = await PrepareAsync();
        for (var i = 0; i < 6; i++)
            await FillAsync(site, await site.MakeFolderAsync($"large{i}"), 1000);
        var reference = AccountRemoval.ReferenceOf(await site.Get<AccountRemoval>().AcceptAsync(Administrator, DriveSite.Owner));
        await site.Get<AccountRemoval>().BeginAsync(reference);

        Assert.False(await site.Get<AccountRemoval>().RunAsync(reference, isLast: false));
        await RemoveAsync(site, reference);

        await AssertNothingIsLeftAsync(site);
    }

    [Fact]
    public async Task Given_a_removal_under_way_when_the_address_signs_up_then_the_new_account_stays()
    {
        var site = await PrepareAsync();
        var reference = AccountRemoval.ReferenceOf(await site.Get<AccountRemoval>().AcceptAsync(Administrator, DriveSite.Owner));
        await site.Get<AccountRemoval>().RunAsync(reference, isLast: false);
        var created = await site.Get<UserStore>().CreateAsync(new NewUser(Email, null, Group.UserId));

        await RemoveAsync(site, reference);

        Assert.NotEqual(DriveSite.Owner, created.Id);
        Assert.Equal(created.Id, (await site.Get<UserStore>().FindByEmailAsync(Email))!.Id);
    }

    [Theory]
    [InlineData(User.FirstId, Administrator, ErrorCode.FirstUserProtected)]
    [InlineData(Administrator, Administrator, ErrorCode.FirstUserProtected)]
    [InlineData(4711L, Administrator, ErrorCode.UserNotFound)]
    public async Task Given_an_account_that_may_not_be_removed_when_it_is_requested_then_there_is_no_task(long userId, long actorId, ErrorCode code)
    {
        var site = await PrepareAsync();

        var refused = await Assert.ThrowsAsync<CloudreveException>(() => site.Get<AccountRemoval>().AcceptAsync(actorId, userId));

        Assert.Equal(code, refused.Code);
        Assert.Empty((await site.Get<TaskStore>().ListAsync(actorId, [], [], 10, null)).Tasks);
    }

    /// <summary>Runs the steps of the orchestration.</summary>
    private static async Task RemoveAsync(DriveSite site, AccountRemovalReference reference)
    {
        var removal = site.Get<AccountRemoval>();
        if (await removal.BeginAsync(reference))
        {
            while (!await removal.RunAsync(reference, isLast: false))
                continue;
            while (!await removal.RunAsync(reference, isLast: true))
                continue;
        }
        await removal.FinishAsync(reference, null);
    }

    private static async Task AssertNothingIsLeftAsync(DriveSite site)
    {
        site.Wait(TimeSpan.FromHours(1));
        await site.Get<EntityRecycler>().RunAsync();
        await site.Maintenance.ContinueDeletionsAsync();
        var layout = site.Layout;
        var left = new List<string>();
        foreach (var table in layout.AllTables.Where(table => table.Name != layout.IdLeases.Name))
        {
            // The task of the administrator stays, and notes of trash that prove wrong when they are due.
            await foreach (var row in table.ScanAsync().Where(row => row.Number("o") != Administrator && !row.PartitionKey.StartsWith("trash|", StringComparison.Ordinal)))
                left.Add($"{table.Name} {row.PartitionKey} {row.RowKey}");
        }
        Assert.True(left.Count == 0, string.Join('\n', left));
        Assert.Empty((await site.Get<TaskStore>().ListAsync(DriveSite.Owner, [], [], 10, null)).Tasks);
    }

    private async Task<DriveSite> PrepareAsync()
    {
        var site = await DriveSite.CreateAsync(azurite);
        var users = site.Layout.Users;
        var user = new User { Id = DriveSite.Owner, Email = Email, Nick = "Leaving", GroupId = Group.UserId, CreatedAt = DateTimeOffset.UtcNow };
        await users.UpsertAsync(UserRows.DescribeMail(Email, user.Id));
        await users.UpsertAsync(UserIndex.Describe(user));
        await users.UpsertAsync(UserRows.Describe(user));
        await site.Get<OAuthGrants>().WidenAsync(user.Id, OAuthClients.DesktopId, ["openid"]);
        await site.Get<LoginActivityLog>().AddAsync(user.Id, new LoginActivity { Success = true });
        var file = await site.PutAsync("a/file", 10, versions: 2);
        await site.PutAsync("a/sub/x", 20);
        await site.PutAsync("thrown/away", 30);
        await site.Operations.TrashAsync(DriveSite.NewWork(), DriveSite.Path("thrown"), "cloudreve://my/thrown", TimeSpan.FromDays(1));
        var work = DriveSite.NewWork();
        await site.Operations.RenameAsync(work, DriveSite.Path("a/sub"), "renamed", _ => { });
        await site.Operations.PublishAsync(work);
        await site.Get<ShareStore>().SaveAsync(new Share { Id = await site.Get<IdAllocator>().NextAsync(IdKind.Share), OwnerId = user.Id, FileId = file.Id, CreatedAt = DateTimeOffset.UtcNow });
        await site.Get<DirectLinkStore>().GetOrCreateAsync(file, reuse: true);
        var now = DateTimeOffset.UtcNow;
        await site.Get<TaskStore>().CreateAsync(new WorkflowTask { Id = 99, OwnerId = user.Id, Type = "other", CreatedAt = now, UpdatedAt = now, Job = "{}" });
        return site;
    }

    private static async Task FillAsync(DriveSite site, FileRecord folder, int files)
    {
        for (var i = 0; i < files; i += 45)
        {
            var first = await site.Get<IdAllocator>().ReserveAsync(IdKind.File, 45);
            var records = Enumerable.Range(0, 45).Select(j => new FileRecord
            {
                Id = first.First + j,
                ParentId = folder.Id,
                OwnerId = DriveSite.Owner,
                Type = FileType.File,
                Name = (i + j).ToString(CultureInfo.InvariantCulture),
                CreatedAt = DateTimeOffset.UtcNow,
                UpdatedAt = DateTimeOffset.UtcNow,
            }).ToList();
            await IdRows.UpsertAsync(site.Layout.FileIds, records.Select(EntryRows.NewIdRow), CancellationToken.None);
            await site.Layout.Files.SubmitAsync(EntryRows.InsertInto(folder.Id, records));
        }
    }
}

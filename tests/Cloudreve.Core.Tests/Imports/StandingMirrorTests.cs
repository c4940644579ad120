using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Imports;

public sealed class StandingMirrorTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>
{
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task Given_a_mirror_with_an_interval_when_its_time_comes_then_it_runs_and_follows_the_source()
    {
        var site = await CreateAsync();
        await site.RunAsync(await AcceptAsync(site, interval: 30));
        await site.PutAsync(("src/a", 25));

        Assert.Empty(await RunDueAsync(site));
        _clock.Advance(TimeSpan.FromMinutes(31));
        var started = Assert.Single(await RunDueAsync(site));
        await site.RunAsync(new ImportTaskReference(started.Id, started.OwnerId));

        Assert.Equal(25, (await site.Tree.ByPath.GetAsync(ImportSite.AdminId, FilePath.ParsePlain("/imported/a"))).Size);
        Assert.Empty(await RunDueAsync(site));
        _clock.Advance(TimeSpan.FromMinutes(31));
        Assert.Single(await RunDueAsync(site));
    }

    [Fact]
    public async Task Given_a_run_that_is_under_way_when_the_next_is_due_then_it_waits()
    {
        var site = await CreateAsync();
        var first = await AcceptAsync(site, interval: 30);

        _clock.Advance(TimeSpan.FromMinutes(31));
        Assert.Empty(await RunDueAsync(site));
        await site.RunAsync(first);
        _clock.Advance(TimeSpan.FromMinutes(31));

        Assert.Single(await RunDueAsync(site));
    }

    [Fact]
    public async Task Given_a_standing_mirror_when_it_is_requested_with_interval_zero_then_it_runs_once_more_and_ends()
    {
        var site = await CreateAsync();
        await site.RunAsync(await AcceptAsync(site, interval: 30));

        await site.RunAsync(await AcceptAsync(site, interval: 0));

        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Empty(await RunDueAsync(site));
    }

    [Fact]
    public async Task Given_a_standing_mirror_when_it_is_requested_again_then_there_is_one_with_the_new_interval()
    {
        var site = await CreateAsync();
        await site.RunAsync(await AcceptAsync(site, interval: 30));
        await site.RunAsync(await AcceptAsync(site, interval: 90));
        await site.RunAsync(await AcceptAsync(site, interval: null));

        _clock.Advance(TimeSpan.FromMinutes(31));
        Assert.Empty(await RunDueAsync(site));
        _clock.Advance(TimeSpan.FromMinutes(60));
        Assert.Equal(90, ImportService.JobOf(Assert.Single(await RunDueAsync(site))).Interval);
    }

    [Fact]
    public async Task Given_a_mirror_when_it_is_requested_by_many_at_once_then_there_is_one()
    {
        var site = await CreateAsync();

        await Task.WhenAll(Enumerable.Range(5, 8).Select(interval => AcceptAsync(site.Restart(clock: _clock), interval)));

        // The row that guards the mirror is never due.
        Assert.Single(await NotesAsync(site), note => !note.RowKey.StartsWith("m|", StringComparison.Ordinal));
        await site.RunAsync(await AcceptAsync(site, interval: 0));
        Assert.Empty(await NotesAsync(site));
    }

    [Fact]
    public async Task Given_a_standing_mirror_when_its_owner_is_gone_then_it_ends()
    {
        var site = await CreateAsync();
        var user = await site.Get<UserStore>().CreateAsync(new NewUser("user@example.com", null, Group.UserId));
        await site.RunAsync(await AcceptAsync(site, interval: 30, user.Id));
        await site.Get<UserStore>().DeleteAsync(user.Id, default);

        _clock.Advance(TimeSpan.FromMinutes(31));

        Assert.Empty(await RunDueAsync(site.Restart(clock: _clock)));
        _clock.Advance(TimeSpan.FromDays(1));
        using var measured = site.Account.Transactions.Measure();
        Assert.Empty(await RunDueAsync(site));
        Assert.Equal(1, measured.Total);
    }

    [Fact]
    public async Task Given_a_timer_that_dies_or_meets_another_when_a_mirror_is_due_then_there_is_one_task()
    {
        var site = await CreateAsync();
        await site.RunAsync(await AcceptAsync(site, interval: 30));
        _clock.Advance(TimeSpan.FromMinutes(31));
        var ids = new List<long>();

        await site.Imports.RunMirrorsAsync((task, _) =>
        {
            ids.Add(task.Id);
            throw new InvalidOperationException("The process ends.");
        });
        await site.Imports.RunMirrorsAsync(async (task, _) =>
        {
            ids.Add(task.Id);
            ids.AddRange((await RunDueAsync(site.Restart(clock: _clock))).Select(t => t.Id));
        });

        Assert.Equal(3, ids.Count);
        Assert.Single(ids.Distinct());
        Assert.Empty(await RunDueAsync(site));
        _clock.Advance(TimeSpan.FromMinutes(31));
        await site.RunAsync(new ImportTaskReference(ids[0], ImportSite.AdminId));
        Assert.Single(await RunDueAsync(site));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Given_a_standing_mirror_without_source_or_policy_when_it_is_requested_with_interval_zero_then_it_ends(bool hasPolicy)
    {
        var site = await CreateAsync();
        await site.RunAsync(await AcceptAsync(site, interval: 30));
        await site.Container.DeleteAsync("src/a");
        var policy = await site.Get<SiteCatalog>().GetPolicyAsync(1);
        if (!hasPolicy)
            await site.Get<SiteCatalog>().SavePolicyAsync(policy with { IsDeleted = true });

        if (hasPolicy)
            await site.RunAsync(await AcceptAsync(site, interval: 0));
        else
            await Assert.ThrowsAsync<CloudreveException>(() => AcceptAsync(site, interval: 0));

        await site.Get<SiteCatalog>().SavePolicyAsync(policy);
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Empty(await RunDueAsync(site));
    }

    [Fact]
    public async Task Given_a_standing_mirror_when_its_policy_is_deleted_then_it_ends()
    {
        var site = await CreateAsync();
        await site.RunAsync(await AcceptAsync(site, interval: 30));
        var policy = await site.Get<SiteCatalog>().GetPolicyAsync(1);
        await site.Get<SiteCatalog>().SavePolicyAsync(policy with { IsDeleted = true });
        _clock.Advance(TimeSpan.FromMinutes(31));
        Assert.Empty(await RunDueAsync(site));

        await site.Get<SiteCatalog>().SavePolicyAsync(policy);
        _clock.Advance(TimeSpan.FromDays(1));

        Assert.Empty(await RunDueAsync(site));
    }

    [Fact]
    public async Task Given_a_standing_mirror_when_its_owner_is_banned_then_it_waits_until_that_ends()
    {
        var site = await CreateAsync();
        var user = await site.Get<UserStore>().CreateAsync(new NewUser("user@example.com", null, Group.UserId));
        await site.RunAsync(await AcceptAsync(site, interval: 30, user.Id));
        await site.Get<UserStore>().UpdateAsync(user.Id, u => u with { Status = UserStatus.ManualBanned });
        _clock.Advance(TimeSpan.FromMinutes(31));
        Assert.Empty(await RunDueAsync(site));

        await site.Get<UserStore>().UpdateAsync(user.Id, u => u with { Status = UserStatus.Active });
        _clock.Advance(TimeSpan.FromMinutes(31));

        Assert.Single(await RunDueAsync(site));
    }

    [Fact]
    public async Task Given_a_source_that_is_gone_when_a_standing_mirror_runs_then_its_files_are_marked()
    {
        var site = await CreateAsync();
        await site.RunAsync(await AcceptAsync(site, interval: 30));
        await site.Container.DeleteAsync("src/a");
        _clock.Advance(TimeSpan.FromMinutes(31));

        var started = Assert.Single(await RunDueAsync(site));
        await site.RunAsync(new ImportTaskReference(started.Id, started.OwnerId));

        Assert.Equal(1, (await site.TaskAsync(new ImportTaskReference(started.Id, started.OwnerId))).Counts["vanished"]);
    }

    [Fact]
    public async Task Given_no_mirrors_when_the_timer_runs_then_it_costs_one_transaction()
    {
        var site = await CreateAsync();
        using var measured = site.Account.Transactions.Measure();

        await RunDueAsync(site);

        Assert.Equal(1, measured.Total);
    }

    private static async Task<List<AzureStorage.Tables.Row>> NotesAsync(ImportSite site) =>
        await site.Layout.Schedules.ScanAsync().Where(note => note.PartitionKey.StartsWith("mirrors", StringComparison.Ordinal)).ToListAsync();

    private async Task<ImportSite> CreateAsync()
    {
        var site = (await ImportSite.CreateAsync(azurite)).Restart(clock: _clock);
        await site.PutAsync(("src/a", 10));
        return site;
    }

    private static async Task<ImportTaskReference> AcceptAsync(ImportSite site, int? interval, long userId = ImportSite.AdminId)
    {
        var task = await site.Imports.AcceptAsync(
            new ImportRequest("src", "/imported", userId, 1, Recursive: true) { IsMirror = true, Interval = interval }, "");
        return new ImportTaskReference(task.Id, task.OwnerId);
    }

    private static async Task<List<WorkflowTask>> RunDueAsync(ImportSite site)
    {
        var started = new List<WorkflowTask>();
        await site.Imports.RunMirrorsAsync((task, _) =>
        {
            lock (started)
                started.Add(task);
            return Task.CompletedTask;
        });
        return started;
    }
}

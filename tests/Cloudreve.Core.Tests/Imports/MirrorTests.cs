using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.FullText;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Imports;

public sealed class MirrorTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>
{
    [Fact]
    public async Task Given_blobs_that_came_and_changed_when_a_mirror_runs_then_files_follow_and_keep_their_ids()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(("src/same", 10), ("src/grows", 20), ("src/d/shrinks", 30));
        await site.ImportAsync("src");
        var before = await FileAsync(site, "grows");
        await site.PutAsync(("src/grows", 50), ("src/d/shrinks", 5), ("src/d/new", 7));

        var task = await MirrorAsync(site);

        var after = await FileAsync(site, "grows");
        Assert.Equal((before.Id, 50L, before.CreatedAt), (after.Id, after.Size, after.CreatedAt));
        Assert.Equal((await site.Container.FindAsync("src/grows"))!.LastModified, after.UpdatedAt);
        Assert.Equal((await site.Container.FindAsync("src/grows"))!.ETag.Trim('"'), (await site.Get<EntityStore>().FindAsync(after.PrimaryEntityId))!.SourceETag!.Trim('"'));
        Assert.Equal(10 + 50 + 5 + 7, await site.UsedAsync());
        Assert.Equal(Counts(added: 1, existing: 1, updated: 2), task.Counts);
        Assert.Empty((await site.CheckAsync()).Problems);
    }

    [Fact]
    public async Task Given_an_overwritten_blob_when_its_old_version_is_recycled_then_the_blob_stays()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(("src/a", 10));
        await site.ImportAsync("src");
        var before = await FileAsync(site, "a");
        await site.PutAsync(("src/a", 11));
        await MirrorAsync(site);
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddHours(1));

        await new EntityRecycler(
            site.Layout, site.Get<SiteCatalog>(), site.Get<PolicyContainers>(), site.Get<FullTextRemoval>(), new DueNotes(site.Layout, clock, NullLogger<DueNotes>.Instance), clock).RunAsync();

        Assert.Null(await site.Get<EntityStore>().FindAsync(before.PrimaryEntityId));
        Assert.NotNull(await site.Container.FindAsync("src/a"));
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_vanished_blobs_when_mirrors_run_then_files_are_marked_once_and_stay()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(("src/a", 10), ("src/gone", 20), ("src/folder/gone", 30));
        await site.ImportAsync("src");
        await site.Container.DeleteAsync("src/gone");
        await site.Container.DeleteAsync("src/folder/gone");

        Assert.Equal(Counts(existing: 1, vanished: 2), (await MirrorAsync(site)).Counts);
        var marked = await FileAsync(site, "folder/gone");
        Assert.Equal(Counts(existing: 1, vanished: 2), (await MirrorAsync(site)).Counts);

        Assert.Equal(marked.ETag, (await FileAsync(site, "folder/gone")).ETag);
        Assert.True(marked.Metadata.ContainsKey(MetadataKeys.SourceMissing));
        Assert.True((await FileAsync(site, "gone")).Metadata.ContainsKey(MetadataKeys.SourceMissing));
        Assert.False((await FileAsync(site, "a")).Metadata.ContainsKey(MetadataKeys.SourceMissing));
        Assert.Equal(60, await site.UsedAsync());
    }

    [Fact]
    public async Task Given_a_vanished_blob_when_it_is_back_then_the_mark_goes_and_the_content_follows()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(("src/a", 10), ("src/b", 20));
        await site.ImportAsync("src");
        await site.Container.DeleteAsync("src/b");
        await MirrorAsync(site);
        await site.PutAsync(("src/b", 21));

        var task = await MirrorAsync(site);

        var file = await FileAsync(site, "b");
        Assert.Equal((21L, false), (file.Size, file.Metadata.ContainsKey(MetadataKeys.SourceMissing)));
        Assert.Equal(Counts(existing: 1, updated: 1), task.Counts);
        Assert.Equal(31, await site.UsedAsync());
    }

    [Fact]
    public async Task Given_a_mark_on_a_file_whose_blob_is_as_known_when_a_mirror_runs_then_the_mark_goes()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(("src/a", 10));
        await site.ImportAsync("src");
        var file = await FileAsync(site, "a");
        await site.Tree.Updates.UpdateAsync(file, f => f with { Metadata = new Dictionary<string, string> { [MetadataKeys.SourceMissing] = "1", ["tag:x"] = "" } });

        await MirrorAsync(site);

        Assert.Equal(["tag:x"], (await FileAsync(site, "a")).Metadata.Keys);
    }

    [Fact]
    public async Task Given_files_of_the_owner_when_a_mirror_runs_then_they_are_left_alone()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(("src/own", 10), ("src/sub/x", 5));
        await site.Tree.Creation.CreateAsync(ImportSite.AdminId, FilePath.ParsePlain("/imported/own"), new NewEntry(FileType.File), failIfExists: true);
        await site.Tree.Creation.CreateAsync(ImportSite.AdminId, FilePath.ParsePlain("/imported/other"), new NewEntry(FileType.File), failIfExists: true);
        await site.Tree.Creation.CreateAsync(ImportSite.AdminId, FilePath.ParsePlain("/imported/mine/file"), new NewEntry(FileType.File), failIfExists: true);

        var task = await MirrorAsync(site);

        Assert.Equal(Counts(added: 1, existing: 1), task.Counts);
        Assert.Equal(0, (await FileAsync(site, "own")).Size);
        Assert.Empty((await FileAsync(site, "other")).Metadata);
        Assert.Empty((await FileAsync(site, "mine/file")).Metadata);
    }

    [Fact]
    public async Task Given_a_quota_that_is_used_up_when_blobs_change_then_smaller_ones_follow_and_larger_ones_are_named()
    {
        var site = await ImportSite.CreateAsync(azurite);
        var group = await site.Get<SiteCatalog>().GetGroupAsync(Group.UserId);
        await site.Get<SiteCatalog>().SaveGroupAsync(group with { MaxStorage = 250 });
        var user = await site.Get<UserStore>().CreateAsync(new NewUser("user@example.com", null, Group.UserId));
        await site.PutAsync(("src/a", 100), ("src/b", 100), ("src/c", 50));
        await site.ImportAsync("src", userId: user.Id);
        await site.PutAsync(("src/a", 101), ("src/c", 20));

        var task = await MirrorAsync(site, userId: user.Id);

        Assert.Equal(Counts(existing: 1, updated: 1, refused: 1), task.Counts);
        Assert.Equal("src/a: The storage quota is exceeded.", Assert.Single(task.ErrorHistory));
        Assert.Equal(220, await site.UsedAsync(user.Id));
    }

    [Fact]
    public async Task Given_names_in_any_order_over_several_pages_when_one_vanishes_then_that_one_is_marked()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(Enumerable.Range(0, 5100).Select(i => ($"src/f{i:d5}", 1)).Concat([("src/Upper#1", 1), ("src/ä%", 1), ("src/😀", 1), ("src/\uF8FFx", 1)]));
        await site.ImportAsync("src");
        await site.Container.DeleteAsync("src/f04999");
        await site.Container.DeleteAsync("src/ä%");
        await site.PutAsync(("src/f05050", 3));

        var task = await MirrorAsync(site);

        Assert.Equal(Counts(existing: 5101, updated: 1, vanished: 2), task.Counts);
        Assert.True((await FileAsync(site, "ä%")).Metadata.ContainsKey(MetadataKeys.SourceMissing));
        Assert.Equal(5106, await site.UsedAsync());
    }

    [Fact]
    public async Task Given_a_changed_blob_when_a_mirror_has_run_then_the_history_of_the_file_says_so()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(("src/d/a", 10));
        await site.ImportAsync("src");
        await site.PutAsync(("src/d/a", 11));

        await MirrorAsync(site);

        var file = await FileAsync(site, "d/a");
        var history = await site.Get<ActivityLog>().ReadAsync(ImportSite.AdminId, file.Id, new ActivityQuery(10, IsAscending: true, ActivityFilter.All, 0, null));
        Assert.Equal(ActivityCategory.EntityUploaded, Assert.Single(history.Activities).Category);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(1500)]
    public async Task Given_an_unchanged_folder_when_it_is_mirrored_then_it_costs_no_more_than_to_import_it_again(int files)
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(Enumerable.Range(0, files).Select(i => ($"src/f{i:d5}", 1)));
        await site.ImportAsync("src");
        var again = await CostAsync(site, isMirror: false);

        var first = await CostAsync(site, isMirror: true);
        var second = await CostAsync(site, isMirror: true);

        Assert.Equal(first, second);
        // One more notes the source, whose blobs stay.
        Assert.InRange(first, 1, again + 1);
    }

    [Fact]
    public async Task Given_a_changed_and_a_vanished_file_when_they_are_mirrored_then_each_transaction_is_accounted_for()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(("src/a", 1), ("src/b", 1), ("src/c", 1));
        await site.ImportAsync("src");
        var unchanged = await CostAsync(site, isMirror: true);
        await site.PutAsync(("src/a", 2));
        var changed = await CostAsync(site, isMirror: true);
        await site.Container.DeleteAsync("src/b");
        var vanished = await CostAsync(site, isMirror: true);

        // The reservation, its charge (two), the entity, the file, its old version's reference (three), the event.
        Assert.InRange(changed - unchanged, 1, 11);
        // A look at the blob, and the mark.
        Assert.Equal(2, vanished - unchanged);
        Assert.Equal(unchanged, await CostAsync(site, isMirror: true));
    }

    [Fact]
    public async Task Given_changes_when_a_mirror_is_tried_without_doing_it_then_they_are_counted_and_nothing_changes()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(("src/a", 10), ("src/b", 20), ("src/c", 30));
        await site.ImportAsync("src");
        await site.PutAsync(("src/a", 15), ("src/d/e", 40));
        await site.Container.DeleteAsync("src/b");

        var task = await MirrorAsync(site, isDryRun: true);

        Assert.Equal(
            (1L, 1L, 1L, 1L, 60L),
            (task.Counts["new"], task.Counts["updated"], task.Counts["vanished"], task.Counts["existing"], task.Counts["quota_used"]));
        Assert.Equal((10L, 60L), ((await FileAsync(site, "a")).Size, await site.UsedAsync()));
        Assert.Empty((await FileAsync(site, "b")).Metadata);
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_storage_call_when_the_mirror_is_run_again_then_the_result_is_exact(StorageFault fault)
    {
        var calls = await CrashMatrix.RunAsync(ChangedAsync, async (site, index) =>
        {
            var reference = await AcceptAsync(site);
            var finished = await CrashAsync(site, reference, fault, index);

            await site.Restart().RunAsync(reference);

            Assert.Equal(WorkflowTaskStatus.Completed, (await site.TaskAsync(reference)).Status);
            await AssertMirroredAsync(site);
            return !finished;
        });
        Assert.True(calls > 25, $"only {calls} calls");
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_storage_call_when_the_mirror_is_lost_then_the_next_one_is_exact(StorageFault fault)
    {
        var calls = await CrashMatrix.RunAsync(ChangedAsync, async (site, index) =>
        {
            var reference = await AcceptAsync(site);
            var finished = await CrashAsync(site, reference, fault, index);
            var next = site.Restart();
            await next.Imports.CloseAsync(reference);

            await next.Imports.FinishAsync(reference, failures: null, error: null);
            Assert.Empty((await site.CheckAsync()).Problems);
            await next.RunAsync(await AcceptAsync(next));

            await AssertMirroredAsync(site);
            return !finished;
        });
        Assert.True(calls > 25, $"only {calls} calls");
    }

    private async Task<ImportSite> ChangedAsync()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(("src/a", 10), ("src/b/c", 20), ("src/b/d", 30), ("src/gone", 5));
        await site.ImportAsync("src");
        await site.PutAsync(("src/a", 17), ("src/b/c", 2), ("src/b/new", 40));
        await site.Container.DeleteAsync("src/gone");
        return site;
    }

    private static async Task AssertMirroredAsync(ImportSite site)
    {
        var sizes = (await site.TreeAsync()).ToDictionary(f => f.Key, f => f.Value.Size);
        Assert.Equal(new Dictionary<string, long> { ["a"] = 17, ["b/"] = 0, ["b/c"] = 2, ["b/d"] = 30, ["b/new"] = 40, ["gone"] = 5 }, sizes);
        Assert.Equal(17 + 2 + 30 + 40 + 5, await site.UsedAsync());
        Assert.True((await FileAsync(site, "gone")).Metadata.ContainsKey(MetadataKeys.SourceMissing));
        Assert.Empty((await site.CheckAsync()).Problems);
    }

    private static async Task<bool> CrashAsync(ImportSite site, ImportTaskReference reference, StorageFault fault, int index)
    {
        var counted = 0;
        var dying = site.Restart(_ => Interlocked.Increment(ref counted) == index + 1 ? fault : StorageFault.None);
        try
        {
            await dying.RunAsync(reference);
            return true;
        }
        catch (Exception e) when (e is SimulatedCrashException or AzureStorage.StorageException)
        {
            return false;
        }
    }

    private static async Task<int> CostAsync(ImportSite site, bool isMirror)
    {
        var reference = await AcceptAsync(site, isMirror);
        using var measured = site.Account.Transactions.Measure();
        await site.RunAsync(reference);
        return (int)measured.Total;
    }

    private static async Task<ImportTaskReference> AcceptAsync(ImportSite site, bool isMirror = true, bool isDryRun = false, long userId = ImportSite.AdminId)
    {
        var task = await site.Imports.AcceptAsync(
            new ImportRequest("src", "/imported", userId, 1, Recursive: true) { IsMirror = isMirror, IsDryRun = isDryRun }, "");
        return new ImportTaskReference(task.Id, task.OwnerId);
    }

    private static async Task<WorkflowTask> MirrorAsync(ImportSite site, bool isDryRun = false, long userId = ImportSite.AdminId)
    {
        var reference = await AcceptAsync(site, isDryRun: isDryRun, userId: userId);
        await site.RunAsync(reference);
        return await site.TaskAsync(reference);
    }

    private static Task<FileRecord> FileAsync(ImportSite site, string path) =>
        site.Tree.ByPath.GetAsync(ImportSite.AdminId, FilePath.ParsePlain("/imported/" + path));

    private static Dictionary<string, long> Counts(long added = 0, long existing = 0, long updated = 0, long vanished = 0, long refused = 0) => new()
    {
        ["new"] = added,
        ["existing"] = existing,
        ["updated"] = updated,
        ["vanished"] = vanished,
        ["refused"] = refused,
    };
}

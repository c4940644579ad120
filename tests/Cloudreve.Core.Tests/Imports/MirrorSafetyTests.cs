using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Copying;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Site;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Imports;

/// <summary>Mirrors beside owners who delete, copy and change files, and beside runs that died or came late.</summary>
public sealed class MirrorSafetyTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Given_a_deleted_file_that_a_mirror_brought_back_when_its_entity_is_recycled_then_the_blob_stays(bool isMirroredBefore)
    {
        var site = await CreateAsync(("src/a", 10));
        if (isMirroredBefore)
            await MirrorAsync(site);
        await DeleteAsync(site, "/imported/a");
        await MirrorAsync(site);

        await RecycleAsync(site);

        Assert.NotNull(await site.Container.FindAsync("src/a"));
        Assert.Equal("src/a", (await site.TreeAsync())["a"].Source);
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_a_copy_of_a_mirrored_file_when_it_is_recycled_after_the_blob_changed_then_the_blob_stays()
    {
        var site = await CreateAsync(("src/a", 10));
        await MirrorAsync(site);
        await CopyAsync(site, "copy");
        await site.PutAsync(("src/a", 11));
        await MirrorAsync(site);
        await DeleteAsync(site, "/copy");

        await RecycleAsync(site);

        Assert.NotNull(await site.Container.FindAsync("src/a"));
    }

    [Theory]
    [InlineData(10, true)]
    [InlineData(11, false)]
    public async Task Given_a_deleted_import_when_it_is_recycled_then_its_blob_goes_unless_it_was_written_again(int size, bool isAsImported)
    {
        var site = await CreateAsync(("src/a", 10));
        if (!isAsImported)
            await site.PutAsync(("src/a", size));
        await DeleteAsync(site, "/imported/a");

        await RecycleAsync(site);

        Assert.Equal(isAsImported, await site.Container.FindAsync("src/a") is null);
    }

    [Theory]
    [InlineData(true, "src/below/a", false)]
    [InlineData(false, "src/below/a", true)]
    [InlineData(false, "src/a", false)]
    public async Task Given_a_mirror_when_an_import_is_recycled_then_its_blob_goes_unless_the_mirror_reads_it(bool recursive, string blob, bool goes)
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync((blob, 10), ("src/other", 5));
        await site.ImportAsync(blob[..blob.LastIndexOf('/')], recursive: false);
        var mirror = await site.Imports.AcceptAsync(
            new ImportRequest("src", "/mirror", ImportSite.AdminId, 1, recursive) { IsMirror = true }, "");
        await site.RunAsync(new ImportTaskReference(mirror.Id, mirror.OwnerId));
        await DeleteAsync(site, "/imported/a");

        await RecycleAsync(site);

        Assert.Equal(goes, await site.Container.FindAsync(blob) is null);
    }

    [Fact]
    public async Task Given_an_import_that_still_runs_when_its_owner_writes_one_of_its_files_anew_then_the_old_version_stays()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(("src/a", 10), ("src/b", 5));
        var task = await site.Imports.AcceptAsync(new ImportRequest("src", "/imported", ImportSite.AdminId, 1, Recursive: true), "");
        var reference = new ImportTaskReference(task.Id, task.OwnerId);
        // The owner makes a file of the same name just before it is inserted, and later saves over the other.
        var isMade = false;
        var racing = site.Restart(call =>
        {
            if (!isMade && IsWriteOf(call) && site.Tree.ByPath.FindFolderIdAsync(ImportSite.AdminId, FilePath.ParsePlain("/imported")).GetAwaiter().GetResult() is not null)
            {
                isMade = true;
                site.Restart().Tree.Creation.CreateAsync(ImportSite.AdminId, FilePath.ParsePlain("/imported/b"), new NewEntry(FileType.File), failIfExists: true)
                    .GetAwaiter().GetResult();
            }
            return StorageFault.None;
        });
        await racing.Imports.BeginAsync(reference);
        foreach (var group in await racing.Imports.ClaimAsync(reference, 0, ImportTotals.Zero, []))
            await racing.Imports.RunGroupAsync(reference, group);
        var imported = await FileAsync(site, "a");
        await site.Tree.Updates.UpdateAsync(imported, current => current with
        {
            PrimaryEntityId = 0,
            Size = 0,
            OtherEntities = [new EntityLink(current.PrimaryEntityId, EntityType.Version, current.Size, current.UpdatedAt)],
        });

        await site.RunAsync(reference);

        Assert.True(isMade);
        Assert.NotNull(await site.Get<EntityStore>().FindAsync(imported.PrimaryEntityId));
        Assert.Empty((await site.CheckAsync()).Problems);
    }

    [Fact]
    public async Task Given_a_run_that_comes_late_when_its_file_has_moved_on_then_the_version_that_another_run_brought_stays()
    {
        var site = await CreateAsync(("src/a", 10));
        await site.PutAsync(("src/a", 20));
        var reference = await AcceptAsync(site);
        var isOvertaken = false;
        var late = site.Restart(call =>
        {
            // The group is reserved: what follows are entities and files.
            if (!isOvertaken && IsWriteOf(call) && site.Layout.TaskItems.QueryAsync(new AzureStorage.Tables.RowRange("import" + reference.TaskId.ToString("x")))
                .AnyAsync(row => row.RowKey.StartsWith("g|", StringComparison.Ordinal)).AsTask().GetAwaiter().GetResult())
            {
                isOvertaken = true;
                OvertakeAsync(site, reference).GetAwaiter().GetResult();
            }
            return StorageFault.None;
        });

        await AttemptAsync(() => late.RunAsync(reference));

        Assert.True(isOvertaken);
        var file = await FileAsync(site, "a");
        var version = Assert.Single(file.OtherEntities);
        Assert.NotNull(await site.Get<EntityStore>().FindAsync(version.Id));
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_copy_made_after_a_crash_when_the_blob_changes_and_the_mirror_is_run_again_then_nothing_is_lost(StorageFault fault)
    {
        var calls = await CrashMatrix.RunAsync(ChangedAsync, async (site, index) =>
        {
            var reference = await AcceptAsync(site);
            var counted = 0;
            var dying = site.Restart(_ => Interlocked.Increment(ref counted) == index + 1 ? fault : StorageFault.None);
            var isFinished = await AttemptAsync(() => dying.RunAsync(reference));
            var next = site.Restart();
            await CopyAsync(next, "copy");
            await next.PutAsync(("src/a", 23));

            await next.RunAsync(reference);

            var files = await next.TreeAsync("/");
            Assert.DoesNotContain("missing", files.Values.Select(f => f.Source));
            Assert.Equal(files.Values.Sum(f => f.Size), await next.UsedAsync());
            Assert.Empty((await next.CheckAsync()).Problems);
            return !isFinished;
        });
        Assert.True(calls > 15, $"only {calls} calls");
    }

    [Fact]
    public async Task Given_a_mark_that_fails_when_a_mirror_runs_then_nothing_was_charged_or_changed_before()
    {
        var site = await CreateAsync(("src/a", 10), ("src/gone", 5));
        await site.PutAsync(("src/a", 20));
        await site.Container.DeleteAsync("src/gone");
        var reference = await AcceptAsync(site);
        var failing = site.Restart(call =>
            call is { Service: StorageService.Blob, Method: "HEAD" } && call.Uri.AbsolutePath.EndsWith("/gone", StringComparison.Ordinal) ? StorageFault.CrashBefore : StorageFault.None);

        Assert.False(await AttemptAsync(() => failing.RunAsync(reference)));
        Assert.Equal((10L, 15L), ((await FileAsync(site, "a")).Size, await site.UsedAsync()));

        await site.RunAsync(reference);
        Assert.Equal((20L, 25L), ((await FileAsync(site, "a")).Size, await site.UsedAsync()));
    }

    [Fact]
    public async Task Given_a_marked_file_when_it_is_copied_then_the_copy_has_no_mark()
    {
        var site = await CreateAsync(("src/a", 10), ("src/b", 10));
        await site.Container.DeleteAsync("src/a");
        await MirrorAsync(site);

        await CopyAsync(site, "copy");

        Assert.True((await FileAsync(site, "a")).Metadata.ContainsKey(MetadataKeys.SourceMissing));
        Assert.Empty((await site.Tree.ByPath.GetAsync(ImportSite.AdminId, FilePath.ParsePlain("/copy"))).Metadata);
    }

    [Fact]
    public async Task Given_a_marked_file_when_it_is_renamed_or_moved_then_the_mark_goes()
    {
        var site = await CreateAsync(("src/a", 10), ("src/b", 10), ("src/c", 10));
        await site.Container.DeleteAsync("src/a");
        await site.Container.DeleteAsync("src/b");
        await MirrorAsync(site);

        await site.Get<DriveOperations>().RenameAsync(NewWork(), FilePath.ParsePlain("/imported/a"), "renamed", _ => { });
        await site.Get<DriveOperations>().MoveAsync(NewWork(), FilePath.ParsePlain("/imported/b"), FilePath.Root);

        Assert.Empty((await FileAsync(site, "renamed")).Metadata);
        Assert.Empty((await site.Tree.ByPath.GetAsync(ImportSite.AdminId, FilePath.ParsePlain("/b"))).Metadata);
    }

    [Fact]
    public async Task Given_a_blob_that_is_back_but_refused_when_a_mirror_runs_then_the_mark_goes()
    {
        var site = await CreateAsync(("src/a.txt", 10), ("src/b", 10));
        await site.Container.DeleteAsync("src/a.txt");
        await MirrorAsync(site);
        var policy = await site.Get<SiteCatalog>().GetPolicyAsync(1);
        await site.Get<SiteCatalog>().SavePolicyAsync(policy with { MaxSize = 15 });
        await site.PutAsync(("src/a.txt", 20));

        await MirrorAsync(site);

        var file = await FileAsync(site, "a.txt");
        Assert.Equal((10L, false), (file.Size, file.Metadata.ContainsKey(MetadataKeys.SourceMissing)));
    }

    [Fact]
    public async Task Given_an_arrival_that_is_not_charged_yet_when_a_mirror_runs_then_the_file_waits_for_it()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(("imports/1/a", 10));
        await ArriveAsync(site);
        await site.Get<QuotaLedger>().ReverseAllAsync(ImportSite.AdminId, "blob-", default);
        await site.PutAsync(("imports/1/a", 30));

        var told = await site.Imports.AcceptAsync(
            new ImportRequest("imports/1", "/", ImportSite.AdminId, 1, Recursive: true) { IsMirror = true, IsDryRun = true }, "");
        await site.RunAsync(new ImportTaskReference(told.Id, told.OwnerId));
        await MirrorAsync(site, "imports/1", "/");
        Assert.Equal((10L, 0L), (await SizeAsync(site), await site.UsedAsync()));
        Assert.Equal(0, (await site.TaskAsync(new ImportTaskReference(told.Id, told.OwnerId))).Counts["updated"]);

        await ArriveAsync(site);
        Assert.Equal((30L, 30L), (await SizeAsync(site), await site.UsedAsync()));
    }

    private static async Task ArriveAsync(ImportSite site) =>
        await site.Get<BlobArrival>().ImportAsync(ImportSite.AdminId, "imports/1/a", "/a");

    private static async Task<long> SizeAsync(ImportSite site) => (await site.Tree.ByPath.GetAsync(ImportSite.AdminId, FilePath.ParsePlain("/a"))).Size;

    private async Task<ImportSite> CreateAsync(params (string Name, int Size)[] blobs)
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(blobs);
        await site.ImportAsync("src");
        return site;
    }

    private async Task<ImportSite> ChangedAsync()
    {
        var site = await CreateAsync(("src/a", 10), ("src/b", 5));
        await site.PutAsync(("src/a", 17));
        return site;
    }

    /// <summary>A write to the table of entities or of files in a batch.</summary>
    private static bool IsWriteOf(StorageCall call) => call is { Service: StorageService.Table, Method: "POST", Resource: "$batch" };

    private static async Task OvertakeAsync(ImportSite site, ImportTaskReference reference)
    {
        var rival = site.Restart();
        await rival.RunAsync(reference);
        var file = await FileAsync(rival, "a");
        await rival.Tree.Updates.UpdateAsync(file, current => current with
        {
            PrimaryEntityId = 0,
            Size = 0,
            OtherEntities = [new EntityLink(current.PrimaryEntityId, EntityType.Version, current.Size, current.UpdatedAt)],
        });
    }

    private static async Task<bool> AttemptAsync(Func<Task> run)
    {
        try
        {
            await run();
            return true;
        }
        catch (Exception e) when (e is SimulatedCrashException or AzureStorage.StorageException)
        {
            return false;
        }
    }

    private static DriveWork NewWork() => new(ImportSite.AdminId, Actor.Site);

    private static Task DeleteAsync(ImportSite site, string path) =>
        site.Get<DriveOperations>().DeleteAsync(NewWork(), FilePath.ParsePlain(path), keepBlobs: false);

    private static async Task CopyAsync(ImportSite site, string name) => await site.Get<DriveOperations>().CopyAsync(
        NewWork(), FilePath.ParsePlain("/imported/a"), FilePath.Root, new CopyLimits(null, 100), name);

    private static async Task RecycleAsync(ImportSite site) =>
        await site.Restart(new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddHours(1))).Get<EntityRecycler>().RunAsync();

    private static async Task<ImportTaskReference> AcceptAsync(ImportSite site, string source = "src", string destination = "/imported")
    {
        var task = await site.Imports.AcceptAsync(new ImportRequest(source, destination, ImportSite.AdminId, 1, Recursive: true) { IsMirror = true }, "");
        return new ImportTaskReference(task.Id, task.OwnerId);
    }

    private static async Task MirrorAsync(ImportSite site, string source = "src", string destination = "/imported") =>
        await site.RunAsync(await AcceptAsync(site, source, destination));

    private static Task<FileRecord> FileAsync(ImportSite site, string path) =>
        site.Tree.ByPath.GetAsync(ImportSite.AdminId, FilePath.ParsePlain("/imported/" + path));
}

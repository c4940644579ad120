using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.FullText.Index;
using Cloudreve.Core.Content.Integrity;
using Cloudreve.Core.Content.Integrity.Scrub;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tasks;
using Cloudreve.Core.Tests.Content.Uploads;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Integrity;

public sealed class SiteScrubTests(AzuriteServer azurite)
{
    private const long Lost = (1L << 46) + 77;

    [Fact]
    public async Task Given_versions_trash_and_an_open_upload_when_the_site_is_scrubbed_then_all_stays()
    {
        var site = await CreateAsync(repairs: true);
        await site.WriteAsync("/d/file", UploadSite.Bytes(30));
        await site.WriteAsync("/d/file", UploadSite.Bytes(40));
        await site.WriteAsync("/trashed", UploadSite.Bytes(10));
        await site.Drive.Operations.TrashAsync(DriveSite.NewWork(), DriveSite.Path("/trashed"), "cloudreve://my/trashed", TimeSpan.FromDays(30));
        await site.BeginAsync("/d/open", 250);

        var report = await ScrubAsync(site, wait: TimeSpan.Zero);
        var later = await ScrubAsync(site, TimeSpan.FromDays(9));

        Assert.Equal((0, 0), (report.Found, later.Found));
        Assert.True(later.Checked > 5, $"{later.Checked} checked");
        Assert.Empty((await site.Drive.Get<TaskStore>().ListAsync(User.FirstId, [SiteScrub.TaskType], [], 10, null)).Tasks);
        Assert.Empty(await site.Restart().Drive.Get<SiteIntegrity>().CheckAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_unreachable_rows_when_the_site_is_scrubbed_then_they_are_removed_if_wanted(bool repairs)
    {
        var site = await CreateAsync(repairs);
        var file = await site.WriteAsync("/d/file", UploadSite.Bytes(30));
        await LoseAsync(site, file);

        var young = await ScrubAsync(site, TimeSpan.Zero);
        var report = await ScrubAsync(site, TimeSpan.FromDays(9));

        Assert.Equal(0, young.Found);
        Assert.Equal((5, repairs ? 5 : 0), (report.Found, report.Repaired));
        string[] expected =
        [
            "No entity has the blob uploads/7/lost.", $"No file refers to the entity {Lost}.", $"The folder {Lost + 1} has no id.",
            $"The id {Lost + 2} has no entry.", $"The id {Lost} has no entry.",
        ];
        Assert.Equal(expected.Select(text => repairs ? text + " It was removed." : text).Order(StringComparer.Ordinal), report.Named.Order(StringComparer.Ordinal));
        var task = Assert.Single((await site.Drive.Get<TaskStore>().ListAsync(User.FirstId, [SiteScrub.TaskType], [], 10, null)).Tasks);
        Assert.Equal((WorkflowTaskStatus.Completed, repairs ? 0L : 5L, 5), (task.Status, task.Failed, task.ErrorHistory.Count));
        if (!repairs)
            return;
        var later = site.Restart();
        later.Drive.Wait(TimeSpan.FromDays(10));
        await later.Drive.Get<EntityRecycler>().RunAsync();
        Assert.Empty(await site.Restart().Drive.Get<SiteIntegrity>().CheckAsync());
        Assert.Null(await site.Layout.Files.FindAsync(FileKeys.Folder(Lost + 1), FileKeys.Header));
        Assert.Null(await site.Layout.Files.FindAsync(FileKeys.Folder(Lost + 2), FileKeys.Header));
        Assert.Equal(30, (await site.ReadAsync((await site.FindAsync("/d/file"))!)).Length);
    }

    [Fact]
    public async Task Given_a_file_whose_blob_is_gone_when_the_site_is_scrubbed_then_it_is_named_and_stays()
    {
        var site = await CreateAsync(repairs: true);
        var file = await site.WriteAsync("/file", UploadSite.Bytes(30));
        var entity = (await site.Drive.Get<EntityStore>().FindAsync(file.PrimaryEntityId))!;
        await site.Layout.Container(site.Layout.FilesContainerName).DeleteAsync(entity.Source);

        var report = await ScrubAsync(site, TimeSpan.FromDays(9));

        Assert.Equal([$"The blob {entity.Source} of the entity {entity.Id} does not exist."], report.Named);
        Assert.Equal(0, report.Repaired);
        Assert.NotNull(await site.FindAsync("/file"));
        Assert.NotNull(await site.Drive.Get<EntityStore>().FindAsync(entity.Id));
    }

    [Fact]
    public async Task Given_an_unreachable_folder_with_entries_when_scrubbed_then_it_is_named_and_left()
    {
        var site = await CreateAsync(repairs: true);
        await AddIdAsync(site, Lost, FileType.Folder);
        await site.Layout.Files.InsertAsync(EntryRows.NewHeader(Lost, DriveSite.Owner));
        await site.Drive.Tree.Creation.CreateEntryAsync(DriveSite.Owner, Lost, "child", new NewEntry(FileType.File), failIfExists: true);

        var report = await ScrubAsync(site, TimeSpan.FromDays(9));

        Assert.Equal([$"The folder {Lost} has entries and cannot be reached."], report.Named);
        Assert.Equal(0, report.Repaired);
        Assert.NotNull(await site.Layout.FileIds.FindAsync(FileKeys.IdBlock(Lost), FileKeys.Id(Lost)));
    }

    [Fact]
    public async Task Given_rows_beyond_a_part_when_a_table_is_read_in_parts_then_each_partition_comes_once()
    {
        var site = await CreateAsync(repairs: false);
        for (var i = 0; i < 9; i++)
            await site.Layout.Entities.InsertAsync(new Row($"p{i / 3}", $"r{i}"));
        var (seen, at, parts) = (new List<string>(), "", 0);
        do
        {
            var scan = new PagedScan(site.Layout.Entities, null, at, most: 4);
            await foreach (var rows in scan.ReadAsync(TestContext.Current.CancellationToken))
                seen.AddRange(rows.Select(row => row.RowKey));
            (at, parts) = (scan.Next, parts + 1);
        }
        while (at.Length > 0);

        Assert.Equal(["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8"], seen);
        Assert.Equal(2, parts);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_texts_and_packs_that_nobody_has_when_the_site_is_scrubbed_then_they_are_removed_if_wanted(bool repairs)
    {
        const long Gone = 99;
        var site = await CreateAsync(repairs);
        await site.Layout.Container(site.Layout.FullTextContainerName).CreateIfNotExistsAsync();
        var user = await site.Drive.Get<UserStore>().CreateAsync(new NewUser("texts@example.com", null, Group.UserId));
        var file = await site.WriteAsync("/file", UploadSite.Bytes(30));
        var blobs = new IndexBlobs(site.Layout);
        foreach (var entityId in (long[])[file.PrimaryEntityId, Lost])
            await blobs.WriteTextAsync(new IndexedText(entityId, "text"), default);
        var packs = new List<PackEntry>();
        foreach (var owner in (long[])[user.Id, user.Id, Gone])
            packs.Add(await blobs.WritePackAsync(owner, [1], 1, default));
        await blobs.TryWriteManifestAsync(user.Id, new IndexManifest([packs[0]]), null, default);
        await blobs.TryWriteManifestAsync(Gone, new IndexManifest([packs[2]]), null, default);

        var young = await ScrubAsync(site, TimeSpan.Zero);
        var report = await ScrubAsync(site, TimeSpan.FromDays(9));

        Assert.Equal(0, young.Found);
        Assert.Equal((4, repairs ? 4 : 0), (report.Found, report.Repaired));
        var left = (await blobs.ListAsync(default)).Blobs.Count;
        Assert.Equal(repairs ? 3 : 7, left);
        Assert.NotNull(await blobs.FindTextAsync(file.PrimaryEntityId, default));
        Assert.NotNull(await blobs.ReadPackAsync(packs[0], default));
    }

    /// <summary>A write that was on its way when its process was suspended arrives after everything of it has been taken back.</summary>
    [Fact]
    public async Task Given_a_process_suspended_with_a_blob_on_its_way_when_the_site_is_scrubbed_then_the_orphan_goes()
    {
        var site = await CreateAsync(repairs: true);
        UploadSite? suspended = null;
        var isHeld = false;
        suspended = site.Restart(call =>
        {
            if (!isHeld && call is { Service: StorageService.Blob, Method: "PUT" })
            {
                isHeld = true;
                suspended!.Drive.Wait(TimeSpan.FromHours(1));
                TakeBackAsync(site).GetAwaiter().GetResult();
            }
            return StorageFault.None;
        });

        await Assert.ThrowsAnyAsync<Exception>(() => suspended.WriteAsync("/late", UploadSite.Bytes(30)));

        Assert.True(isHeld);
        Assert.Null(await site.FindAsync("/late"));
        Assert.Contains(await site.Drive.Get<SiteIntegrity>().CheckAsync(), finding => finding.Kind == IntegrityKind.Orphan);
        var report = await ScrubAsync(site, TimeSpan.FromDays(9));
        Assert.Equal(report.Found, report.Repaired);
        var later = site.Restart();
        later.Drive.Wait(TimeSpan.FromDays(10));
        await later.Drive.Get<EntityRecycler>().RunAsync();
        Assert.Empty(await site.Restart().Drive.Get<SiteIntegrity>().CheckAsync());
    }

    private static async Task TakeBackAsync(UploadSite site)
    {
        var other = site.Restart();
        for (var run = 0; run < 3; run++)
        {
            other.Drive.Wait(TimeSpan.FromMinutes(20));
            await other.Drive.Get<WriteSettlement>().RunAsync();
        }
    }

    /// <summary>Creates the leftovers of crashes and lost responses.</summary>
    private static async Task LoseAsync(UploadSite site, FileRecord file)
    {
        await AddIdAsync(site, Lost, FileType.File);
        await site.Layout.Files.InsertAsync(EntryRows.NewHeader(Lost + 1, DriveSite.Owner));
        await AddIdAsync(site, Lost + 2, FileType.Folder);
        await site.Layout.Files.InsertAsync(EntryRows.NewHeader(Lost + 2, DriveSite.Owner));
        var entity = (await site.Drive.Get<EntityStore>().FindAsync(file.PrimaryEntityId))!;
        await site.Drive.Get<EntityStore>().AddAsync(entity with { Id = Lost, FileId = 0, Size = 1, Source = "uploads/7/unused" });
        var container = site.Layout.Container(site.Layout.FilesContainerName);
        foreach (var name in (string[])["uploads/7/unused", "uploads/7/lost", "another's/blob"])
            await container.WriteAsync(name, BinaryData.FromString("x"));
    }

    private static Task<string> AddIdAsync(UploadSite site, long id, FileType type) => site.Layout.FileIds.InsertAsync(
        EntryRows.NewIdRow(id, type, DriveRoots.RootId(DriveSite.Owner), DriveSite.Owner, DateTimeOffset.UtcNow));

    private async Task<UploadSite> CreateAsync(bool repairs)
    {
        var site = await UploadSite.CreateAsync(azurite);
        await site.Drive.Get<SettingStore>().SetAsync(new Dictionary<string, string> { [SiteSetting.ScrubRepairs.Key] = repairs ? "1" : "0" });
        return site;
    }

    private static async Task<ScrubReport> ScrubAsync(UploadSite site, TimeSpan wait)
    {
        var process = site.Restart();
        process.Drive.Wait(wait);
        return await process.Drive.Get<SiteScrub>().RunAsync();
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.Archives.Extraction;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.ArchiveExtractions;

/// <summary>Small files of archives are written together.</summary>
public sealed class ArchiveGroupTests(AzuriteServer azurite)
{
    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    public async Task Given_another_archive_of_the_same_names_sizes_and_times_when_it_comes_second_then_its_files_are_reported(int count)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        var names = Enumerable.Range(0, count).Select(i => $"f{i}").ToArray();
        await ExtractionRun.PutAsync(site, TarFile.Of([.. names.Select(name => (name, "first"u8.ToArray()))]), "a.tar");
        await ExtractionRun.PutAsync(site, TarFile.Of([.. names.Select(name => (name, "other"u8.ToArray()))]), "b.tar");
        var second = await ExtractionRun.AcceptAsync(site, "b.tar");
        await ExtractionRun.RunAsync(site, "a.tar");

        second = await ExtractionRun.RunAsync(site, second);

        Assert.Equal((WorkflowTaskStatus.Completed, (long)count), (second.Status, second.Failed));
        Assert.All(second.ErrorHistory, error => Assert.EndsWith("already exists.", error, StringComparison.Ordinal));
        Assert.Equal("first"u8.ToArray(), await site.ReadAsync("/out/f0"));
    }

    [Theory]
    [InlineData("a.zip")]
    [InlineData("a.tgz")]
    public async Task Given_196_small_files_in_two_folders_when_extracted_then_each_costs_its_blob_and_little_more(string name)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        var files = Enumerable.Range(0, 196).Select(i => ($"d{i % 2}/f{i:d3}", Encoding.ASCII.GetBytes($"{i}"))).ToArray();
        await ExtractionRun.PutAsync(site, name == "a.zip" ? ZipFile.Of(files) : TarFile.Gzip(TarFile.Of(files)), name);
        foreach (var folder in (string[])["/out/d0", "/out/d1"])
            await site.Get<EntryCreation>().CreateAsync(1, FilePath.ParsePlain(folder), NewEntry.Folder, failIfExists: true);
        await site.WriteAsync("/warm", [1]);
        var task = await ExtractionRun.AcceptAsync(site, name);
        var calls = new ConcurrentQueue<StorageCall>();
        await using var counted = site.Restart(call =>
        {
            calls.Enqueue(call);
            return StorageFault.None;
        });
        // A process reads settings, groups, policies and leases of ids once.
        await WarmAsync(counted);
        calls.Clear();

        Assert.True(await counted.Get<ArchiveExtraction>().StepAsync(new TaskReference(task.Id, 1)));

        Assert.Equal(new TaskProgress(196, 196), (await site.TaskAsync(task.Id)).Progress["extract_count"]);
        Assert.Equal(196, calls.Count(call => call is { Service: StorageService.Blob, Method: "PUT" }));
        // 13 batches: intents 2, charge 1, entities 2, id rows 2, files 4, activities 2. Reads of the task, the archive, paths, names, locks and quota.
        Assert.Equal(13, calls.Count(call => call.Resource.EndsWith("$batch", StringComparison.Ordinal)));
        Assert.Equal(196 + 41, calls.Count);
    }

    [Fact]
    public async Task Given_196_small_files_in_two_folders_when_extracted_then_each_takes_five_rows()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ExtractionRun.PutAsync(site, ZipFile.Of([.. Enumerable.Range(0, 196).Select(i => ($"d{i % 2}/f{i:d3}", new byte[] { 1 }))]), "a.zip");
        foreach (var folder in (string[])["/out/d0", "/out/d1"])
            await site.Get<EntryCreation>().CreateAsync(1, FilePath.ParsePlain(folder), NewEntry.Folder, failIfExists: true);
        var task = await ExtractionRun.AcceptAsync(site, "a.zip");
        Table[] tables = [site.Layout.Files, site.Layout.FileIds, site.Layout.Entities, site.Layout.Events, site.Layout.Quotas];
        var before = await CountAsync(tables);

        Assert.True(await site.Get<ArchiveExtraction>().StepAsync(new TaskReference(task.Id, 1)));

        // A file has two rows in its folder; four groups have a charge and a row by time.
        Assert.Equal([2 * 196, 196, 196, 196 + 4, 4], (await CountAsync(tables)).Zip(before, (after, earlier) => after - earlier));
    }

    private static async Task<IReadOnlyList<int>> CountAsync(Table[] tables)
    {
        var counts = new List<int>();
        foreach (var table in tables)
            counts.Add(await table.ScanAsync().CountAsync());
        return counts;
    }

    [Fact]
    public async Task Given_160_missing_folders_when_extracted_then_folders_are_made_together()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ExtractionRun.PutAsync(site, ZipFile.Of([.. Enumerable.Range(0, 150).Select(i => ($"d{i % 10}/e{i:d3}/f", new byte[] { 1 }))]), "a.zip");
        var task = await ExtractionRun.AcceptAsync(site, "a.zip");
        var calls = new ConcurrentQueue<StorageCall>();
        await using var counted = site.Restart(call =>
        {
            calls.Enqueue(call);
            return StorageFault.None;
        });
        await WarmAsync(counted);
        calls.Clear();

        Assert.True(await counted.Get<ArchiveExtraction>().StepAsync(new TaskReference(task.Id, 1)));

        Assert.Equal(new TaskProgress(150, 150), (await site.TaskAsync(task.Id)).Progress["extract_count"]);
        // A look and a header for each folder, and for each file its blob and for its folder a look, its names, a note, an intent and a commit.
        Assert.Equal((160 * 2) + (150 * 6) + 57, calls.Count);
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_a_name_that_is_taken_while_files_are_written_when_extracted_then_that_file_alone_fails()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        var files = Enumerable.Range(0, 40).Select(i => ($"f{i:d2}", (byte[])[(byte)i])).ToArray();
        await ExtractionRun.PutAsync(site, ZipFile.Of(files), "a.zip");
        var used = await site.UsedAsync();
        var task = await ExtractionRun.AcceptAsync(site, "a.zip");
        var container = site.Layout.Container(site.Layout.FilesContainerName).Name;
        var isTaken = 0;
        await using var raced = site.Restart(call =>
        {
            // The first blob comes behind the look at the names.
            if (call is { Service: StorageService.Blob, Method: "PUT" } && call.Uri.AbsolutePath.Contains($"/{container}/", StringComparison.Ordinal)
                && Interlocked.Exchange(ref isTaken, 1) == 0)
                Task.Run(() => site.WriteAsync("/out/f07", "mine"u8.ToArray())).Wait();
            return StorageFault.None;
        });

        Assert.True(await raced.Get<ArchiveExtraction>().StepAsync(new TaskReference(task.Id, 1)));

        var ended = await site.TaskAsync(task.Id);
        Assert.Equal(["f07: An item with this name already exists."], ended.ErrorHistory);
        Assert.Equal(new TaskProgress(40, 39), ended.Progress["extract_count"]);
        Assert.Equal("mine"u8.ToArray(), await site.ReadAsync("/out/f07"));
        Assert.Equal([8], await site.ReadAsync("/out/f08"));
        Assert.Equal(used + 39 + 4, await site.UsedAsync());
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_two_entries_of_one_path_when_extracted_then_the_second_is_named()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ExtractionRun.PutAsync(site, ZipFile.Of(("a", [1]), ("b", [2]), ("a", [3, 4])), "a.zip");

        var task = await ExtractionRun.RunAsync(site, "a.zip");

        Assert.Equal((WorkflowTaskStatus.Completed, 1L), (task.Status, task.Failed));
        Assert.Equal(["a: An item with this name already exists."], task.ErrorHistory);
        Assert.Equal([1], await site.ReadAsync("/out/a"));
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_files_that_exist_when_extracted_then_they_are_named_and_the_others_come()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ExtractionRun.PutAsync(site, ZipFile.Of([.. Enumerable.Range(0, 10).Select(i => ($"f{i}", (byte[])[1, 2]))]), "a.zip");
        await site.WriteAsync("/out/f3", [9]);
        await site.Get<EntryCreation>().CreateAsync(1, FilePath.ParsePlain("/out/f5"), NewEntry.Folder, failIfExists: true);

        var task = await ExtractionRun.RunAsync(site, "a.zip");

        Assert.Equal(["f3: An item with this name already exists.", "f5: An item with this name already exists."], task.ErrorHistory);
        Assert.Equal(new TaskProgress(10, 8), task.Progress["extract_count"]);
        Assert.Equal([9], await site.ReadAsync("/out/f3"));
        Assert.Equal([1, 2], await site.ReadAsync("/out/f9"));
        Assert.Empty((await site.CheckAsync()).All);
    }

    /// <summary>The blobs of eight files take half a minute each, one after the other. The intents are renewed at every second.</summary>
    [Fact]
    public async Task Given_storage_that_is_slow_for_minutes_when_files_are_written_then_nobody_undoes_them_meanwhile()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ExtractionRun.PutAsync(site, ZipFile.Of([.. Enumerable.Range(0, 8).Select(i => ($"f{i}", (byte[])[1, (byte)i]))]), "a.zip");
        var task = await ExtractionRun.AcceptAsync(site, "a.zip");
        var container = site.Layout.Container(site.Layout.FilesContainerName).Name;
        var (turn, blobs, batches) = (new Lock(), 0, 0);
        await using var slow = site.Restart(call =>
        {
            if (call.Resource == "$batch")
                Interlocked.Increment(ref batches);
            if (call is not { Service: StorageService.Blob, Method: "PUT" } || !call.Uri.AbsolutePath.Contains($"/{container}/", StringComparison.Ordinal))
                return StorageFault.None;
            lock (turn)
            {
                Interlocked.Increment(ref blobs);
                // Intents, charge, entities, id rows; whatever comes then renews the intents.
                SpinWait.SpinUntil(() => Volatile.Read(ref batches) >= 4, TimeSpan.FromSeconds(20));
                var before = Volatile.Read(ref batches);
                site.Clock.Advance(TimeSpan.FromSeconds(31));
                SpinWait.SpinUntil(() => Volatile.Read(ref batches) > before, TimeSpan.FromSeconds(2));
                if (blobs == 8)
                    Task.Run(() => site.Get<WriteSettlement>().RunAsync()).Wait();
            }
            return StorageFault.None;
        });

        // The time of the step is over, so the end is left to another.
        Assert.False(await slow.Get<ArchiveExtraction>().StepAsync(new TaskReference(task.Id, 1)));

        Assert.Equal(8, blobs);
        Assert.Equal(new TaskProgress(8, 8), (await site.TaskAsync(task.Id)).Progress["extract_count"]);
        Assert.Equal([1, 7], await site.ReadAsync("/out/f7"));
        Assert.Empty((await site.CheckAsync()).All);
    }

    /// <summary>What was not in time together is written file by file.</summary>
    [Fact]
    public async Task Given_a_group_that_was_undone_before_its_commit_when_extracted_then_its_files_are_there()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ExtractionRun.PutAsync(site, ZipFile.Of([.. Enumerable.Range(0, 8).Select(i => ($"f{i}", (byte[])[1, (byte)i]))]), "a.zip");
        var used = await site.UsedAsync();
        var task = await ExtractionRun.AcceptAsync(site, "a.zip");
        var batches = 0;
        await using var suspended = site.Restart(call =>
        {
            // Intents, charge, entities, id rows, files.
            if (call.Resource == "$batch" && Interlocked.Increment(ref batches) == 5)
                Task.Run(() => SettleAsync(site)).Wait();
            return StorageFault.None;
        });

        // The time of the step is over, so the end is left to another.
        Assert.False(await suspended.Get<ArchiveExtraction>().StepAsync(new TaskReference(task.Id, 1)));

        Assert.Equal(new TaskProgress(8, 8), (await site.TaskAsync(task.Id)).Progress["extract_count"]);
        for (var i = 0; i < 8; i++)
            Assert.Equal([1, (byte)i], await site.ReadAsync($"/out/f{i}"));
        Assert.Equal(used + 16, await site.UsedAsync());
        await SettleAsync(site);
        Assert.Empty((await site.CheckAsync()).All);
    }

    private static async Task SettleAsync(RunningSite site)
    {
        for (var run = 0; run < 3; run++)
        {
            site.Clock.Advance(TimeSpan.FromMinutes(6));
            await site.Get<WriteSettlement>().RunAsync();
        }
    }

    /// <summary>A compressed tar does not tell in advance what it has.</summary>
    [Fact]
    public async Task Given_a_quota_for_a_part_of_the_files_when_extracted_then_the_task_ends_and_no_more_is_charged_than_is_there()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ExtractionRun.PutAsync(site, TarFile.Gzip(TarFile.Of([.. Enumerable.Range(0, 20).Select(i => ($"f{i:d2}", new byte[1000]))])), "a.tgz");
        var used = await site.UsedAsync();
        var catalog = site.Get<SiteCatalog>();
        await catalog.SaveGroupAsync(await catalog.GetGroupAsync(Group.AdminId) with { MaxStorage = used + 7_500 });

        var task = await ExtractionRun.RunAsync(site, "a.tgz");

        Assert.Equal((WorkflowTaskStatus.Error, "The storage quota is exceeded."), (task.Status, task.Error));
        var there = 0;
        for (var i = 0; i < 20; i++)
            there += await site.ReadAsync(string.Create(CultureInfo.InvariantCulture, $"/out/f{i:d2}")) is null ? 0 : 1;
        Assert.Equal(7, there);
        Assert.Equal(used + 7_000, await site.UsedAsync());
        Assert.Empty((await site.CheckAsync()).All);
    }

    private static async Task WarmAsync(RunningSite site)
    {
        await site.WriteAsync("/warm-too", [1]);
        await site.Get<EntriesByPath>().FindAsync(1, FilePath.ParsePlain("/warm-too"));
    }
}

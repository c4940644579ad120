using System.Collections.Concurrent;
using System.Security.Cryptography;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Archives.Extraction;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.ArchiveExtractions;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Orchestrations.Tests.Replay;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.ArchiveExtractions;

/// <summary>What extracting takes at most, whatever the archive is.</summary>
public sealed class ArchiveLimitTests(AzuriteServer azurite)
{
    [Theory]
    [InlineData("a.zip")]
    [InlineData("a.7z")]
    [InlineData("a.rar")]
    public async Task Given_a_password_of_129_characters_when_an_archive_is_to_be_extracted_then_it_is_refused(string name)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ExtractionRun.PutAsync(site, name == "a.rar" ? RarFile.Five(("a", [1])) : ZipFile.Of(("a", [1])), name);

        var refused = await Assert.ThrowsAsync<CloudreveException>(() => ExtractionRun.RunAsync(site, name, password: new string('p', 129)));

        Assert.Equal((ErrorCode.BadParameter, "The password is too long."), (refused.Code, refused.Message));
        Assert.Empty((await site.Get<TaskStore>().ListAsync(1, [], [], 10, null)).Tasks);
    }

    [Fact]
    public async Task Given_a_password_of_128_characters_when_a_7z_is_extracted_then_its_files_are_there()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        folder.Write("a", [1, 2]);
        var password = new string('p', 128);
        await ExtractionRun.PutAsync(site, folder.Pack("a.7z", $"7zz a -bd -y -mhe=on -p{password} a.7z a"), "a.7z");

        await ExtractionRun.RunAsync(site, "a.7z", password: password);

        Assert.Equal((byte[])[1, 2], await site.ReadAsync("/out/a"));
    }

    /// <summary>Unpacking a folder anew would be another request, as its content is larger than what is read at once.</summary>
    [Theory]
    [InlineData(25)]
    [InlineData(50)]
    public async Task Given_files_that_were_packed_together_when_a_7z_is_extracted_then_its_content_is_read_once(int files)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        for (var i = 0; i < files; i++)
            folder.Write($"d/{i}", RandomNumberGenerator.GetBytes(60_000));
        await ExtractionRun.PutAsync(site, folder.Pack("a.7z", "7zz a -bd -y a.7z d"), "a.7z");

        var (task, reads) = await ExtractAsync(site, "a.7z");

        Assert.Equal((WorkflowTaskStatus.Completed, 0L), (task.Status, task.Failed));
        Assert.Equal(folder.Read($"d/{files - 1}"), await site.ReadAsync($"/out/d/{files - 1}"));
        // The format, the directory by two readers, three each, and the content.
        Assert.Equal(8, reads);
    }

    [Fact]
    public async Task Given_a_mask_when_a_7z_is_extracted_then_folders_without_wanted_files_are_not_read()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        using var folder = new PackingFolder();
        folder.Write("a", RandomNumberGenerator.GetBytes(3_000_000));
        folder.Write("b", RandomNumberGenerator.GetBytes(3_000_000));
        folder.Write("c", [1, 2]);
        await ExtractionRun.PutAsync(site, folder.Pack("a.7z", "7zz a -bd -y -ms=off a.7z a b c"), "a.7z");

        var (task, reads) = await ExtractAsync(site, "a.7z", "c");

        Assert.Equal(new TaskProgress(1, 1), task.Progress["extract_count"]);
        Assert.Equal((byte[])[1, 2], await site.ReadAsync("/out/c"));
        Assert.Equal(8, reads);
    }

    [Fact]
    public async Task Given_a_key_of_more_rounds_than_rar_takes_when_a_rar_is_extracted_then_it_is_refused_there()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ExtractionRun.PutAsync(site, RarFile.Five("sesame", 0, [15, 18, 19], ("a", [1]), ("b", [2]), ("c", [3])), "a.rar");

        var task = await ExtractionRun.RunAsync(site, "a.rar", password: "sesame");

        Assert.Equal((WorkflowTaskStatus.Error, "The archive's encryption takes more work than is allowed."), (task.Status, task.Error));
        Assert.Equal([1], await site.ReadAsync("/out/a"));
        Assert.Equal([2], await site.ReadAsync("/out/b"));
        Assert.Null(await site.ReadAsync("/out/c"));
    }

    /// <summary>Each is plausible, and both are not; the first is damaged, so the archive is opened a second time.</summary>
    [Fact]
    public async Task Given_entries_that_unpack_to_too_much_together_when_a_rar_is_opened_again_then_it_is_still_refused()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ExtractionRun.PutAsync(site, RarFile.Five(("a.bomb", [1]), ("b.bomb", [2]), ("c", [3])), "a.rar");

        var task = await ExtractionRun.RunAsync(site, "a.rar");

        Assert.Equal((WorkflowTaskStatus.Error, "The archive unpacks to far more than is plausible for its size."), (task.Status, task.Error));
        Assert.Equal(["a.bomb: It is damaged."], task.ErrorHistory);
        Assert.Null(await site.ReadAsync("/out/c"));
    }

    [Fact]
    public async Task Given_an_entry_that_takes_longer_than_a_step_when_an_archive_is_extracted_then_the_task_ends()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ExtractionRun.PutAsync(site, TarFile.Gzip(TarFile.Of(("a", [1]))), "a.tgz");

        // The format is read first, then all else.
        var (task, _) = await ExtractAsync(site, "a.tgz", [], (method, number) => method == "GET" && number == 2);

        Assert.Equal((WorkflowTaskStatus.Error, "Unpacking the next entry takes longer than is allowed."), (task.Status, task.Error));
        Assert.Null(await site.ReadAsync("/out/a"));
    }

    [Fact]
    public async Task Given_an_entry_that_takes_longer_than_a_step_when_a_zip_is_extracted_then_the_task_ends_and_nothing_is_left()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ExtractionRun.PutAsync(site, ZipFile.Of(("a", [1])), "a.zip");
        var used = await site.UsedAsync();

        var (task, _) = await ExtractAsync(site, "a.zip", [], (method, number) => method == "PUT" && number == 1);

        Assert.Equal((WorkflowTaskStatus.Error, "Unpacking the next entry takes longer than is allowed."), (task.Status, task.Error));
        Assert.Null(await site.ReadAsync("/out/a"));
        Assert.Equal(used, await site.UsedAsync());
        await SettleAsync(site);
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_storage_that_is_slow_for_a_step_when_a_zip_is_extracted_then_the_next_writes_its_entries()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ExtractionRun.PutAsync(site, ZipFile.Of(("a", [1]), ("b", [2])), "a.zip");
        var used = await site.UsedAsync();

        var (task, _) = await ExtractAsync(site, "a.zip", [], (method, number) => method == "PUT" && number == 2);

        Assert.Equal((WorkflowTaskStatus.Completed, null, 0L), (task.Status, task.Error, task.Failed));
        Assert.Equal([1], await site.ReadAsync("/out/a"));
        Assert.Equal([2], await site.ReadAsync("/out/b"));
        Assert.Equal(used + 2, await site.UsedAsync());
        await SettleAsync(site);
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_a_step_that_takes_too_long_behind_its_first_entry_when_an_archive_is_extracted_then_the_next_goes_on()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        var large = RandomNumberGenerator.GetBytes(1_500_000);
        await ExtractionRun.PutAsync(site, TarFile.Gzip(TarFile.Of(("a", [1]), ("large", large))), "a.tgz");

        // The second that is written is the large one.
        var (task, _) = await ExtractAsync(site, "a.tgz", [], (method, number) => method == "PUT" && number == 2);

        Assert.Equal((WorkflowTaskStatus.Completed, null, 0L), (task.Status, task.Error, task.Failed));
        Assert.Equal([1], await site.ReadAsync("/out/a"));
        Assert.Equal(large, await site.ReadAsync("/out/large"));
        await SettleAsync(site);
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_three_archives_that_are_unpacked_when_a_fourth_waits_for_long_then_it_leaves_and_comes_again()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        var tasks = new List<WorkflowTask>();
        for (var i = 0; i < 4; i++)
        {
            if (i == 0)
                await ExtractionRun.PutAsync(site, TarFile.Gzip(TarFile.Of(("f0", [1]))), "0.tgz");
            else
                await site.WriteAsync($"/{i}.tgz", TarFile.Gzip(TarFile.Of(($"f{i}", [1]))));
            tasks.Add(await ExtractionRun.AcceptAsync(site, $"{i}.tgz"));
        }
        var files = site.Layout.Container(site.Layout.FilesContainerName).Name;
        using var release = new ManualResetEventSlim();
        using var opened = new CountdownEvent(3);
        var reads = new ConcurrentDictionary<string, int>();
        await using var busy = site.Restart(call =>
        {
            if (IsRead(call, files) && reads.AddOrUpdate(call.Uri.AbsolutePath, 1, (_, count) => count + 1) == 2 && !opened.IsSet)
            {
                opened.Signal();
                release.Wait();
            }
            return StorageFault.None;
        });
        var steps = tasks.ConvertAll(task => new TaskReference(task.Id, 1));
        var running = steps[..3].ConvertAll(step => Task.Run(() => busy.Get<ArchiveExtraction>().StepAsync(step)));
        await Task.Run(opened.Wait);

        var fourth = busy.Get<ArchiveExtraction>().StepAsync(steps[3]);
        for (var i = 0; i < 200 && !fourth.IsCompleted; i++)
        {
            site.Clock.Advance(TimeSpan.FromSeconds(5));
            await Task.WhenAny(fourth, Task.Delay(20));
        }
        var isDone = await fourth;
        release.Set();

        Assert.False(isDone);
        Assert.All(await Task.WhenAll(running), Assert.True);
        Assert.True(await busy.Get<ArchiveExtraction>().StepAsync(steps[3]));
        Assert.Equal([1], await site.ReadAsync("/out/f3"));
    }

    private static async Task SettleAsync(RunningSite site)
    {
        for (var run = 0; run < 3; run++)
        {
            site.Clock.Advance(TimeSpan.FromMinutes(12));
            await site.Get<WriteSettlement>().RunAsync();
        }
    }

    private static bool IsRead(StorageCall call, string container) =>
        call is { Service: StorageService.Blob, Method: "GET" } && call.Uri.AbsolutePath.Contains($"/{container}/", StringComparison.Ordinal);

    /// <summary>Extracts an archive, and counts how often its blob is read.</summary>
    private static Task<(WorkflowTask Task, int Reads)> ExtractAsync(RunningSite site, string name, params string[] mask) =>
        ExtractAsync(site, name, mask, (_, _) => false);

    /// <summary>Extracts an archive; a call to the blobs of files, given by its method and number, takes 21 minutes.</summary>
    private static async Task<(WorkflowTask Task, int Reads)> ExtractAsync(RunningSite site, string name, string[] mask, Func<string, int, bool> isSlow)
    {
        var task = await site.Get<ArchiveExtraction>().AcceptAsync(
            await site.AdminAsync(), new ExtractionRequest("cloudreve://my/" + name, "cloudreve://my/out") { Mask = mask });
        var files = site.Layout.Container(site.Layout.FilesContainerName).Name;
        var calls = new ConcurrentDictionary<string, int>();
        await using var counted = site.Restart(call =>
        {
            if (call.Service == StorageService.Blob && call.Uri.AbsolutePath.Contains($"/{files}/", StringComparison.Ordinal)
                && isSlow(call.Method, calls.AddOrUpdate(call.Method, 1, (_, count) => count + 1)))
                site.Clock.Advance(TimeSpan.FromMinutes(21));
            return StorageFault.None;
        });
        var hub = new ReplayHub();
        await counted.Get<ArchiveExtractionWorkflow>().StartAsync(new ReplayClient(hub), task);
        await hub.RunAsync(counted.Activities());
        return (await site.TaskAsync(task.Id), calls.GetValueOrDefault("GET"));
    }
}

using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Archives.Extraction;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.ArchiveExtractions;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Orchestrations.Tests.Replay;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Storage;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.ArchiveExtractions;

/// <summary>Kills the process before and after each storage call, or lets the call fail or its answer be lost, of a small extraction; the next process finishes it.</summary>
public sealed class ArchiveExtractionCrashTests(AzuriteServer azurite)
{
    private static readonly byte[] s_large = [.. Enumerable.Range(0, 1_100_000).Select(i => (byte)((i * 7) ^ (i >> 9)))];

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    [InlineData(StorageFault.Unavailable)]
    [InlineData(StorageFault.AnswerLost)]
    public async Task Given_a_fault_at_any_storage_call_when_the_next_process_continues_then_entries_come_once(StorageFault fault)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        // A crash in the middle of making a folder may leave its header, which nobody can reach.
        await site.Get<EntryCreation>().CreateAsync(1, FilePath.ParsePlain("/out/d"), NewEntry.Folder, failIfExists: true);
        await site.WriteAsync("/a.zip", ZipFile.Of(("a", [1]), ("d/b", [2, 3])));
        var used = await site.UsedAsync();
        var task = await site.Get<ArchiveExtraction>().AcceptAsync(await site.AdminAsync(), new ExtractionRequest("cloudreve://my/a.zip", "cloudreve://my/out"));
        var snapshot = await StorageSnapshot.TakeAsync(site.Layout.AllTables, [site.Layout.Container(site.Layout.FilesContainerName)]);
        var call = 1;
        for (; ; call++)
        {
            await snapshot.RestoreAsync();
            var hub = new ReplayHub();
            await site.Get<ArchiveExtractionWorkflow>().StartAsync(new ReplayClient(hub), task);
            var hasEnded = await RunUntilCallAsync(site, hub, call, fault);

            await using (var next = site.Restart())
            {
                await hub.RunAsync(next.Activities());
                // The content that the dead process was writing is removed by a timer.
                for (var run = 0; run < 3; run++)
                {
                    site.Clock.Advance(TimeSpan.FromMinutes(12));
                    await next.Get<WriteSettlement>().RunAsync();
                }
            }

            var ended = await site.TaskAsync(task.Id);
            Assert.Equal((WorkflowTaskStatus.Completed, null, 0L), (ended.Status, ended.Error, ended.Failed));
            Assert.Equal(new TaskProgress(2, 2), ended.Progress["extract_count"]);
            Assert.Equal((byte[])[1], await site.ReadAsync("/out/a"));
            Assert.Equal((byte[])[2, 3], await site.ReadAsync("/out/d/b"));
            Assert.Equal(used + 3, await site.UsedAsync());
            Assert.Empty((await site.CheckAsync()).All);
            if (hasEnded)
                break;
        }
        Assert.True(call > 30, $"only {call} calls");
    }

    /// <summary>A large entry comes alone, so what is behind it, written together, is another round, and another place to continue from.</summary>
    [Theory]
    [InlineData("tgz", StorageFault.CrashBefore)]
    [InlineData("tgz", StorageFault.CrashAfter)]
    [InlineData("tgz", StorageFault.Unavailable)]
    [InlineData("tgz", StorageFault.AnswerLost)]
    [InlineData("rar", StorageFault.CrashAfter)]
    [InlineData("rar", StorageFault.Unavailable)]
    [InlineData("rar", StorageFault.AnswerLost)]
    [InlineData("7z", StorageFault.CrashAfter)]
    [InlineData("7z", StorageFault.Unavailable)]
    [InlineData("7z", StorageFault.AnswerLost)]
    [InlineData("gz", StorageFault.CrashBefore)]
    [InlineData("gz", StorageFault.CrashAfter)]
    public async Task Given_another_format_and_a_fault_at_any_call_when_continued_then_entries_come_once(string format, StorageFault fault)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ExtractionRun.PutAsync(site, Archive(format), "a." + format);
        var used = await site.UsedAsync();
        var task = await ExtractionRun.AcceptAsync(site, "a." + format);
        var snapshot = await StorageSnapshot.TakeAsync(site.Layout.AllTables, [site.Layout.Container(site.Layout.FilesContainerName)]);
        for (var call = 1; ; call++)
        {
            await snapshot.RestoreAsync();
            var hub = new ReplayHub();
            await site.Get<ArchiveExtractionWorkflow>().StartAsync(new ReplayClient(hub), task);
            var hasEnded = await RunUntilCallAsync(site, hub, call, fault);

            await using (var next = site.Restart())
            {
                await hub.RunAsync(next.Activities());
                for (var run = 0; run < 3; run++)
                {
                    site.Clock.Advance(TimeSpan.FromMinutes(12));
                    await next.Get<WriteSettlement>().RunAsync();
                }
            }

            var ended = await site.TaskAsync(task.Id);
            var count = format == "gz" ? 1 : 4;
            Assert.Equal((WorkflowTaskStatus.Completed, null, 0L), (ended.Status, ended.Error, ended.Failed));
            Assert.Equal(new TaskProgress(count, count), ended.Progress["extract_count"]);
            Assert.Equal(s_large, await site.ReadAsync(format == "gz" ? "/out/a" : "/out/large"));
            Assert.Equal(used + ended.Progress["extract_size"].Current, await site.UsedAsync());
            Assert.Empty((await site.CheckAsync()).All);
            if (hasEnded)
                break;
        }
    }

    private static byte[] Archive(string format)
    {
        (string, byte[])[] entries = [("first", [1]), ("large", s_large), ("last", [2, 3]), ("next", [4])];
        if (format == "tgz")
            return TarFile.Gzip(TarFile.Of(entries));
        if (format == "rar")
            return RarFile.Five(entries);
        if (format == "gz")
            return TarFile.Gzip(s_large);
        using var folder = new PackingFolder();
        foreach (var (name, content) in entries)
            folder.Write(name, content);
        return folder.Pack("a.7z", "7zz a -bd -y a.7z first large last next");
    }

    private static async Task<bool> RunUntilCallAsync(RunningSite site, ReplayHub hub, int call, StorageFault fault)
    {
        var plan = new CrashPlan(call, fault);
        await using var dying = site.Restart(plan.Decide);
        try
        {
            await hub.RunAsync(dying.Activities(() => plan.HasStruck));
            return !plan.WasReached;
        }
        catch (SimulatedCrashException)
        {
            return false;
        }
    }
}

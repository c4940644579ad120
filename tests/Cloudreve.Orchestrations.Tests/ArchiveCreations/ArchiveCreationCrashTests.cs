using System.IO.Compression;
using System.Text;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Archives.Creation;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.ArchiveCreations;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Orchestrations.Tests.Replay;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.ArchiveCreations;

/// <summary>Kills the process before and after each storage call, or lets the call fail or its answer be lost, of a small archive of several segments.</summary>
public sealed class ArchiveCreationCrashTests(AzuriteServer azurite)
{
    // The large file takes two segments: reads may bring a few bytes each, so a smaller limit would make very many.
    private static readonly ArchiveSegmentLimits s_tiny = new(150_000, TimeSpan.FromMinutes(1), 1 << 20);

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    [InlineData(StorageFault.Unavailable)]
    [InlineData(StorageFault.AnswerLost)]
    public async Task Given_a_fault_at_any_storage_call_when_the_next_process_continues_then_the_zip_is_exact(StorageFault fault)
    {
        await using var site = await RunningSite.CreateAsync(azurite, services => services.AddSingleton(s_tiny));
        var (task, snapshot, used) = await PrepareAsync(site);
        var call = 1;
        for (; ; call++)
        {
            await snapshot.RestoreAsync();
            var hub = await StartAsync(site, task);
            var hasEnded = await RunUntilCallAsync(site, hub, call, fault);

            await using (var next = site.Restart())
                await hub.RunAsync(next.Activities());

            var ended = await site.TaskAsync(task.Id);
            Assert.Equal((WorkflowTaskStatus.Completed, null), (ended.Status, ended.Error));
            Assert.Empty((await site.CheckAsync()).All);
            Assert.Equal(used + await CheckZipAsync(site), await site.UsedAsync());
            Assert.Empty(await site.Layout.TaskItems.ScanAsync().ToListAsync(TestContext.Current.CancellationToken));
            if (hasEnded)
                break;
        }
        Assert.True(call > 30, $"only {call} calls");
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_storage_call_when_the_instance_is_gone_then_nothing_is_left_between(StorageFault fault)
    {
        await using var site = await RunningSite.CreateAsync(azurite, services => services.AddSingleton(s_tiny));
        var (task, snapshot, used) = await PrepareAsync(site);
        for (var call = 1; ; call++)
        {
            await snapshot.RestoreAsync();
            var hub = await StartAsync(site, task);
            if (await RunUntilCallAsync(site, hub, call, fault))
                break;
            var workflow = site.Get<ArchiveCreationWorkflow>();
            hub.Terminate(workflow.InstanceIdOf(task));

            await using (var process = site.Restart())
            {
                for (var run = 0; run < 2; run++)
                {
                    site.Clock.Advance(TimeSpan.FromMinutes(6));
                    await process.Get<LostTasks>().RunAsync(new ReplayClient(hub));
                }
                // Undone content is checked once more by a timer.
                for (var run = 0; run < 3; run++)
                {
                    site.Clock.Advance(TimeSpan.FromMinutes(12));
                    await process.Get<WriteSettlement>().RunAsync();
                }
            }

            var ended = await site.TaskAsync(task.Id);
            Assert.True(ended.IsTerminal);
            Assert.Empty((await site.CheckAsync()).All);
            var isThere = await site.ReadAsync("/out/all.zip") is not null;
            Assert.Equal(isThere ? WorkflowTaskStatus.Completed : WorkflowTaskStatus.Error, ended.Status);
            Assert.Equal(used + (isThere ? await CheckZipAsync(site) : 0), await site.UsedAsync());
        }
    }

    [Fact]
    public async Task Given_storage_that_is_unavailable_for_minutes_when_it_is_back_then_the_task_completes()
    {
        await using var site = await RunningSite.CreateAsync(azurite, services => services.AddSingleton(s_tiny));
        var (task, _, _) = await PrepareAsync(site);
        var hub = await StartAsync(site, task);
        var isDown = true;
        // Rows of tasks can be written; what is archived cannot be read.
        await using var process = site.Restart(call => isDown && call.Resource.Contains("entities", StringComparison.Ordinal) ? StorageFault.Unavailable : StorageFault.None);

        await hub.RunAsync(process.Activities(), () => hub.Calls.Count(c => c == Steps.StepActivities.SuspendTask) == 2);
        var suspended = await site.TaskAsync(task.Id);
        isDown = false;
        site.Clock.Advance(TimeSpan.FromMinutes(10));
        await hub.RunAsync(process.Activities());

        Assert.Equal((WorkflowTaskStatus.Suspending, 2), (suspended.Status, suspended.RetryCount));
        Assert.NotNull(suspended.ResumeTime);
        Assert.Equal(2, suspended.ErrorHistory.Count);
        var ended = await site.TaskAsync(task.Id);
        // The clock stood still but for the time in which the task was suspended.
        Assert.Equal((TimeSpan.Zero, TimeSpan.FromMinutes(10), null), (ended.Duration, ended.Waited, ended.SuspendedAt));
        Assert.Equal((WorkflowTaskStatus.Completed, 2, null), (ended.Status, ended.RetryCount, ended.ResumeTime));
        await CheckZipAsync(site);
    }

    [Fact]
    public async Task Given_storage_that_stays_unavailable_when_all_retries_are_used_up_then_the_task_fails()
    {
        await using var site = await RunningSite.CreateAsync(azurite, services => services.AddSingleton(s_tiny));
        var (task, _, used) = await PrepareAsync(site);
        var hub = await StartAsync(site, task);
        await using var process = site.Restart(call => call.Resource.Contains("entities", StringComparison.Ordinal) ? StorageFault.Unavailable : StorageFault.None);

        await hub.RunAsync(process.Activities());

        var ended = await site.TaskAsync(task.Id);
        Assert.Equal((WorkflowTaskStatus.Error, 5), (ended.Status, ended.RetryCount));
        Assert.Equal(5, ended.ErrorHistory.Count);
        Assert.Contains("internal error", ended.Error, StringComparison.Ordinal);
        Assert.Equal(used, await site.UsedAsync());
        Assert.Empty((await site.CheckAsync()).All);
    }

    private static async Task<(WorkflowTask Task, StorageSnapshot Snapshot, long Used)> PrepareAsync(RunningSite site)
    {
        await site.Get<EntryCreation>().CreateAsync(1, FilePath.ParsePlain("/out"), NewEntry.Folder, failIfExists: true);
        await site.WriteAsync("/d/large", Large());
        await site.WriteAsync("/d/e/small", "small"u8.ToArray());
        var task = await site.Get<ArchiveCreation>().AcceptAsync(await site.AdminAsync(), ["cloudreve://my/d"], "cloudreve://my/out/all.zip");
        var snapshot = await StorageSnapshot.TakeAsync(site.Layout.AllTables, [site.Layout.Container(site.Layout.FilesContainerName)]);
        return (task, snapshot, await site.UsedAsync());
    }

    private static byte[] Large() => [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i / 1000))];

    private static async Task<long> CheckZipAsync(RunningSite site)
    {
        var zip = (await site.ReadAsync("/out/all.zip"))!;
        using var archive = new ZipArchive(new MemoryStream(zip));
        Assert.Equal(["d/", "d/e/", "d/e/small", "d/large"], archive.Entries.Select(entry => entry.FullName).Order(StringComparer.Ordinal));
        Assert.Equal(Large(), Read(archive.GetEntry("d/large")!));
        Assert.Equal("small", Encoding.UTF8.GetString(Read(archive.GetEntry("d/e/small")!)));
        return zip.Length;
    }

    private static byte[] Read(ZipArchiveEntry entry)
    {
        using var content = entry.Open();
        using var copy = new MemoryStream();
        content.CopyTo(copy);
        return copy.ToArray();
    }

    private static async Task<ReplayHub> StartAsync(RunningSite site, WorkflowTask task)
    {
        var hub = new ReplayHub();
        await site.Get<ArchiveCreationWorkflow>().StartAsync(new ReplayClient(hub), task);
        return hub;
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

using System.Text;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.FullText;
using Cloudreve.Core.Content.FullText.Rebuild;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.FullTextRebuilds;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Orchestrations.Tests.Relocations;
using Cloudreve.Orchestrations.Tests.Replay;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Storage;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.FullTextRebuilds;

public sealed class FullTextRebuildTests(AzuriteServer azurite)
{
    private const string Mark = "sys:fulltext_index";

    [Fact]
    public async Task Given_files_from_before_full_text_search_when_the_index_is_rebuilt_then_they_are_found()
    {
        await using var site = await CreateAsync();
        await WriteAsync(site, "/a.txt", "needle");
        await WriteAsync(site, "/deep/er/b.md", "another needle");
        await WriteAsync(site, "/picture.jpg", "needle");
        await WriteAsync(site, "/broken.docx", "needle");

        var task = await RebuildAsync(site);

        Assert.Equal((WorkflowTaskStatus.Completed, "index", 1L), (task.Status, task.Phase, task.Failed));
        Assert.Equal(new TaskProgress(4, 4), task.Progress["rebuild_index"]);
        Assert.StartsWith("broken.docx: ", Assert.Single(task.ErrorHistory), StringComparison.Ordinal);
        Assert.Equal(["/a.txt", "/deep/er/b.md"], await FindAsync(site, "needle"));
    }

    [Fact]
    public async Task Given_an_index_when_it_is_rebuilt_for_other_policies_then_other_files_have_no_mark()
    {
        await using var site = await CreateAsync();
        await RelocationSite.AddPolicyAsync(site, RelocationSite.Other);
        await WriteAsync(site, "/a.txt", "needle");
        await RebuildAsync(site);
        Assert.True((await site.Get<EntriesByPath>().GetAsync(1, FilePath.ParsePlain("/a.txt"))).Metadata.ContainsKey(Mark));

        await RebuildAsync(site, RelocationSite.Other);

        Assert.False((await site.Get<EntriesByPath>().GetAsync(1, FilePath.ParsePlain("/a.txt"))).Metadata.ContainsKey(Mark));
        Assert.Empty(await FindAsync(site, "needle"));
        Assert.Empty((await site.Layout.Container(site.Layout.FullTextContainerName).ListPageAsync("", null)).Blobs);
    }

    [Fact]
    public async Task Given_a_site_whose_search_is_switched_off_when_a_rebuild_goes_on_then_it_ends()
    {
        await using var site = await CreateAsync();
        var task = await site.Get<FullTextRebuild>().AcceptAsync(await site.AdminAsync(), []);
        await site.Get<SettingStore>().SetAsync(new Dictionary<string, string> { ["fts_enabled"] = "0" });

        await (await StartAsync(site, task)).RunAsync(site.Activities());

        Assert.Equal((WorkflowTaskStatus.Error, "Full-text search is disabled on this site."), ((await site.TaskAsync(task.Id)).Status, (await site.TaskAsync(task.Id)).Error));
        var refusal = await Assert.ThrowsAsync<CloudreveException>(async () => await site.Get<FullTextRebuild>().AcceptAsync(await site.AdminAsync(), []));
        Assert.Equal(ErrorCode.FeatureDisabled, refusal.Code);
    }

    [Fact]
    public async Task Given_a_rebuild_under_way_when_another_begins_then_the_first_ends_and_all_is_found()
    {
        await using var site = await CreateAsync();
        await WriteAsync(site, "/a.txt", "needle");
        await WriteAsync(site, "/b.txt", "needle");
        var first = await AcceptAsync(site);
        var notes = 0;
        await using (var dying = site.Restart(
            call => call.Method is "POST" or "PUT" && call.Resource == site.Layout.TaskItems.Name && ++notes == 3 ? StorageFault.CrashBefore : StorageFault.None))
            await Assert.ThrowsAsync<SimulatedCrashException>(() => dying.Get<FullTextRebuild>().StepAsync(first));

        var second = await RebuildAsync(site);
        var overtaken = await Assert.ThrowsAsync<CloudreveException>(() => site.Get<FullTextRebuild>().StepAsync(first));

        Assert.Equal((WorkflowTaskStatus.Completed, null), (second.Status, second.Error));
        Assert.Equal((ErrorCode.Conflict, "Another rebuild of the index has begun."), (overtaken.Code, overtaken.Message));
        Assert.Equal(["/a.txt", "/b.txt"], await FindAsync(site, "needle"));
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_storage_call_when_the_next_process_goes_on_then_files_are_found_once(StorageFault fault)
    {
        await using var site = await CreateAsync();
        await WriteAsync(site, "/a.txt", "needle");
        await WriteAsync(site, "/b.txt", "needle");
        await RebuildAsync(site);
        var task = await site.Get<FullTextRebuild>().AcceptAsync(await site.AdminAsync(), []);
        var snapshot = await StorageSnapshot.TakeAsync(
            site.Layout.AllTables, [site.Layout.Container(site.Layout.FilesContainerName), site.Layout.Container(site.Layout.FullTextContainerName)]);
        var call = 1;
        for (; ; call++)
        {
            await snapshot.RestoreAsync();
            var hub = await StartAsync(site, task);
            var hasEnded = await RunUntilCallAsync(site, hub, call, fault);

            await using (var next = site.Restart())
                await hub.RunAsync(next.Activities());

            var ended = await site.TaskAsync(task.Id);
            Assert.Equal((WorkflowTaskStatus.Completed, null, 0L), (ended.Status, ended.Error, ended.Failed));
            Assert.Equal(new TaskProgress(2, 2), ended.Progress["rebuild_index"]);
            Assert.Equal(["/a.txt", "/b.txt"], await FindAsync(site, "needle"));
            // What stays is the note which rebuild was the latest.
            Assert.Single(await site.Layout.TaskItems.ScanAsync().ToListAsync(TestContext.Current.CancellationToken));
            if (hasEnded)
                break;
        }
        Assert.True(call > 20, $"only {call} calls");
    }

    [Fact]
    public async Task Given_files_that_cannot_be_read_when_the_index_is_rebuilt_then_the_others_are_found()
    {
        await using var site = await CreateAsync();
        await RelocationSite.AddPolicyAsync(site, RelocationSite.Other);
        await WriteAsync(site, "/a.txt", "needle");
        var archived = await site.EntityAsync("/a.txt");
        await WriteAsync(site, "/b.txt", "needle");
        await WriteAsync(site, "/c.txt", "needle");
        await new BlobClient(azurite.ConnectionString, site.Layout.FilesContainerName, archived.Source).SetAccessTierAsync(AccessTier.Archive);
        var foreign = await site.EntityAsync("/b.txt");
        Assert.True(await site.Get<EntityStore>().TryMoveAsync(foreign, RelocationSite.Other, foreign.Source));
        await RelocationSite.AddPolicyAsync(site, RelocationSite.Other, policy => policy with { Driver = "s3" });

        var task = await RebuildAsync(site);

        Assert.Equal((WorkflowTaskStatus.Completed, 2L), (task.Status, task.Failed));
        Assert.Equal(["a.txt: The file's content cannot be read.", "b.txt: The file's content cannot be read."], task.ErrorHistory.Order(StringComparer.Ordinal));
        Assert.Equal(["/c.txt"], await FindAsync(site, "needle"));
    }

    [Theory]
    [InlineData("GET", "comp=list")]
    [InlineData("DELETE", "")]
    public async Task Given_a_run_that_hangs_while_it_removes_the_indexes_when_another_goes_on_then_what_that_one_indexed_stays(string method, string query)
    {
        await using var site = await CreateAsync();
        await WriteAsync(site, "/a.txt", "needle");
        await WriteAsync(site, "/b.txt", "needle");
        await RebuildAsync(site);
        var reference = await AcceptAsync(site);
        await using var rival = site.Restart();
        var hasEnded = false;
        var hasHung = false;
        await using var slow = site.Restart(call =>
        {
            if (!hasHung && call.Method == method && call.Resource == site.Layout.FullTextContainerName && call.Uri.Query.Contains(query, StringComparison.Ordinal))
            {
                hasHung = true;
                hasEnded = rival.Get<FullTextRebuild>().StepAsync(reference).GetAwaiter().GetResult();
            }
            return StorageFault.None;
        });

        await Assert.ThrowsAnyAsync<StorageException>(() => slow.Get<FullTextRebuild>().StepAsync(reference));

        Assert.True(hasEnded);
        Assert.Equal(["/a.txt", "/b.txt"], await FindAsync(site, "needle"));
    }

    [Fact]
    public async Task Given_a_rebuild_that_is_being_ended_when_a_step_comes_late_then_the_index_stays()
    {
        await using var site = await CreateAsync();
        await WriteAsync(site, "/a.txt", "needle");
        var reference = await AcceptAsync(site);
        while (!await site.Get<FullTextRebuild>().StepAsync(reference))
            Assert.Null((await site.TaskAsync(reference.TaskId)).Error);
        await using var dying = site.Restart(call => call.Method == "DELETE" && call.Resource == site.Layout.TaskItems.Name ? StorageFault.CrashAfter : StorageFault.None);
        await Assert.ThrowsAsync<SimulatedCrashException>(() => dying.Get<FullTextRebuild>().FinishAsync(reference, null));

        await using var late = site.Restart();
        Assert.True(await late.Get<FullTextRebuild>().StepAsync(reference));

        Assert.Equal(["/a.txt"], await FindAsync(site, "needle"));
        Assert.Single(await site.Layout.TaskItems.ScanAsync().ToListAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Given_more_files_than_a_round_takes_when_a_process_dies_then_the_first_of_them_are_done()
    {
        await using var site = await CreateAsync();
        for (var i = 0; i < 10; i++)
            await WriteAsync(site, $"/{i}.txt", "needle");
        var reference = await AcceptAsync(site);
        var notes = 0;
        // That it is the latest, before the indexes are removed, after that, and after each round.
        await using var dying = site.Restart(
            call => call.Method is "POST" or "PUT" && call.Resource == site.Layout.TaskItems.Name && ++notes == 5 ? StorageFault.CrashBefore : StorageFault.None);

        await Assert.ThrowsAsync<SimulatedCrashException>(() => dying.Get<FullTextRebuild>().StepAsync(reference));

        Assert.Equal(new TaskProgress(10, 8), (await site.TaskAsync(reference.TaskId)).Progress["rebuild_index"]);
    }

    private async Task<RunningSite> CreateAsync()
    {
        var site = await RunningSite.CreateAsync(azurite);
        await site.Get<SettingStore>().SetAsync(new Dictionary<string, string> { ["fts_enabled"] = "1" });
        return site;
    }

    private static Task<FileRecord> WriteAsync(RunningSite site, string path, string text) => site.WriteAsync(path, Encoding.UTF8.GetBytes(text));

    private static async Task<TaskReference> AcceptAsync(RunningSite site)
    {
        var task = await site.Get<FullTextRebuild>().AcceptAsync(await site.AdminAsync(), []);
        return new TaskReference(task.Id, task.OwnerId);
    }

    private static async Task<WorkflowTask> RebuildAsync(RunningSite site, params int[] policies)
    {
        var task = await site.Get<FullTextRebuild>().AcceptAsync(await site.AdminAsync(), policies);
        await (await StartAsync(site, task)).RunAsync(site.Activities());
        return await site.TaskAsync(task.Id);
    }

    private static async Task<ReplayHub> StartAsync(RunningSite site, WorkflowTask task)
    {
        var hub = new ReplayHub();
        await site.Get<FullTextRebuildWorkflow>().StartAsync(new ReplayClient(hub), task);
        return hub;
    }

    private static async Task<IEnumerable<string>> FindAsync(RunningSite site, string query)
    {
        await using var process = site.Restart();
        var settings = await process.Get<SettingStore>().GetAsync();
        return (await process.Get<FullTextSearch>().SearchAsync(settings, 1, query, 0)).Hits.Select(hit => hit.Path.ToString()).Order(StringComparer.Ordinal);
    }

    private static async Task<bool> RunUntilCallAsync(RunningSite site, ReplayHub hub, int call, StorageFault fault)
    {
        var plan = new CrashPlan(call, fault);
        await using var dying = site.Restart(plan.Decide);
        try
        {
            await hub.RunAsync(dying.Activities(() => plan.HasStruck));
            return true;
        }
        catch (SimulatedCrashException)
        {
            return false;
        }
    }
}

using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Cloudreve.Core.Content.Archives.Creation;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.ArchiveCreations;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Orchestrations.Tests.Replay;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.ArchiveCreations;

public sealed class ArchiveCreationTests(AzuriteServer azurite)
{
    private const string Destination = "cloudreve://my/out/all.zip";

    // So small that each file, and each part of a larger one, is a segment.
    private static readonly ArchiveSegmentLimits s_tiny = new(100_000, TimeSpan.FromMinutes(1), 200);

    [Fact]
    public async Task Given_files_and_folders_when_they_are_archived_then_the_zip_has_them_all()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.WriteAsync("/docs/a.txt", "hello"u8.ToArray());
        await site.WriteAsync("/docs/deep/文件.txt", "deep"u8.ToArray());
        await site.WriteAsync("/docs/deep/empty", []);
        await site.WriteAsync("/photo.jpg", RandomNumberGenerator.GetBytes(300));
        var used = await site.UsedAsync();

        var task = await RunAsync(site, "cloudreve://my/docs", "cloudreve://my/photo.jpg");

        Assert.Equal((WorkflowTaskStatus.Completed, null, 0L), (task.Status, task.Error, task.Failed));
        Assert.Equal((4, 309), (task.Progress["archive_count"].Current, task.Progress["archive_size"].Current));
        var zip = (await site.ReadAsync("/out/all.zip"))!;
        Assert.Equal(["docs/", "docs/a.txt", "docs/deep/", "docs/deep/empty", "docs/deep/文件.txt", "photo.jpg"], Names(zip));
        Assert.Equal("hello", Encoding.UTF8.GetString(Content(zip, "docs/a.txt")));
        Assert.Equal(used + zip.Length, await site.UsedAsync());
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_a_root_that_is_the_only_source_when_it_is_archived_then_its_entries_stand_at_the_top()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.WriteAsync("/a/b.txt", "b"u8.ToArray());

        await RunAsync(site, "cloudreve://my");

        // The folder of the archive was made only when it was stored.
        Assert.Equal(["a/", "a/b.txt"], Names((await site.ReadAsync("/out/all.zip"))!));
    }

    [Theory]
    [InlineData("a.txt", false)]
    [InlineData("a.jpg", false)]
    [InlineData("a.txt", true)]
    public async Task Given_a_file_beyond_a_segment_when_it_is_archived_in_parts_then_it_comes_out_as_it_was(string name, bool isEncrypted)
    {
        await using var site = await RunningSite.CreateAsync(azurite, services => services.AddSingleton(s_tiny));
        if (isEncrypted)
            await EncryptAsync(site);
        var content = Enumerable.Range(0, 1_000_000).Select(i => (byte)(i % 251 * (i / 100_000))).ToArray();
        await site.WriteAsync("/" + name, content);
        foreach (var i in Enumerable.Range(0, 20))
            await site.WriteAsync($"/many/f{i:d2}", Encoding.UTF8.GetBytes($"file {i}"));

        var (task, hub) = await RunWithHubAsync(site, "cloudreve://my/" + name, "cloudreve://my/many");

        Assert.Equal((WorkflowTaskStatus.Completed, null), (task.Status, task.Error));
        Assert.True(hub.Calls.Count(c => c == ArchiveCreationActivities.WriteArchive) > 10);
        var zip = (await site.ReadAsync("/out/all.zip"))!;
        Assert.Equal(content, Content(zip, name));
        Assert.Equal(22, Names(zip).Count);
        Assert.Equal("file 7", Encoding.UTF8.GetString(Content(zip, "many/f07")));
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_files_whose_content_is_gone_when_they_are_archived_then_the_others_are_there()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.WriteAsync("/d/good.txt", "good"u8.ToArray());
        var bad = await site.WriteAsync("/d/bad.txt", "bad"u8.ToArray());
        var blob = (await site.Get<EntityStore>().FindAsync(bad.PrimaryEntityId))!.Source;
        await site.Layout.Container(site.Layout.FilesContainerName).DeleteAsync(blob);

        var task = await RunAsync(site, "cloudreve://my/d");

        Assert.Equal((WorkflowTaskStatus.Completed, 1L), (task.Status, task.Failed));
        Assert.Equal(["d/bad.txt: Its content cannot be read."], task.ErrorHistory);
        Assert.Equal(["d/", "d/good.txt"], Names((await site.ReadAsync("/out/all.zip"))!));
    }

    [Fact]
    public async Task Given_a_source_deleted_before_the_task_runs_when_it_runs_then_it_is_named_as_failed()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.WriteAsync("/keep", "1"u8.ToArray());
        await site.WriteAsync("/gone", "2"u8.ToArray());
        var task = await AcceptAsync(site, "cloudreve://my/keep", "cloudreve://my/gone");
        var hub = await StartAsync(site, task);
        await site.Get<DriveOperations>().RenameAsync(
            new DriveWork(1, Actor.Site), FilePath.ParsePlain("/gone"), "other", _ => { });

        await hub.RunAsync(site.Activities());

        task = await site.TaskAsync(task.Id);
        Assert.Equal((WorkflowTaskStatus.Completed, 1L), (task.Status, task.Failed));
        Assert.Equal(["gone: The path does not exist."], task.ErrorHistory);
        Assert.Equal(["keep"], Names((await site.ReadAsync("/out/all.zip"))!));
    }

    [Fact]
    public async Task Given_more_bytes_than_the_group_allows_when_archived_then_the_task_fails_for_good()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await ChangeGroupAsync(site, group => group with { Settings = group.Settings with { CompressSize = 10 } });
        await site.WriteAsync("/d/a", new byte[6]);
        await site.WriteAsync("/d/b", new byte[6]);
        var used = await site.UsedAsync();

        var task = await RunAsync(site, "cloudreve://my/d");

        Assert.Equal((WorkflowTaskStatus.Error, "The files exceed the size limit of your group for archives."), (task.Status, task.Error));
        Assert.Equal(0, task.RetryCount);
        Assert.Null(await site.ReadAsync("/out/all.zip"));
        Assert.Equal(used, await site.UsedAsync());
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_no_room_for_the_archive_when_it_is_stored_then_the_task_fails_and_nothing_is_left()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.WriteAsync("/a", RandomNumberGenerator.GetBytes(5_000));
        await ChangeGroupAsync(site, group => group with { MaxStorage = 8_000 });

        var task = await RunAsync(site, "cloudreve://my/a");

        Assert.Equal((WorkflowTaskStatus.Error, "Your storage is full."), (task.Status, task.Error));
        Assert.Equal(5_000, await site.UsedAsync());
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_a_file_that_came_to_the_destination_when_the_archive_is_stored_then_it_is_a_version()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.WriteAsync("/a", "a"u8.ToArray());
        var task = await AcceptAsync(site, "cloudreve://my/a");
        var hub = await StartAsync(site, task);
        var rival = await site.WriteAsync("/out/all.zip", "rival"u8.ToArray());

        await hub.RunAsync(site.Activities());

        Assert.Equal(WorkflowTaskStatus.Completed, (await site.TaskAsync(task.Id)).Status);
        Assert.Equal(["a"], Names((await site.ReadAsync("/out/all.zip"))!));
        Assert.Equal(rival.Id, (await site.Get<EntriesByPath>().FindAsync(1, FilePath.ParsePlain("/out/all.zip")))!.Id);
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Theory]
    [InlineData("cloudreve://my/none", "cloudreve://my/new.zip", ErrorCode.PathNotFound)]
    [InlineData("cloudreve://my/a", "cloudreve://my/a", ErrorCode.ObjectExists)]
    [InlineData("cloudreve://my/a", "cloudreve://my/b%2Fc?", ErrorCode.IllegalName)]
    [InlineData("cloudreve://my/a", "cloudreve://my", ErrorCode.NoPermission)]
    [InlineData("cloudreve://my/a", "cloudreve://trash/x.zip", ErrorCode.NoPermission)]
    public async Task Given_a_bad_request_when_it_is_made_then_the_documented_code_comes_and_there_is_no_task(string source, string destination, ErrorCode code)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.WriteAsync("/a", "a"u8.ToArray());
        var caller = await site.AdminAsync();

        var refused = await Assert.ThrowsAsync<CloudreveException>(() => site.Get<ArchiveCreation>().AcceptAsync(caller, [source], destination));

        Assert.Equal(code, refused.Code);
        Assert.Empty((await site.Get<TaskStore>().ListAsync(1, [], [], 10, null)).Tasks);
    }

    [Fact]
    public async Task Given_an_account_that_loses_the_permission_when_its_task_runs_then_it_ends_with_the_reason()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.WriteAsync("/a", "a"u8.ToArray());
        var task = await AcceptAsync(site, "cloudreve://my/a");
        var hub = await StartAsync(site, task);
        await ChangeGroupAsync(site, group => group with { Permissions = group.Permissions.With((int)GroupPermission.ArchiveTask, value: false) });

        await using (var process = site.Restart())
            await hub.RunAsync(process.Activities());

        task = await site.TaskAsync(task.Id);
        Assert.Equal((WorkflowTaskStatus.Error, "Your group does not allow this."), (task.Status, task.Error));
    }

    private static async Task<WorkflowTask> RunAsync(RunningSite site, params string[] sources) => (await RunWithHubAsync(site, sources)).Task;

    private static async Task<(WorkflowTask Task, ReplayHub Hub)> RunWithHubAsync(RunningSite site, params string[] sources)
    {
        var task = await AcceptAsync(site, sources);
        var hub = await StartAsync(site, task);
        await hub.RunAsync(site.Activities());
        return (await site.TaskAsync(task.Id), hub);
    }

    private static async Task<WorkflowTask> AcceptAsync(RunningSite site, params string[] sources) =>
        await site.Get<ArchiveCreation>().AcceptAsync(await site.AdminAsync(), sources, Destination);

    private static async Task<ReplayHub> StartAsync(RunningSite site, WorkflowTask task)
    {
        var hub = new ReplayHub();
        await site.Get<ArchiveCreationWorkflow>().StartAsync(new ReplayClient(hub), task);
        return hub;
    }

    private static async Task ChangeGroupAsync(RunningSite site, Func<Group, Group> change)
    {
        var catalog = site.Get<SiteCatalog>();
        await catalog.SaveGroupAsync(change(await catalog.GetGroupAsync(Group.AdminId)));
    }

    private static async Task EncryptAsync(RunningSite site)
    {
        var catalog = site.Get<SiteCatalog>();
        var policy = await catalog.GetPolicyAsync(1);
        await catalog.SavePolicyAsync(policy with { Settings = policy.Settings with { Encryption = true } });
    }

    private static List<string> Names(byte[] zip)
    {
        using var archive = new ZipArchive(new MemoryStream(zip));
        return [.. archive.Entries.Select(entry => entry.FullName).Order(StringComparer.Ordinal)];
    }

    private static byte[] Content(byte[] zip, string name)
    {
        using var archive = new ZipArchive(new MemoryStream(zip));
        using var content = archive.GetEntry(name)!.Open();
        using var copy = new MemoryStream();
        content.CopyTo(copy);
        return copy.ToArray();
    }
}

using System.Security.Cryptography;
using System.Text;
using Cloudreve.Core.Content.Archives.Creation;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.ArchiveCreations;
using Cloudreve.Orchestrations.Tests.ArchiveExtractions;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Orchestrations.Tests.Replay;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.ArchiveCreations;

/// <summary>Forms of archives that clients of the contract do not ask for, as real programs see them.</summary>
public sealed class ArchiveFormTests(AzuriteServer azurite)
{
    // Large files take several segments.
    private static readonly ArchiveSegmentLimits s_tiny = new(100_000, TimeSpan.FromMinutes(1), 1 << 20);

    private static readonly string s_long = new string('a', 120) + "/" + new string('b', 150) + "-文件";

    [Theory]
    [InlineData("zip", "unzip -tqq a.zip", "unzip -qq a.zip")]
    [InlineData("zip.stored", "unzip -tqq a.zip.stored", "unzip -qq a.zip.stored")]
    [InlineData("tar.gz", "gzip -t a.tar.gz", "tar -xzf a.tar.gz")]
    [InlineData("tar.zst", "zstd -tq a.tar.zst", "tar --zstd -xf a.tar.zst")]
    public async Task Given_files_of_several_segments_when_they_are_archived_then_real_programs_unpack_them(string form, string test, string unpack)
    {
        await using var site = await RunningSite.CreateAsync(azurite, services => services.AddSingleton(s_tiny));
        var large = RandomNumberGenerator.GetBytes(350_001);
        await site.WriteAsync("/d/large", large);
        await site.WriteAsync("/d/empty", []);
        await site.WriteAsync("/d/text", Encoding.UTF8.GetBytes(new string('t', 1000)));
        await site.WriteAsync("/d/" + s_long, "deep"u8.ToArray());
        await site.Get<EntryCreation>().CreateAsync(1, FilePath.ParsePlain("/d/folder"), NewEntry.Folder, failIfExists: true);
        var used = await site.UsedAsync();

        var task = await RunAsync(site, form);

        Assert.Equal((WorkflowTaskStatus.Completed, null, 0L), (task.Status, task.Error, task.Failed));
        using var folder = new PackingFolder();
        var archive = (await site.ReadAsync("/out/a"))!;
        folder.Write("a." + form, archive);
        folder.Run(test);
        folder.Run(unpack);
        Assert.Equal(large, folder.Read("d/large"));
        Assert.Empty(folder.Read("d/empty"));
        Assert.Equal(new string('t', 1000), Encoding.UTF8.GetString(folder.Read("d/text")));
        Assert.Equal("deep", Encoding.UTF8.GetString(folder.Read("d/" + s_long)));
        folder.Run("test -d d/folder");
        Assert.Equal(used + archive.Length, await site.UsedAsync());
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_text_when_it_is_archived_without_compression_then_it_is_there_as_it_is()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        var text = Encoding.UTF8.GetBytes(new string('t', 10_000));
        await site.WriteAsync("/d/text", text);

        await RunAsync(site, "zip.stored");

        Assert.True((await site.ReadAsync("/out/a")).AsSpan().IndexOf(text) > 0);
    }

    [Theory]
    [InlineData("tar.gz")]
    [InlineData("tar.zst")]
    public async Task Given_an_archive_of_this_site_when_it_is_extracted_again_then_all_is_as_it_was(string form)
    {
        await using var site = await RunningSite.CreateAsync(azurite, services => services.AddSingleton(s_tiny));
        var large = RandomNumberGenerator.GetBytes(350_001);
        await site.WriteAsync("/d/large", large);
        await site.WriteAsync("/d/" + s_long, "deep"u8.ToArray());
        await RunAsync(site, form);

        var task = await ExtractionRun.RunAsync(site, "out/a");

        Assert.Equal((WorkflowTaskStatus.Completed, null, 0L), (task.Status, task.Error, task.Failed));
        Assert.Equal(large, await site.ReadAsync("/out/d/large"));
        Assert.Equal("deep", Encoding.UTF8.GetString((await site.ReadAsync("/out/d/" + s_long))!));
    }

    [Fact]
    public async Task Given_an_unknown_form_when_it_is_asked_for_then_there_is_no_task()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.WriteAsync("/d/a", [1]);
        var caller = await site.AdminAsync();

        var refused = await Assert.ThrowsAsync<CloudreveException>(
            () => site.Get<ArchiveCreation>().AcceptAsync(caller, ["cloudreve://my/d"], "cloudreve://my/out/a", "arj"));

        Assert.Equal(ErrorCode.BadParameter, refused.Code);
        Assert.Empty((await site.Get<TaskStore>().ListAsync(1, [], [], 10, null)).Tasks);
    }

    private static async Task<WorkflowTask> RunAsync(RunningSite site, string form)
    {
        await site.Get<EntryCreation>().CreateAsync(1, FilePath.ParsePlain("/out"), NewEntry.Folder, failIfExists: false);
        var task = await site.Get<ArchiveCreation>().AcceptAsync(await site.AdminAsync(), ["cloudreve://my/d"], "cloudreve://my/out/a", form);
        var hub = new ReplayHub();
        await site.Get<ArchiveCreationWorkflow>().StartAsync(new ReplayClient(hub), task);
        await hub.RunAsync(site.Activities());
        return await site.TaskAsync(task.Id);
    }
}

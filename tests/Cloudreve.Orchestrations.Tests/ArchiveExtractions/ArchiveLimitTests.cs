using System.Security.Cryptography;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Archives.Extraction;
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

    /// <summary>Extracts an archive, and counts how often its blob is read.</summary>
    private static async Task<(WorkflowTask Task, int Reads)> ExtractAsync(RunningSite site, string name, params string[] mask)
    {
        var task = await site.Get<ArchiveExtraction>().AcceptAsync(
            await site.AdminAsync(), new ExtractionRequest("cloudreve://my/" + name, "cloudreve://my/out") { Mask = mask });
        var files = site.Layout.Container(site.Layout.FilesContainerName).Name;
        var reads = 0;
        await using var counted = site.Restart(call =>
        {
            if (call is { Service: StorageService.Blob, Method: "GET" } && call.Uri.AbsolutePath.Contains($"/{files}/", StringComparison.Ordinal))
                Interlocked.Increment(ref reads);
            return StorageFault.None;
        });
        var hub = new ReplayHub();
        await counted.Get<ArchiveExtractionWorkflow>().StartAsync(new ReplayClient(hub), task);
        await hub.RunAsync(counted.Activities());
        return (await site.TaskAsync(task.Id), reads);
    }
}

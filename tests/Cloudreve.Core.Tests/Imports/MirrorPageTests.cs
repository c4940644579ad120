using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Tasks;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Imports;

/// <summary>Folders of more than a page, whose rows are in another order than the service lists, or far more than it lists.</summary>
public sealed class MirrorPageTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>
{
    [Fact]
    public async Task Given_names_with_characters_that_keys_may_not_hold_on_two_pages_when_a_mirror_runs_then_all_follow()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(Enumerable.Range(0, 2500).SelectMany(i => ((string, int)[])[($"src/#{i:d5}", 1), ($"src/f{i:d5}", 1)]).Append(("src/f00001%", 1)).Append(("src/f02499#", 1)));
        await site.ImportAsync("src");
        await site.PutAsync(("src/#00003", 2), ("src/f00003", 3), ("src/f00001%", 4), ("src/f02498", 5));
        await site.Container.DeleteAsync("src/#00004");
        await site.Container.DeleteAsync("src/f02499#");

        var first = await MirrorAsync(site);
        var second = await MirrorAsync(site);

        Assert.Equal((4, 2, 0), Counts(first));
        Assert.Equal((0, 2, 0), Counts(second));
        Assert.Equal(4, (await FileAsync(site, "f00001%")).Size);
        Assert.True((await FileAsync(site, "#00004")).Metadata.ContainsKey(MetadataKeys.SourceMissing));
        Assert.True((await FileAsync(site, "f02499#")).Metadata.ContainsKey(MetadataKeys.SourceMissing));
        Assert.Equal(5002 + 1 + 2 + 3 + 4, await site.UsedAsync());
    }

    [Fact]
    public async Task Given_far_more_files_than_the_source_has_when_a_mirror_runs_then_several_groups_mark_each_once()
    {
        var site = await ImportSite.CreateAsync(azurite);
        var names = Enumerable.Range(0, 2100).Select(i => $"src/f{i:d5}").ToArray();
        await site.PutAsync(names.Select(n => (n, 1)));
        await site.ImportAsync("src");
        await Parallel.ForEachAsync(names.Except(["src/f00100", "src/f02050"]), async (name, token) => await site.Container.DeleteAsync(name, token));
        await site.PutAsync(("src/f02050", 7), ("src/new", 1));

        var first = await MirrorAsync(site);
        var second = await MirrorAsync(site);

        Assert.Equal((1, 2098, 1), Counts(first));
        Assert.Equal((0, 2098, 0), Counts(second));
        Assert.True((await FileAsync(site, "f02099")).Metadata.ContainsKey(MetadataKeys.SourceMissing));
        Assert.False((await FileAsync(site, "f00100")).Metadata.ContainsKey(MetadataKeys.SourceMissing));
        Assert.Equal(7, (await FileAsync(site, "f02050")).Size);
    }

    private static (long Updated, long Vanished, long New) Counts(WorkflowTask task) => (task.Counts["updated"], task.Counts["vanished"], task.Counts["new"]);

    private static async Task<WorkflowTask> MirrorAsync(ImportSite site)
    {
        var task = await site.Imports.AcceptAsync(new ImportRequest("src", "/imported", ImportSite.AdminId, 1, Recursive: true) { IsMirror = true }, "");
        var reference = new ImportTaskReference(task.Id, task.OwnerId);
        await site.RunAsync(reference);
        return await site.TaskAsync(reference);
    }

    private static Task<FileRecord> FileAsync(ImportSite site, string path) =>
        site.Tree.ByPath.GetAsync(ImportSite.AdminId, FilePath.ParsePlain("/imported/" + path));
}

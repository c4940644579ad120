using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Drive.Copying;
using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive.Operations;

/// <summary>
/// The process dies before and after every single storage call of a change; another one recovers. Then the drive is as before
/// or as after the change, and all rows agree with each other.
/// </summary>
public sealed class DriveCrashTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>
{
    public static readonly TheoryData<string, StorageFault> Changes = [.. from change in (string[])
        ["rename file", "rename folder", "move file", "move folder", "trash file", "trash folder", "restore file", "restore folder",
            "delete file", "delete folder", "delete trashed", "copy file", "copy folder"]
        from fault in (StorageFault[])[StorageFault.CrashBefore, StorageFault.CrashAfter]
        select (change, fault)];

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Given_a_crash_at_any_call_of_a_change_when_another_recovers_then_it_is_done_or_undone(string change, StorageFault fault)
    {
        var expected = await RunWithoutCrashAsync(change);
        await CrashMatrix.RunAsync(PrepareAsync, async (site, index) =>
        {
            var before = await site.ReadAsync();
            var crash = new CrashPoint(index, fault) { IsArmed = true };
            try
            {
                await ChangeAsync(site.Restart(crash.Decide), change);
            }
            catch (SimulatedCrashException)
            {
                // The process is gone; the next one knows nothing of it.
            }

            var survivor = site.Restart();
            survivor.Wait(TimeSpan.FromMinutes(20));
            await survivor.Settlement.RecoverAsync(DriveSite.Owner);

            var after = await survivor.ReadAsync();
            var isDone = Shape(after).SequenceEqual(expected);
            Assert.True(isDone || after.SequenceEqual(before), $"call {index}: {string.Join('\n', after)}");
            await AssertRowsAgreeAsync(survivor, $"call {index}");
            if (!isDone)
            {
                await ChangeAsync(survivor, change);
                Assert.Equal(expected, Shape(await survivor.ReadAsync()));
                await AssertRowsAgreeAsync(survivor, $"repeated after call {index}");
            }
            return crash.Struck;
        });
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Given_a_lost_answer_at_any_call_of_a_change_when_the_pipeline_retries_then_it_is_done_once(string change, StorageFault fault)
    {
        var lost = fault == StorageFault.CrashBefore ? StorageFault.AnswerLost : StorageFault.Unavailable;
        var expected = await RunWithoutCrashAsync(change);
        await CrashMatrix.RunAsync(PrepareAsync, async (site, index) =>
        {
            var crash = new CrashPoint(index, lost) { IsArmed = true };

            await ChangeAsync(site.Restart(crash.Decide), change);

            Assert.Equal(expected, Shape(await site.ReadAsync()));
            await AssertRowsAgreeAsync(site, $"call {index}");
            return crash.Struck;
        });
    }

    // Without the ids, which differ from site to site.
    private static List<string> Shape(IEnumerable<string> lines) => [.. lines.Select(line => line[..line.LastIndexOf(' ')])];

    private async Task<List<string>> RunWithoutCrashAsync(string change)
    {
        var site = await PrepareAsync();
        await ChangeAsync(site, change);
        return Shape(await site.ReadAsync());
    }

    private async Task<DriveSite> PrepareAsync()
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.PutAsync("a/file", 10, versions: 2);
        await site.PutAsync("a/sub/deep/x", 20);
        await site.PutAsync("a/sub/y", 30);
        await site.MakeFolderAsync("b");
        await site.PutAsync("trashed", 40);
        await site.PutAsync("old/z", 50);
        var work = DriveSite.NewWork();
        await site.Operations.TrashAsync(work, DriveSite.Path("trashed"), "cloudreve://my/trashed", TimeSpan.FromDays(7));
        await site.Operations.TrashAsync(work, DriveSite.Path("old"), "cloudreve://my/old", TimeSpan.FromDays(7));
        return site;
    }

    private static async Task ChangeAsync(DriveSite site, string change)
    {
        var work = DriveSite.NewWork();
        var operations = site.Operations;
        switch (change)
        {
            case "rename file":
                await operations.RenameAsync(work, DriveSite.Path("a/file"), "renamed", _ => { });
                break;
            case "rename folder":
                await operations.RenameAsync(work, DriveSite.Path("a/sub"), "renamed", _ => { });
                break;
            case "move file":
                await operations.MoveAsync(work, DriveSite.Path("a/file"), DriveSite.Path("b"));
                break;
            case "move folder":
                await operations.MoveAsync(work, DriveSite.Path("a/sub"), DriveSite.Path("b"));
                break;
            case "trash file":
                await operations.TrashAsync(work, DriveSite.Path("a/file"), "cloudreve://my/a/file", TimeSpan.FromDays(7));
                break;
            case "trash folder":
                await operations.TrashAsync(work, DriveSite.Path("a/sub"), "cloudreve://my/a/sub", TimeSpan.FromDays(7));
                break;
            case "restore file":
                await operations.RestoreAsync(work, await TrashNameAsync(site, "trashed"), null);
                break;
            case "restore folder":
                await operations.RestoreAsync(work, await TrashNameAsync(site, "old"), null);
                break;
            case "copy file":
                await operations.CopyAsync(work, DriveSite.Path("a/file"), DriveSite.Path("b"), new CopyLimits(null, 0));
                break;
            case "copy folder":
                await operations.CopyAsync(work, DriveSite.Path("a"), DriveSite.Path("b"), new CopyLimits(null, 0));
                break;
            case "delete file":
                await operations.DeleteAsync(work, DriveSite.Path("a/file"), keepBlobs: false);
                break;
            case "delete folder":
                await operations.DeleteAsync(work, DriveSite.Path("a"), keepBlobs: false);
                break;
            default:
                await operations.DeleteTrashedAsync(work, await TrashNameAsync(site, "old"), keepBlobs: false);
                break;
        }
        await operations.PublishAsync(work);
    }

    private static async Task<string> TrashNameAsync(DriveSite site, string origin)
    {
        var page = await site.Get<FolderListing>().ListAsync(DriveRoots.TrashId(DriveSite.Owner), FileOrder.Name, false, 100, null);
        return page.Entries.Single(e => DriveOperations.OriginOf(e)?.Name == origin).Name;
    }

    private static async Task AssertRowsAgreeAsync(DriveSite site, string when)
    {
        var findings = await site.CheckAsync();
        Assert.True(findings.Problems.Count == 0, $"{when}: {string.Join('\n', findings.Problems)}");
        // Entities that lost their last reference wait for the recycler.
        var leftovers = findings.Leftovers.Where(l => !l.StartsWith("No file refers", StringComparison.Ordinal)).ToList();
        Assert.True(leftovers.Count == 0, $"{when}: {string.Join('\n', leftovers)}");
    }
}

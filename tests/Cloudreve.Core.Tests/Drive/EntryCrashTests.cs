using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive;

/// <summary>The process dies before and after every single storage call of a creation; then another process repeats it.</summary>
public sealed class EntryCrashTests(AzuriteServer azurite)
{
    private const long Owner = DriveSite.Owner;
    private static readonly FilePath Target = new(["a", "b", "target"]);

    [Theory]
    [InlineData(FileType.File, StorageFault.CrashBefore)]
    [InlineData(FileType.File, StorageFault.CrashAfter)]
    [InlineData(FileType.Folder, StorageFault.CrashBefore)]
    [InlineData(FileType.Folder, StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_call_of_a_creation_when_it_is_repeated_then_there_is_exactly_one(FileType type, StorageFault fault)
    {
        var calls = await CrashMatrix.RunAsync(NewSiteAsync, async (site, index) =>
        {
            var crash = new CrashPoint(index, fault) { IsArmed = true };
            try
            {
                await site.Restart(crash.Decide).Tree.Creation.CreateAsync(Owner, Target, new NewEntry(type), failIfExists: true);
            }
            catch (SimulatedCrashException)
            {
                // The process is gone; the next one knows nothing of it.
            }

            await AssertRepetitionIsExactAsync(site, type);
            return crash.Struck;
        });
        // Two reads, two for each lease, three for each new folder, two or three for the entry; and the run without a crash.
        Assert.Equal(2 + 3 + (type == FileType.File ? 2 + 2 + 2 : 2 + 3) + 1, calls);
    }

    [Theory]
    [InlineData(FileType.File, StorageFault.AnswerLost)]
    [InlineData(FileType.File, StorageFault.Unavailable)]
    [InlineData(FileType.Folder, StorageFault.AnswerLost)]
    [InlineData(FileType.Folder, StorageFault.Unavailable)]
    public async Task Given_a_lost_answer_at_any_call_when_the_pipeline_retries_then_the_creation_succeeds(FileType type, StorageFault fault)
    {
        await CrashMatrix.RunAsync(NewSiteAsync, async (site, index) =>
        {
            var crash = new CrashPoint(index, fault) { IsArmed = true };

            var created = await site.Restart(crash.Decide).Tree.Creation.CreateAsync(Owner, Target, new NewEntry(type), failIfExists: true);

            Assert.Equal(created.Id, (await site.Tree.ByPath.GetAsync(Owner, Target)).Id);
            await AssertVisibleOnceAsync(site.Layout);
            return crash.Struck;
        });
    }

    private static async Task AssertRepetitionIsExactAsync(DriveSite site, FileType type)
    {
        var tree = site.Tree;
        var visible = await tree.ByPath.FindAsync(Owner, Target);

        var repeated = await tree.Creation.CreateAsync(Owner, Target, new NewEntry(type), failIfExists: false);

        Assert.Equal(type, repeated.Type);
        Assert.Equal(visible?.Id ?? repeated.Id, repeated.Id);
        Assert.Equal(repeated.Id, (await tree.ByPath.GetAsync(Owner, Target)).Id);
        Assert.Equal(repeated.Id, (await tree.ById.FindAsync(repeated.Id))?.Id);
        Assert.Equal(Target, await tree.ById.GetPathAsync(repeated));
        await AssertVisibleOnceAsync(site.Layout);
        if (type == FileType.Folder)
            await tree.Creation.CreateAsync(Owner, Target.Child("inside"), new NewEntry(FileType.File), failIfExists: true);
    }

    private static async Task AssertVisibleOnceAsync(StorageLayout layout)
    {
        var listing = new FolderListing(layout, new HeavyReads());
        var parent = DriveRoots.RootId(Owner);
        foreach (var name in Target.Segments)
        {
            foreach (var order in Enum.GetValues<FileOrder>())
                Assert.Equal(name, Assert.Single((await listing.ListAsync(parent, order, descending: false, 100, null)).Entries).Name);
            parent = (await listing.ListAsync(parent, FileOrder.Name, descending: false, 100, null)).Entries[0].Id;
        }
    }

    /// <summary>A drive with the folder /a.</summary>
    private async Task<DriveSite> NewSiteAsync()
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.MakeFolderAsync("a");
        return site;
    }
}

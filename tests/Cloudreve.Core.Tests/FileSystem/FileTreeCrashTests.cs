using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.Ids;
using Cloudreve.Core.Tables;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.FileSystem;

/// <summary>The process dies before and after every single storage call of a creation; then another process repeats it.</summary>
public sealed class FileTreeCrashTests(AzuriteServer azurite)
{
    private const long Owner = 7;
    private static readonly FilePath Target = new(["a", "b", "target"]);

    [Theory]
    [InlineData(FileType.File, StorageFault.CrashBefore)]
    [InlineData(FileType.File, StorageFault.CrashAfter)]
    [InlineData(FileType.Folder, StorageFault.CrashBefore)]
    [InlineData(FileType.Folder, StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_call_of_a_creation_when_it_is_repeated_then_the_entry_exists_exactly_once(FileType type, StorageFault fault)
    {
        var calls = 0;
        for (var struck = true; struck; calls++)
        {
            var installation = await NewInstallationAsync();
            var (layout, crash) = installation.ConnectWithCrash(calls, fault);
            crash.IsArmed = true;
            try
            {
                await Tree(layout).CreateAsync(Owner, Target, new NewEntry(type), failIfExists: true);
            }
            catch (SimulatedCrashException)
            {
                // The process is gone; the next one knows nothing of it.
            }
            struck = crash.Struck;

            await AssertRepetitionIsExactAsync(installation, type);
        }
        // Two looks, two for a lease, three for each new folder, two or three for the entry; and the run without a crash.
        Assert.Equal(2 + 2 + 3 + (type == FileType.File ? 2 : 3) + 1, calls);
    }

    [Theory]
    [InlineData(FileType.File, StorageFault.AnswerLost)]
    [InlineData(FileType.File, StorageFault.Unavailable)]
    [InlineData(FileType.Folder, StorageFault.AnswerLost)]
    [InlineData(FileType.Folder, StorageFault.Unavailable)]
    public async Task Given_a_lost_answer_at_any_call_when_the_pipeline_tries_again_then_the_creation_succeeds_as_if_nothing_happened(FileType type, StorageFault fault)
    {
        for (var (index, struck) = (0, true); struck; index++)
        {
            var installation = await NewInstallationAsync();
            var (layout, crash) = installation.ConnectWithCrash(index, fault);
            crash.IsArmed = true;

            var created = await Tree(layout).CreateAsync(Owner, Target, new NewEntry(type), failIfExists: true);

            struck = crash.Struck;
            Assert.Equal(created.Id, (await Tree(installation.Connect()).GetAsync(Owner, Target)).Id);
            await AssertVisibleOnceAsync(installation.Connect());
        }
    }

    private static async Task AssertRepetitionIsExactAsync(Installation installation, FileType type)
    {
        var layout = installation.Connect();
        var tree = Tree(layout);
        var visible = await tree.FindAsync(Owner, Target);

        var repeated = await tree.CreateAsync(Owner, Target, new NewEntry(type), failIfExists: false);

        Assert.Equal(type, repeated.Type);
        Assert.Equal(visible?.Id ?? repeated.Id, repeated.Id);
        Assert.Equal(repeated.Id, (await tree.GetAsync(Owner, Target)).Id);
        Assert.Equal(repeated.Id, (await tree.FindByIdAsync(repeated.Id))?.Id);
        Assert.Equal(Target, await tree.GetPathAsync(repeated));
        await AssertVisibleOnceAsync(layout);
        if (type == FileType.Folder)
            await tree.CreateAsync(Owner, Target.Child("inside"), new NewEntry(FileType.File), failIfExists: true);
    }

    private static async Task AssertVisibleOnceAsync(StorageLayout layout)
    {
        var listing = new FolderListing(layout);
        var parent = FileTree.RootId(Owner);
        foreach (var name in Target.Segments)
        {
            foreach (var order in Enum.GetValues<FileOrder>())
                Assert.Equal(name, Assert.Single((await listing.ListAsync(parent, order, descending: false, 100, null)).Entries).Name);
            parent = (await listing.ListAsync(parent, FileOrder.Name, descending: false, 100, null)).Entries[0].Id;
        }
    }

    private static FileTree Tree(StorageLayout layout) => new(layout, new IdAllocator(layout), TimeProvider.System);

    /// <summary>A drive with the folder /a.</summary>
    private async Task<Installation> NewInstallationAsync()
    {
        var installation = await Installation.CreateAsync(azurite);
        var tree = Tree(installation.Connect());
        await tree.CreateRootAsync(Owner);
        await tree.CreateAsync(Owner, new FilePath(["a"]), NewEntry.Folder, failIfExists: true);
        return installation;
    }
}

using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Moves;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Tasks;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Imports;

/// <summary>Leftovers of a group that is tried again under other circumstances, twice at once, or not at all.</summary>
public sealed class ImportRepetitionTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>
{
    private static readonly (string Name, int Size)[] Source = [("src/a", 10), ("src/b", 20), ("src/c/d", 30), ("src/e/f", 40)];

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_storage_call_when_the_orchestration_is_lost_then_arrivals_are_charged(StorageFault fault)
    {
        await CrashMatrix.RunAsync(CreateAsync, async (site, index) =>
        {
            var reference = await site.AcceptAsync("src");
            var hasEnded = await RunUntilCallAsync(site, reference, index + 1, fault);

            await EndLostAsync(site.Restart(), reference);

            Assert.Empty((await site.CheckAsync()).All);
            var task = await site.TaskAsync(reference);
            Assert.True(task.IsTerminal);
            var tree = await site.TreeAsync();
            Assert.Equal(tree.Keys.Count(path => !path.EndsWith('/')), task.Progress["imported"].Current);
            return !hasEnded;
        });
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_storage_call_when_the_source_changes_then_the_result_fits_together(StorageFault fault)
    {
        await CrashMatrix.RunAsync(CreateAsync, async (site, index) =>
        {
            var reference = await site.AcceptAsync("src");
            var hasEnded = await RunUntilCallAsync(site, reference, index + 1, fault);
            await site.Container.DeleteAsync("src/b");
            await site.PutAsync(("src/0", 5), ("src/c/z", 6), ("src/g/h", 7));

            await site.Restart().RunAsync(reference);

            Assert.Empty((await site.CheckAsync()).All);
            Assert.Equal(WorkflowTaskStatus.Completed, (await site.TaskAsync(reference)).Status);
            Assert.Superset(new HashSet<string> { "a", "c/", "c/d", "e/", "e/f" }, (await site.TreeAsync()).Keys.ToHashSet());
            return !hasEnded;
        });
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_storage_call_when_the_owner_moves_what_came_then_it_stays_there(
        StorageFault fault)
    {
        await CrashMatrix.RunAsync(CreateWithKeptAsync, async (site, index) =>
        {
            var reference = await site.AcceptAsync("src");
            var hasEnded = await RunUntilCallAsync(site, reference, index + 1, fault);
            string[] moved = [.. await MoveAllAsync(site, "/imported", "/kept")];

            await site.Restart().RunAsync(reference);

            Assert.Empty((await site.CheckAsync()).All);
            Assert.Equal(100, await site.UsedAsync());
            Assert.Equal(WorkflowTaskStatus.Completed, (await site.TaskAsync(reference)).Status);
            var kept = await site.TreeAsync("/kept");
            Assert.Superset(moved.ToHashSet(), kept.Keys.ToHashSet());
            Assert.Equal(
                ["a", "b", "c/", "c/d", "e/", "e/f"],
                kept.Keys.Select(path => path.Replace("moved ", "", StringComparison.Ordinal))
                    .Concat((await site.TreeAsync()).Keys).Order(StringComparer.Ordinal));
            return !hasEnded;
        });
    }

    [Fact]
    public async Task Given_a_crash_and_a_move_when_the_orchestration_is_lost_then_the_moved_file_is_charged()
    {
        await CrashMatrix.RunAsync(CreateWithKeptAsync, async (site, index) =>
        {
            var reference = await site.AcceptAsync("src");
            var hasEnded = await RunUntilCallAsync(site, reference, index + 1, StorageFault.CrashAfter);
            await MoveAllAsync(site, "/imported", "/kept");

            await EndLostAsync(site.Restart(), reference);

            Assert.Empty((await site.CheckAsync()).All);
            return !hasEnded;
        });
    }

    [Fact]
    public async Task Given_one_import_when_two_processes_run_it_at_once_then_every_file_comes_once()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(Enumerable.Range(0, 400).Select(i => ($"src/d{i % 40}/f{i}", 7)));
        var reference = await site.AcceptAsync("src");
        await site.Imports.BeginAsync(reference);

        for (var round = 0; ; round++)
        {
            var groups = await site.Imports.ClaimAsync(reference, round, ImportTotals.Zero, []);
            if (groups.Count == 0)
                break;
            await Task.WhenAll(groups.SelectMany(g => Enumerable.Range(0, 3).Select(_ => RunUntilDoneAsync(site.Restart(), reference, g))));
        }
        await site.Imports.FinishAsync(reference, [], null);

        Assert.Equal(440, (await site.TreeAsync()).Count);
        Assert.Equal(2800, await site.UsedAsync());
        Assert.Empty((await site.CheckAsync()).All);
        var task = await site.TaskAsync(reference);
        Assert.Equal(400, task.Progress["imported"].Current);
        Assert.Equal(0, task.Failed);
    }

    [Fact]
    public async Task Given_many_failures_with_long_names_when_imported_then_all_are_recorded()
    {
        var site = await ImportSite.CreateAsync(azurite);
        var longName = new string('長', 900);
        await site.PutAsync(Enumerable.Range(0, 30).Select(i => ($"src/{longName}{i}", 1)).Append(("src/good", 1)));

        var reference = await site.AcceptAsync("src");
        await site.RunAsync(reference);

        var task = await site.TaskAsync(reference);
        Assert.Equal(WorkflowTaskStatus.Completed, task.Status);
        Assert.Equal(30, task.Failed);
        Assert.Equal(30, (await site.FailuresAsync(reference)).Count);
        Assert.Equal(["good"], (await site.TreeAsync()).Keys);
    }

    // The destination is there: only the import's own rows are checked.
    private async Task<ImportSite> CreateAsync()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.Tree.Creation.CreateAsync(ImportSite.AdminId, FilePath.ParsePlain("/imported"), NewEntry.Folder, failIfExists: true);
        await site.PutAsync(Source);
        return site;
    }

    private async Task<ImportSite> CreateWithKeptAsync()
    {
        var site = await CreateAsync();
        await site.Tree.Creation.CreateAsync(ImportSite.AdminId, FilePath.ParsePlain("/kept"), NewEntry.Folder, failIfExists: true);
        return site;
    }

    /// <summary>Runs an import in a process that dies at a storage call.</summary>
    /// <returns>True if it came to its end before.</returns>
    private static async Task<bool> RunUntilCallAsync(ImportSite site, ImportTaskReference reference, int call, StorageFault fault)
    {
        var calls = 0;
        var dying = site.Restart(_ =>
        {
            var n = Interlocked.Increment(ref calls);
            return n == call ? fault : n > call ? StorageFault.CrashBefore : StorageFault.None;
        });
        try
        {
            await dying.RunAsync(reference);
            return true;
        }
        catch (SimulatedCrashException)
        {
            return false;
        }
    }

    /// <summary>Moves every entry of a folder to another one, under a new name.</summary>
    private static async Task<List<string>> MoveAllAsync(ImportSite site, string from, string to)
    {
        var relocator = site.Get<Relocator>();
        var source = (await site.Tree.ByPath.FindFolderIdAsync(ImportSite.AdminId, FilePath.ParsePlain(from)))!.Value;
        var target = (await site.Tree.ByPath.FindFolderIdAsync(ImportSite.AdminId, FilePath.ParsePlain(to)))!.Value;
        var names = new List<string>();
        foreach (var listed in (await site.Get<FolderListing>().ListAsync(source, FileOrder.Name, descending: false, 1000, null)).Entries)
        {
            var entry = (await site.Tree.ByPath.FindEntryAsync(source, listed.Name))!;
            var control = await new DriveLocks(site.Layout, TimeProvider.System).ReadAsync(ImportSite.AdminId);
            var moved = await relocator.MoveAsync(control, entry, target, file => file with { Name = "moved " + file.Name });
            names.Add(moved.Type == FileType.Folder ? moved.Name + "/" : moved.Name);
        }
        return names;
    }

    private static async Task EndLostAsync(ImportSite site, ImportTaskReference reference)
    {
        await site.Imports.CloseAsync(reference);
        await site.Imports.FinishAsync(reference, failures: null, error: null);
    }

    // A run that comes second may fail where the first has changed the bookkeeping; it is tried again, as the orchestrator does.
    private static async Task RunUntilDoneAsync(ImportSite site, ImportTaskReference reference, ImportGroup group)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await site.Imports.RunGroupAsync(reference, group);
                return;
            }
            catch (StorageException) when (tries < 20)
            {
                await Task.Yield();
            }
        }
    }
}

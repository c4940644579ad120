using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive;

/// <summary>Folders of many paths are made together.</summary>
public sealed class MissingFoldersTests(AzuriteServer azurite)
{
    private static readonly FilePath s_top = DriveSite.Path("/top");

    private static readonly string[] s_paths = ["/top/a/b", "/top/a/c", "/top/d", "/top/a/b/e"];

    [Fact]
    public async Task Given_66_missing_folders_when_made_then_each_costs_two_transactions_and_little_more()
    {
        var site = await CreateAsync();
        await site.MakeFolderAsync("/top/warm");
        using var measured = site.Layout.Account.Transactions.Measure();

        var made = await MakeAsync(site, [.. Enumerable.Range(0, 66).Select(i => $"/top/f{i}")]);

        Assert.Equal(67, made.Count);
        // The path of the top, the looks and headers, the id rows, the folder's batches.
        Assert.InRange(measured.Total, 1 + 66 + 66 + 1 + 2, 1 + 66 + 66 + 2 + 2);
        Assert.Equal(68, (await site.ReadAsync()).Count);
    }

    [Fact]
    public async Task Given_folders_files_and_shortcuts_when_missing_folders_are_made_then_what_is_there_stays()
    {
        var site = await CreateAsync();
        var known = await site.MakeFolderAsync("/top/a");
        await site.PutAsync("/top/d");

        var made = await MakeAsync(site, [.. s_paths, "/top/d/below"]);

        Assert.Equal(["/top", "/top/a", "/top/a/b", "/top/a/b/e", "/top/a/c"], made);
        Assert.Equal(known.Id, await site.Tree.ByPath.FindFolderIdAsync(DriveSite.Owner, DriveSite.Path("/top/a")));
        Assert.Equal(FileType.File, (await site.Tree.ByPath.FindAsync(DriveSite.Owner, DriveSite.Path("/top/d")))!.Type);
        Assert.Empty((await site.CheckAsync()).Problems);
    }

    [Fact]
    public async Task Given_eight_clients_that_make_the_same_folders_at_once_when_all_are_done_then_each_is_there_once()
    {
        var site = await CreateAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => MakeAsync(site.Restart(), s_paths))));

        await MakeAsync(site, s_paths);
        var findings = await site.CheckAsync();
        Assert.Empty(findings.Problems);
        Assert.Empty(findings.Leftovers);
        Assert.Equal(6, (await site.ReadAsync()).Count);
    }

    /// <summary>A creation is not noted, so rows of folders that nobody can reach may be left.</summary>
    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    [InlineData(StorageFault.AnswerLost)]
    [InlineData(StorageFault.Unavailable)]
    public async Task Given_a_fault_at_any_call_when_made_again_then_all_folders_are_there_once(StorageFault fault)
    {
        var tries = await CrashMatrix.RunAsync(CreateAsync, async (site, index) =>
        {
            var crash = new CrashPoint(index, fault) { IsArmed = true };
            try
            {
                await MakeAsync(site.Restart(crash.Decide), s_paths);
            }
            catch (SimulatedCrashException)
            {
                // The next process knows nothing of it.
            }

            Assert.Equal(6, (await MakeAsync(site.Restart(), s_paths)).Count);

            Assert.Empty((await site.CheckAsync()).Problems);
            Assert.Equal(6, (await site.ReadAsync()).Count);
            return crash.Struck;
        });
        Assert.True(tries > 15, $"{tries} tries");
    }

    private async Task<DriveSite> CreateAsync()
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.MakeFolderAsync("/top");
        return site;
    }

    private static async Task<IReadOnlyList<string>> MakeAsync(DriveSite site, params string[] paths) =>
        [.. (await site.Tree.Creation.CreateFoldersAsync(DriveSite.Owner, s_top, paths.Select(DriveSite.Path), CancellationToken.None)).Select(path => path.ToString()).Order(StringComparer.Ordinal)];
}

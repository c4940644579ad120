using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Tasks;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Imports;

public sealed class ImportCrashTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>
{
    private static readonly (string Name, int Size)[] Source = [("src/a", 10), ("src/b/c", 20), ("src/b/d", 30), ("src/e/f", 40)];

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_storage_call_when_the_import_is_run_again_then_the_result_is_exact(StorageFault fault)
    {
        var call = await CrashMatrix.RunAsync(CreateAsync, async (site, index) =>
        {
            var reference = await site.AcceptAsync("src");
            var counted = 0;
            var dying = site.Restart(_ => Interlocked.Increment(ref counted) == index + 1 ? fault : StorageFault.None);
            var finished = await SurvivesAsync(() => dying.RunAsync(reference));

            await site.Restart().RunAsync(reference);

            Assert.Equal(6, (await site.TreeAsync()).Count);
            Assert.DoesNotContain("missing", (await site.TreeAsync()).Values.Select(v => v.Source));
            Assert.Equal(100, await site.UsedAsync());
            Assert.Empty((await site.CheckAsync()).Problems);
            Assert.Equal(WorkflowTaskStatus.Completed, (await site.TaskAsync(reference)).Status);
            return !finished;
        });
        Assert.True(call > 30, $"only {call} calls");
    }

    [Fact]
    public async Task Given_storage_that_loses_answers_when_a_tree_is_imported_then_the_result_is_exact()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(Enumerable.Range(0, 400).Select(i => ($"src/d{i % 7}/f{i}", 3)));
        var reference = await site.AcceptAsync("src");
        var calls = 0;
        var faulty = site.Restart(_ => (Interlocked.Increment(ref calls) % 11) switch
        {
            3 => StorageFault.Unavailable,
            7 => StorageFault.AnswerLost,
            _ => StorageFault.None,
        });

        // An activity that fails is tried again, as the orchestrator does.
        for (var tries = 0; !(await site.TaskAsync(reference)).IsTerminal; tries++)
        {
            Assert.True(tries < 200);
            await SurvivesAsync(() => faulty.RunAsync(reference));
        }

        Assert.Equal(407, (await site.TreeAsync()).Count);
        Assert.Equal(1200, await site.UsedAsync());
        Assert.Empty((await site.CheckAsync()).All);
    }

    private async Task<ImportSite> CreateAsync()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(Source);
        return site;
    }

    private static async Task<bool> SurvivesAsync(Func<Task> run)
    {
        try
        {
            await run();
            return true;
        }
        catch (Exception e) when (e is SimulatedCrashException or AzureStorage.StorageException)
        {
            return false;
        }
    }
}

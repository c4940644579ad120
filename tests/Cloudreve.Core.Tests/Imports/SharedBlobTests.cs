using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Imports;

/// <summary>Blobs that several imports refer to, whose files are deleted for good.</summary>
public sealed class SharedBlobTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>
{
    private const string Arriving = "imports/1/a";

    [Fact]
    public async Task Given_a_blob_imported_twice_when_both_files_are_deleted_then_it_goes_with_the_second()
    {
        var site = await CreateAsync("src/a", "src/b");
        await site.ImportAsync("src", "/second");
        await DeleteAsync(site, "/imported/a");
        await RecycleAsync(site, hours: 1);
        Assert.NotNull(await site.Container.FindAsync("src/a"));

        await DeleteAsync(site, "/second/a");
        await RecycleAsync(site, hours: 2);

        Assert.Null(await site.Container.FindAsync("src/a"));
        Assert.NotNull(await site.Container.FindAsync("src/b"));
        await RecycleAsync(site, hours: 48);
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_a_blob_imported_twice_when_both_files_are_deleted_at_once_then_it_goes()
    {
        var site = await CreateAsync("src/a");
        await site.ImportAsync("src", "/second");
        await DeleteAsync(site, "/imported/a");
        await DeleteAsync(site, "/second/a");

        Assert.Equal(1, await RecycleAsync(site));

        Assert.Null(await site.Container.FindAsync("src/a"));
    }

    [Fact]
    public async Task Given_a_deleted_file_when_it_is_imported_again_before_the_recycler_comes_then_its_blob_stays()
    {
        var site = await CreateAsync("src/a");
        await DeleteAsync(site, "/imported/a");
        await site.ImportAsync("src");

        await RecycleAsync(site);

        Assert.NotNull(await site.Container.FindAsync("src/a"));
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_many_imports_when_half_of_them_are_deleted_then_shared_blobs_alone_stay()
    {
        var names = Enumerable.Range(0, 20).Select(i => $"src/d{i % 2}/it's {i}").ToArray();
        var site = await CreateAsync(names);
        await site.ImportAsync("src/d0", "/second");

        await DeleteAsync(site, "/imported");
        await RecycleAsync(site);

        var left = (await site.Container.ListPageAsync("src/", null)).Blobs.Select(blob => blob.Name);
        Assert.Equal(names.Where(name => name.StartsWith("src/d0/", StringComparison.Ordinal)).Order(StringComparer.Ordinal), left);
    }

    [Fact]
    public async Task Given_a_blob_that_arrived_and_was_imported_when_one_file_is_deleted_then_the_blob_stays()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync((Arriving, 10));
        await ArriveAsync(site);
        await site.ImportAsync("imports/1", "/second");
        await DeleteAsync(site, "/a");

        await RecycleAsync(site);

        Assert.NotNull(await site.Container.FindAsync(Arriving));
    }

    [Fact]
    public async Task Given_a_policy_that_names_the_container_by_its_address_when_a_file_of_it_is_deleted_then_the_others_blob_stays()
    {
        var site = await CreateAsync("src/a");
        await site.Get<SiteCatalog>().SavePolicyAsync((await site.Get<SiteCatalog>().GetPolicyAsync(1)) with
        {
            Id = 7,
            Server = azurite.ConnectionString.Split("BlobEndpoint=")[1].Split(';')[0],
            AccessKey = "devstoreaccount1",
            SecretKey = azurite.ConnectionString.Split("AccountKey=")[1].Split(';')[0],
        });
        var task = await site.Imports.AcceptAsync(new ImportRequest("src", "/second", ImportSite.AdminId, 7, Recursive: true), "");
        await site.RunAsync(new ImportTaskReference(task.Id, task.OwnerId));
        await DeleteAsync(site, "/second/a");

        await RecycleAsync(site);

        Assert.NotNull(await site.Container.FindAsync("src/a"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_a_recycler_when_a_blob_is_imported_before_any_of_its_calls_then_no_file_lacks_its_blob(bool arrives)
    {
        var (kept, gone) = (0, 0);
        for (var call = 1; ; call++)
        {
            var site = await DeletedAsync(arrives);
            var hasRun = await RecycleBesideAsync(site, call, () => BringAsync(site.Restart(new HastyTime()), arrives));
            Assert.Empty(await LackingAsync(site));
            if (!hasRun)
                break;
            _ = await site.Container.FindAsync(NameOf(arrives)) is null ? gone++ : kept++;
        }
        Assert.True(kept > 2 && gone > 2, $"{kept} kept, {gone} gone");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_an_import_when_the_recycler_runs_before_any_of_its_calls_then_no_file_lacks_its_blob(bool arrives)
    {
        var kept = 0;
        for (var call = 1; ; call++)
        {
            var site = await DeletedAsync(arrives);
            var (calls, hasRun) = (0, false);
            var racing = site.Restart(_ =>
            {
                if (Interlocked.Increment(ref calls) == call)
                {
                    hasRun = true;
                    RecycleAsync(site).GetAwaiter().GetResult();
                }
                return StorageFault.None;
            });
            await BringAsync(racing, arrives);
            Assert.Empty(await LackingAsync(site));
            kept += await site.Container.FindAsync(NameOf(arrives)) is null ? 0 : 1;
            if (!hasRun)
                break;
        }
        Assert.True(kept > 5, $"{kept} kept");
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_recycler_that_dies_at_any_call_when_the_next_runs_then_what_nobody_has_goes_and_the_rest_stays(StorageFault fault)
    {
        for (var call = 1; ; call++)
        {
            var site = await CreateAsync("src/a", "src/b");
            await site.ImportAsync("src", "/second");
            await DeleteAsync(site, "/imported");
            await DeleteAsync(site, "/second/a");
            var calls = 0;
            var dying = site.Restart(_ => Interlocked.Increment(ref calls) >= call ? fault : StorageFault.None, Later(1));
            await AttemptAsync(() => dying.Get<EntityRecycler>().RunAsync());

            await RecycleAsync(site, hours: 2);
            await RecycleAsync(site, hours: 48);

            Assert.Null(await site.Container.FindAsync("src/a"));
            Assert.NotNull(await site.Container.FindAsync("src/b"));
            Assert.Empty((await site.CheckAsync()).All);
            Assert.DoesNotContain(await site.Layout.Schedules.ScanAsync().ToListAsync(TestContext.Current.CancellationToken), IsOfDeletion);
            if (calls < call)
                break;
        }
    }

    [Fact]
    public async Task Given_twelve_processes_that_import_delete_and_recycle_one_folder_when_they_race_then_no_file_lacks_its_blob()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
        {
            for (var round = 0; round < 4; round++)
            {
                await site.Container.WriteAsync($"src/{round}", BinaryData.FromBytes(new byte[round + 1]));
                await AttemptAsync(() => site.Restart().ImportAsync("src", $"/{i % 4}"));
                if (i % 3 == 0)
                    await AttemptAsync(() => DeleteAsync(site, $"/{i % 4}/{round}"));
                if (i % 3 == 1)
                    await RecycleAsync(site);
            }
        }));

        Assert.Empty(await LackingAsync(site));
        Assert.Empty((await site.CheckAsync()).Problems);
    }

    private static bool IsOfDeletion(AzureStorage.Tables.Row note) =>
        note.PartitionKey.StartsWith("recycle", StringComparison.Ordinal);

    private static string NameOf(bool arrives) => arrives ? Arriving : "src/a";

    private static Task BringAsync(ImportSite site, bool arrives) => AttemptAsync(() => arrives ? ArriveAsync(site) : site.ImportAsync("src"));

    private static Task<BlobArrivalResult> ArriveAsync(ImportSite site) => site.Get<BlobArrival>().ImportAsync(ImportSite.AdminId, Arriving, "/a");

    /// <summary>A site with a blob whose only file was just deleted for good.</summary>
    private async Task<ImportSite> DeletedAsync(bool arrives)
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync((NameOf(arrives), 10));
        await BringAsync(site, arrives);
        await DeleteAsync(site, arrives ? "/a" : "/imported/a");
        return site;
    }

    private async Task<ImportSite> CreateAsync(params string[] names)
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(names);
        await site.ImportAsync("src");
        return site;
    }

    /// <returns>False when the recycler makes fewer calls.</returns>
    private static async Task<bool> RecycleBesideAsync(ImportSite site, int call, Func<Task> act)
    {
        var (calls, hasRun) = (0, false);
        var slow = site.Restart(
            _ =>
            {
                if (Interlocked.Increment(ref calls) == call)
                {
                    hasRun = true;
                    act().GetAwaiter().GetResult();
                }
                return StorageFault.None;
            },
            Later(1));
        await slow.Get<EntityRecycler>().RunAsync();
        return hasRun;
    }

    /// <summary>Files of the drive whose blobs do not exist.</summary>
    private static async Task<IReadOnlyList<string>> LackingAsync(ImportSite site)
    {
        var lacking = new List<string>();
        foreach (var (path, (_, source)) in (await site.TreeAsync("/")).Where(file => !file.Key.EndsWith('/')))
        {
            if (await site.Container.FindAsync(source) is null)
                lacking.Add(path);
        }
        return lacking;
    }

    private static async Task AttemptAsync(Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (Exception e) when (e is SimulatedCrashException or AzureStorage.StorageException or CloudreveException)
        {
            // The run is cut off, or refused.
        }
    }

    private static Task DeleteAsync(ImportSite site, string path) =>
        site.Get<DriveOperations>().DeleteAsync(new DriveWork(ImportSite.AdminId, Actor.Site), FilePath.ParsePlain(path), keepBlobs: false);

    private static FakeTimeProvider Later(int hours) => new(TimeProvider.System.GetUtcNow().AddHours(hours));

    /// <summary>What was below a deleted folder is given back by a timer first.</summary>
    private static async Task<int> RecycleAsync(ImportSite site, int hours = 1)
    {
        await site.Restart(Later(hours)).Get<DriveMaintenance>().ContinueDeletionsAsync();
        return await site.Restart(Later(hours)).Get<EntityRecycler>().RunAsync();
    }

    /// <summary>The system's time, with timers that fire soon.</summary>
    private sealed class HastyTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime / 50, period);
    }
}

using System.Globalization;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Quota.Calibration;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Uploads;

/// <summary>The process dies, or a call fails, at every storage call of files that are written together in two groups of one folder.</summary>
public sealed class FileGroupCrashTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>
{
    private const string Folder = "/d";
    private const int Files = WriteGroup.MostFiles + 3;
    private const int Bytes = 30;

    // Few have content, so that few calls are for blobs.
    private static readonly int[] s_filled = [5, 6, Files - 1];

    [Theory]
    [InlineData(StorageFault.CrashBefore, false)]
    [InlineData(StorageFault.CrashAfter, false)]
    [InlineData(StorageFault.CrashBefore, true)]
    [InlineData(StorageFault.CrashAfter, true)]
    public Task Given_a_crash_at_any_call_when_settled_or_repeated_then_each_group_is_there_whole_or_not(StorageFault fault, bool repeats) =>
        UploadCrashes.AtEveryCallAsync(CreateAsync, fault, _ => Task.FromResult(0), (site, _) => WriteAsync(site), async (site, _) =>
        {
            if (repeats)
                await WriteAsync(site);
            await site.RecoverAsync();
            var found = await FindAsync(site);
            Assert.Contains(found.Count(i => i < WriteGroup.MostFiles), (int[])[0, WriteGroup.MostFiles]);
            Assert.Contains(found.Count(i => i >= WriteGroup.MostFiles), (int[])[0, Files - WriteGroup.MostFiles]);
            if (repeats)
                Assert.Equal(Files, found.Count);
            Assert.Equal(Bytes * s_filled.Count(found.Contains), await site.Drive.UsedAsync());
        });

    [Theory]
    [InlineData(StorageFault.AnswerLost)]
    [InlineData(StorageFault.Unavailable)]
    public Task Given_a_call_that_fails_once_when_sent_again_then_all_files_are_there_once(StorageFault fault) =>
        UploadCrashes.AtEveryCallAsync(CreateAsync, fault, _ => Task.FromResult(0), (site, _) => WriteAsync(site), async (site, _) =>
        {
            Assert.Equal(Files, (await FindAsync(site)).Count);
            Assert.Equal(Bytes * s_filled.Length, await site.Drive.UsedAsync());
        });

    [Fact]
    public async Task Given_a_killed_process_when_five_minutes_have_passed_then_its_charge_is_given_back()
    {
        var site = await KilledAsync();

        site.Drive.Wait(TimeSpan.FromMinutes(5));
        await site.Drive.Get<WriteSettlement>().RunAsync();

        Assert.Equal(0, await site.Drive.UsedAsync());
        Assert.Empty(await FindAsync(site));
    }

    [Fact]
    public async Task Given_a_killed_process_when_storage_is_calibrated_before_its_settlement_then_the_charge_stays()
    {
        var site = await KilledAsync();

        Assert.Equal(Bytes * s_filled.Length, await site.Drive.Get<StorageCalibration>().RunAsync(DriveSite.Owner));

        await site.RecoverAsync();
        Assert.Equal(0, await site.Drive.UsedAsync());
        await site.AssertExactAsync();
    }

    /// <summary>Each client begins with another name, so their groups overlap.</summary>
    [Fact]
    public async Task Given_eight_clients_that_write_the_same_names_at_once_when_all_are_done_then_each_file_is_one_clients()
    {
        var site = await CreateAsync();

        var written = await Task.WhenAll(Enumerable.Range(0, 8).Select(client => Task.Run(() => WriteAsync(site.Restart(), 7 * client))));

        var ids = written.SelectMany(files => files).Select(file => file.File).OfType<FileRecord>().ToLookup(file => file.Name, file => file.Id);
        Assert.All(ids, name => Assert.Single(name));
        Assert.Equal(ids.Count, (await FindAsync(site)).Count);
        Assert.All(written.SelectMany(files => files), file => Assert.Null(file.Error));
        await site.RecoverAsync();
        await site.AssertExactAsync();
    }

    private async Task<UploadSite> CreateAsync()
    {
        var site = await UploadSite.CreateAsync(azurite);
        await site.Drive.MakeFolderAsync(Folder);
        return site;
    }

    /// <summary>A site whose process died when all was stored, in front of its commits.</summary>
    private async Task<UploadSite> KilledAsync()
    {
        var site = await CreateAsync();
        var blobs = 0;
        var dying = site.Restart(call =>
        {
            if (call is { Service: StorageService.Blob, Method: "PUT" })
                Interlocked.Increment(ref blobs);
            return Volatile.Read(ref blobs) == s_filled.Length && call.Service == StorageService.Table ? StorageFault.CrashBefore : StorageFault.None;
        });
        await Assert.ThrowsAsync<SimulatedCrashException>(() => WriteAsync(dying));
        Assert.Equal(Bytes * s_filled.Length, await site.Drive.UsedAsync());
        return site;
    }

    private static Task<IReadOnlyList<GroupedWrite>> WriteAsync(UploadSite site, int first = 0) => site.Drive.Get<FileGroupWriter>().WriteAsync(
        site.Caller,
        [.. Enumerable.Range(0, Files).Select(i => (i + first) % Files).Select(i =>
            new GroupedFile(DriveSite.Path(PathOf(i)), DateTimeOffset.UnixEpoch, s_filled.Contains(i) ? UploadSite.Bytes(Bytes) : []))],
        CancellationToken.None);

    /// <summary>Numbers of the files that are there.</summary>
    private static async Task<List<int>> FindAsync(UploadSite site)
    {
        var folder = (await site.Drive.Tree.ByPath.FindFolderIdAsync(DriveSite.Owner, DriveSite.Path(Folder)))!.Value;
        var names = await site.Drive.Get<FolderWriter>().FindNamesAsync(folder, Enumerable.Range(0, Files).Select(i => PathOf(i)[(Folder.Length + 1)..]));
        return [.. Enumerable.Range(0, Files).Where(i => names.ContainsKey(PathOf(i)[(Folder.Length + 1)..]))];
    }

    private static string PathOf(int i) => string.Create(CultureInfo.InvariantCulture, $"{Folder}/f{i:d2}");
}

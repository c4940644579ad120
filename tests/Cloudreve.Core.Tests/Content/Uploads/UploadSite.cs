using System.Security.Cryptography;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Integrity;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Uploads;

/// <summary>A drive with a storage policy. Every restart is a process of its own.</summary>
internal sealed class UploadSite(DriveSite drive) : IRestartable<UploadSite>
{
    public const int Chunk = 100;

    public DriveSite Drive { get; } = drive;

    public StorageLayout Layout => Drive.Layout;

    public UserSettings UserSettings { get; set; } = new() { VersionRetentionEnabled = true, VersionRetentionMax = 2 };

    public long MaxStorage { get; set; } = 1_000_000;

    public Caller Caller => new(
        new User { Id = DriveSite.Owner, Email = "a@example.com", Nick = "a", GroupId = 2, CreatedAt = DateTimeOffset.UnixEpoch, Settings = UserSettings },
        new Group { Id = 2, Name = "User", MaxStorage = MaxStorage, StoragePolicyId = StoragePolicy.DefaultId });

    public static async Task<UploadSite> CreateAsync(AzuriteServer azurite, Func<StoragePolicySettings, StoragePolicySettings>? change = null)
    {
        var site = new UploadSite(await DriveSite.CreateAsync(azurite));
        var settings = new StoragePolicySettings { ChunkSize = Chunk };
        await site.Drive.Get<SiteCatalog>().SavePolicyAsync(new StoragePolicy
        {
            Id = StoragePolicy.DefaultId,
            Name = "default",
            Driver = StorageDriver.AzureBlob,
            BucketName = site.Drive.Layout.FilesContainerName,
            DirNameRule = "uploads/{uid}/{path}",
            FileNameRule = "{uid}_{randomkey8}_{originname}",
            Settings = change?.Invoke(settings) ?? settings,
        });
        await site.Drive.Layout.Container(site.Drive.Layout.FilesContainerName).CreateIfNotExistsAsync();
        return site;
    }

    public UploadSite Restart(Func<StorageCall, StorageFault>? faults = null) => new(Drive.Restart(faults)) { UserSettings = UserSettings, MaxStorage = MaxStorage };

    public static byte[] Bytes(int count) => RandomNumberGenerator.GetBytes(count);

    public async Task<SiteSettings> SettingsAsync() => await Drive.Get<SettingStore>().GetAsync();

    public async Task<UploadSession> BeginAsync(string path, long size, bool overwrites = false) =>
        await BeginAsync(new UploadRequest(DriveSite.Path(path), size) { Overwrites = overwrites });

    public async Task<UploadSession> BeginAsync(UploadRequest request) =>
        await Drive.Get<UploadCreation>().BeginAsync(Caller, await SettingsAsync(), request);

    /// <summary>Sends all chunks as a client does that holds signed addresses.</summary>
    public async Task StageAsync(UploadSession session, byte[] content)
    {
        for (var i = 0; i < session.Chunks.Count && content.Length > 0; i++)
            await StageAsync(session, i, content);
    }

    public async Task StageAsync(UploadSession session, int index, byte[] content)
    {
        using var chunk = new MemoryStream(content, index * Chunk, (int)session.Chunks.LengthOf(index));
        await Drive.Layout.Container(Drive.Layout.FilesContainerName).StageBlockAsync(session.StagingName, ChunkPlan.BlockId(index), chunk);
    }

    public Task TakeAsync(UploadSession session, int index, byte[] content)
    {
        var length = (int)session.Chunks.LengthOf(index);
        return Drive.Get<UploadRelay>().TakeAsync(session.Id, DriveSite.Owner, index, new MemoryStream(content, index * Chunk, length), length);
    }

    public async Task CompleteAsync(Guid id) => await Drive.Get<UploadCompletion>().CompleteAsync(await Drive.Get<UploadSessions>().GetAsync(id));

    public async Task<FileRecord> UploadAsync(string path, byte[] content, bool overwrites = false)
    {
        var session = await BeginAsync(path, content.Length, overwrites);
        await StageAsync(session, content);
        await CompleteAsync(session.Id);
        return await FindAsync(path) ?? throw new InvalidOperationException("The file is not there.");
    }

    public async Task<FileRecord> WriteAsync(string path, byte[] content, long? previous = null) =>
        await Drive.Get<FileContentWriter>().WriteAsync(
            Caller, new ContentRequest(DriveSite.Path(path), content.Length) { Previous = previous }, new MemoryStream(content));

    public Task<FileRecord?> FindAsync(string path) => Drive.Tree.ByPath.FindAsync(DriveSite.Owner, DriveSite.Path(path));

    public async Task<byte[]> ReadAsync(FileRecord file) => file.PrimaryEntityId == 0 ? [] : await ReadBlobAsync(file.PrimaryEntityId);

    public async Task<byte[]> ReadBlobAsync(long entityId)
    {
        var entity = await Drive.Get<EntityStore>().FindAsync(entityId);
        return (await Drive.Layout.Container(Drive.Layout.FilesContainerName).ReadAsync(entity!.Source))!;
    }

    /// <summary>Advances the time until all leftovers are due, and runs the timers.</summary>
    public async Task RecoverAsync()
    {
        var later = Restart();
        later.Drive.Wait(TimeSpan.FromDays(2));
        // What was undone is reviewed some minutes later.
        for (var run = 0; run < 2; run++)
        {
            await later.Drive.Get<WriteSettlement>().RunAsync();
            later.Drive.Wait(TimeSpan.FromHours(1));
        }
        await later.Drive.Settlement.RecoverAsync(DriveSite.Owner);
        await later.Drive.Get<UploadExpiry>().RunAsync();
        await later.Drive.Get<LinkReleases>().RunAsync();
        await later.Drive.Maintenance.ContinueDeletionsAsync();
        later.Drive.Wait(TimeSpan.FromHours(1));
        await later.Drive.Get<UploadExpiry>().RunAsync();
        await later.Drive.Get<EntityRecycler>().RunAsync();
    }

    /// <summary>Nothing is lost, there twice, left over or wrongly charged: rows, bytes in use, and blobs.</summary>
    /// <param name="bornRows">
    /// Whether rows may be left that are written before an entry: its header and its id row. A creation is not noted, so nobody
    /// removes them when the process dies in between; nobody can reach them either.
    /// </param>
    public async Task AssertExactAsync(bool bornRows = false)
    {
        var findings = await Drive.CheckAsync();
        Assert.Empty(findings.Problems);
        Assert.DoesNotContain(findings.Leftovers, l => !(bornRows && l.EndsWith("belongs to no entry.", StringComparison.Ordinal)));
        var sources = new HashSet<string>();
        await foreach (var row in Drive.Layout.Entities.ScanAsync())
        {
            if (row.Text("src") is { } source)
                sources.Add(source);
        }
        var blobs = await Drive.Layout.Container(Drive.Layout.FilesContainerName).ListPageAsync("", null);
        Assert.Equal(sources.Order(StringComparer.Ordinal), blobs.Blobs.Select(b => b.Name).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(
            await Drive.Get<SiteIntegrity>().CheckAsync(), f => !(bornRows && f.Text.EndsWith("belongs to no entry.", StringComparison.Ordinal)));
        Assert.Empty((await Drive.Get<DriveLocks>().ReadAsync(DriveSite.Owner)).Locks);
    }
}

using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Integrity;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Tests.Content.Integrity;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cloudreve.Core.Tests.Drive.Operations;

/// <summary>One user's drive. Every connection is a process of its own, with its own clock and faults.</summary>
internal sealed class DriveSite : IRestartable<DriveSite>
{
    public const long Owner = 7;

    private readonly AzuriteServer _azurite;
    private readonly string _prefix;
    private readonly ServiceProvider _services;
    private readonly ShiftedClock _clock = new();

    private DriveSite(AzuriteServer azurite, string prefix, Func<StorageCall, StorageFault>? faults)
    {
        (_azurite, _prefix) = (azurite, prefix);
        var account = azurite.Connect(faults);
        _services = new ServiceCollection()
            .AddSingleton(typeof(ILogger<>), typeof(NullLogger<>))
            .AddSingleton<TimeProvider>(_clock)
            .AddSingleton(new StorageLayout(account, prefix))
            .AddCore()
            .BuildServiceProvider();
    }

    public StorageLayout Layout => Get<StorageLayout>();

    public TreeParts Tree => TreeParts.Of(_services);

    public DriveOperations Operations => Get<DriveOperations>();

    public DriveSettlement Settlement => Get<DriveSettlement>();

    public DriveMaintenance Maintenance => Get<DriveMaintenance>();

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public static async Task<DriveSite> CreateAsync(AzuriteServer azurite)
    {
        var site = new DriveSite(azurite, AzuriteServer.UniqueName()[..12], null);
        await Task.WhenAll(site.Layout.AllTables.Select(table => table.CreateIfNotExistsAsync()));
        await site.Tree.Roots.CreateAsync(Owner);
        return site;
    }

    /// <summary>Another process on the same drive.</summary>
    public DriveSite Restart(Func<StorageCall, StorageFault>? faults = null) => new(_azurite, _prefix, faults);

    public void Wait(TimeSpan time) => _clock.Offset += time;

    public static DriveWork NewWork() => new(Owner, new Actor(Owner));

    public static FilePath Path(string text) => FilePath.ParsePlain(text);

    /// <summary>A file with an entity and its bytes charged, as an upload leaves it.</summary>
    public async Task<FileRecord> PutAsync(string path, long size = 10, int versions = 1)
    {
        var ids = Get<IdAllocator>();
        var fileId = await ids.NextAsync(IdKind.File);
        var entities = new List<EntityRecord>();
        for (var i = 0; i < versions; i++)
        {
            var id = await ids.NextAsync(IdKind.Entity);
            entities.Add(new EntityRecord
            {
                Id = id,
                FileId = fileId,
                Size = size,
                PolicyId = 1,
                Source = $"blob-{id}",
                CreatedBy = Owner,
                CreatedAt = _clock.GetUtcNow(),
            });
        }
        await Get<EntityStore>().WriteNewAsync(entities);
        await Get<QuotaLedger>().ChargeAsync(Owner, $"put-{fileId}", size * versions, null);
        var file = await Tree.Creation.CreateAsync(
            Owner, Path(path), new NewEntry(FileType.File) { Id = fileId, EntityId = entities[0].Id, Size = size }, failIfExists: true);
        return versions == 1
            ? file
            : await Tree.Updates.UpdateAsync(file, f => f with { OtherEntities = [.. entities.Skip(1).Select(e => new EntityLink(e.Id, EntityType.Version, size, e.CreatedAt))] });
    }

    public Task<FileRecord> MakeFolderAsync(string path) => Tree.Creation.CreateAsync(Owner, Path(path), NewEntry.Folder, failIfExists: true);

    /// <summary>Every entry of the drive and the trash as a line: path, type and id; trashed ones by where they came from.</summary>
    public async Task<List<string>> ReadAsync()
    {
        var lines = new List<string>();
        await WalkAsync(DriveRoots.RootId(Owner), "", lines);
        await WalkAsync(DriveRoots.TrashId(Owner), "trash:", lines);
        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    public Task<long> UsedAsync() => Get<QuotaLedger>().GetUsedAsync(Owner);

    /// <summary>All rows compared with each other, also by the product's own check.</summary>
    public Task<TreeFindings> CheckAsync() => Findings.GatherAsync(Layout.Account, _prefix, Restart().Get<SiteIntegrity>());

    private async Task WalkAsync(long folderId, string prefix, List<string> lines)
    {
        string? token = null;
        do
        {
            var page = await Get<FolderListing>().ListAsync(folderId, FileOrder.Name, false, 1000, token);
            foreach (var entry in page.Entries)
            {
                var path = $"{prefix}/{(DriveOperations.OriginOf(entry) is { } origin ? origin.ToString() : entry.Name)}";
                lines.Add($"{path} {entry.Type} {entry.Size} {entry.Id:x}");
                if (entry.Type == FileType.Folder)
                    await WalkAsync(entry.Id, path, lines);
            }
            token = page.NextToken;
        }
        while (token is not null);
    }

    private sealed class ShiftedClock : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
    }
}

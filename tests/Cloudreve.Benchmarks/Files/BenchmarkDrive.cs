using System.Globalization;
using Cloudreve.Core;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudreve.Benchmarks.Files;

/// <summary>A drive in tables of its own, which is filled in bulk and then worked on as the app does.</summary>
internal sealed class BenchmarkDrive : IAsyncDisposable
{
    public const long Owner = 7;
    private const int Batch = 5_000;

    private readonly ServiceProvider _services;

    private BenchmarkDrive(ServiceProvider services) => _services = services;

    public StorageLayout Layout => _services.GetRequiredService<StorageLayout>();

    public DriveOperations Operations => _services.GetRequiredService<DriveOperations>();

    public EntriesByPath ByPath => _services.GetRequiredService<EntriesByPath>();

    public DriveRoots Roots => _services.GetRequiredService<DriveRoots>();

    public EntryCreation Creation => _services.GetRequiredService<EntryCreation>();

    public static async Task<BenchmarkDrive> CreateAsync(AzuriteServer azurite)
    {
        var drive = new BenchmarkDrive(new ServiceCollection()
            .AddLogging()
            .AddSingleton(TimeProvider.System)
            .AddSingleton(new StorageLayout(azurite.Connect(), AzuriteServer.UniqueName()[..12]))
            .AddCore()
            .BuildServiceProvider());
        await Task.WhenAll(drive.Layout.AllTables.Select(table => table.CreateIfNotExistsAsync()));
        await drive.Roots.CreateAsync(Owner);
        return drive;
    }

    public static DriveWork NewWork() => new(Owner, new Actor(Owner));

    public Task MakeFolderAsync(FilePath path) => Creation.CreateAsync(Owner, path, NewEntry.Folder, failIfExists: true);

    /// <summary>Creates a folder with files, each with an entity and its bytes charged, as uploads leave them.</summary>
    public async Task FillAsync(FilePath path, int files)
    {
        var folder = await Creation.CreateAsync(Owner, path, NewEntry.Folder, failIfExists: true);
        var ids = _services.GetRequiredService<IdAllocator>();
        var now = DateTimeOffset.UnixEpoch;
        for (var start = 0; start < files; start += Batch)
        {
            var count = Math.Min(Batch, files - start);
            var (fileIds, entityIds) = (await ids.ReserveAsync(IdKind.File, count), await ids.ReserveAsync(IdKind.Entity, count));
            await _services.GetRequiredService<EntityStore>().WriteNewAsync([.. Enumerable.Range(0, count).Select(i => new EntityRecord
            {
                Id = entityIds.First + i,
                FileId = fileIds.First + i,
                Size = SizeOf(start + i),
                PolicyId = 1,
                Source = string.Create(CultureInfo.InvariantCulture, $"blob-{entityIds.First + i}"),
                CreatedBy = Owner,
                CreatedAt = now,
            })]);
            await _services.GetRequiredService<QuotaLedger>().ChargeAsync(Owner, $"fill-{fileIds.First}", Enumerable.Range(start, count).Sum(SizeOf), null);
            await _services.GetRequiredService<FolderWriter>().InsertAsync(
                folder.Id,
                [.. Enumerable.Range(0, count).Select(i => new FileRecord
                {
                    Id = fileIds.First + i,
                    ParentId = folder.Id,
                    OwnerId = Owner,
                    Type = FileType.File,
                    Name = string.Create(CultureInfo.InvariantCulture, $"file {start + i:d6}.txt"),
                    Size = SizeOf(start + i),
                    PrimaryEntityId = entityIds.First + i,
                    CreatedAt = now,
                    UpdatedAt = now,
                })]);
        }
    }

    // In another order than names and creation.
    private static long SizeOf(int number) => number * 7919L % 10_007;

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}

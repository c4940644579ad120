using System.Globalization;
using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Tests.Drive;

/// <summary>Fills folders for tests of listings and bulk writes.</summary>
internal static class DriveBuilder
{
    public const long Owner = 7;

    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A folder below an own root; the id of the folder.</summary>
    public static async Task<long> CreateFolderAsync(StorageLayout layout)
    {
        var tree = TreeParts.Over(layout);
        await tree.Roots.CreateAsync(Owner);
        return (await tree.Creation.CreateAsync(Owner, new FilePath(["folder"]), NewEntry.Folder, failIfExists: true)).Id;
    }

    /// <summary>A folder with folders <c>sub0000</c> and files <c>file0000</c> and so on; the container of listings exists.</summary>
    public static async Task<(long FolderId, List<FileRecord> Records)> CreateLargeFolderAsync(StorageLayout layout, int folders, int files)
    {
        var folderId = await CreateFolderAsync(layout);
        var records = await AddAsync(layout, folderId, FileType.Folder, "sub", folders);
        records.AddRange(await AddAsync(layout, folderId, FileType.File, "file", files));
        await layout.Container(layout.SnapshotsContainerName).CreateIfNotExistsAsync();
        return (folderId, records);
    }

    /// <summary>Inserts entries with numbered names, without headers of folders.</summary>
    public static async Task<List<FileRecord>> AddAsync(StorageLayout layout, long folderId, FileType type, string prefix, int count)
    {
        if (count == 0)
            return [];
        var names = Enumerable.Range(0, count).Select(i => prefix + i.ToString("d4", CultureInfo.InvariantCulture)).ToList();
        var records = await NewRecordsAsync(layout, folderId, type, names);
        await new FolderWriter(layout).InsertAsync(folderId, records);
        return records;
    }

    /// <summary>Records with ids of their own in the order of the names.</summary>
    public static async Task<List<FileRecord>> NewRecordsAsync(StorageLayout layout, long folderId, FileType type, IReadOnlyList<string> names)
    {
        var ids = await new IdAllocator(layout).ReserveAsync(IdKind.File, names.Count);
        return [.. names.Select((name, i) => NewRecord(ids.First + i, folderId, type, name))];
    }

    public static FileRecord NewRecord(long id, long folderId, FileType type, string name) => new()
    {
        Id = id,
        ParentId = folderId,
        OwnerId = Owner,
        Type = type,
        Name = name,
        // Sizes and times repeat, so that orders by them have ties.
        Size = type == FileType.File ? id * 7919 % 5 : 0,
        PrimaryEntityId = type == FileType.File ? id : 0,
        CreatedAt = Start,
        UpdatedAt = Start.AddMinutes(id * 104_729 % 6),
    };

    /// <summary>Prepares and inserts.</summary>
    public static async Task WriteAsync(StorageLayout layout, long folderId, IReadOnlyList<FileRecord> records)
    {
        var writer = new FolderWriter(layout);
        await writer.PrepareAsync(records);
        await writer.InsertAsync(folderId, records);
    }

    /// <summary>All pages of a listing.</summary>
    public static async Task<List<FolderPage>> ReadPagesAsync(StorageLayout layout, long folderId, FileOrder order, bool descending, int pageSize)
    {
        var listing = new FolderListing(layout, new HeavyReads());
        var pages = new List<FolderPage>();
        do
        {
            pages.Add(await listing.ListAsync(folderId, order, descending, pageSize, pages.Count == 0 ? null : pages[^1].NextToken));
        }
        while (pages[^1].NextToken is not null);
        return pages;
    }
}

using System.Globalization;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Benchmarks.Search;

/// <summary>Fills drives for searches: a root with folders that hold ten folders each, and files in all of those.</summary>
internal sealed class SearchedDrives(StorageLayout layout, DriveRoots roots, EntryCreation creation)
{
    private const int FoldersInEach = 10;

    private readonly IdAllocator _ids = new(layout);

    /// <summary>The name of the folder that is listed beside the searches.</summary>
    public static FilePath Listed { get; } = new(["folder 00"]);

    /// <summary>Creates a drive.</summary>
    /// <param name="upper">Number of folders in the root.</param>
    /// <param name="filesInEach">Number of files in each folder.</param>
    /// <returns>The number of files.</returns>
    public async Task<int> FillAsync(long owner, int upper, int filesInEach)
    {
        await roots.CreateAsync(owner);
        var folders = new List<long>();
        for (var i = 0; i < upper; i++)
        {
            var parent = await CreateAsync(owner, DriveRoots.RootId(owner), i);
            folders.Add(parent);
            for (var j = 0; j < FoldersInEach; j++)
                folders.Add(await CreateAsync(owner, parent, j));
        }
        await BoundedParallel.ForEachAsync(folders, 4, (folder, _) => FillFolderAsync(owner, folder, filesInEach));
        return folders.Count * filesInEach;
    }

    private async Task<long> CreateAsync(long owner, long parent, int number) =>
        (await creation.CreateEntryAsync(owner, parent, string.Create(CultureInfo.InvariantCulture, $"folder {number:d2}"), NewEntry.Folder, failIfExists: true)).Id;

    private async Task FillFolderAsync(long owner, long folder, int files)
    {
        var first = (await _ids.ReserveAsync(IdKind.File, files)).First;
        await new FolderWriter(layout).InsertAsync(folder, [.. Enumerable.Range(0, files).Select(i => new FileRecord
        {
            Id = first + i,
            ParentId = folder,
            OwnerId = owner,
            Type = FileType.File,
            // One in fifty is what is searched for.
            Name = string.Create(CultureInfo.InvariantCulture, $"{(i % 50 == 7 ? "wanted" : "other")} {i:d4}.txt"),
            Size = i,
            PrimaryEntityId = first + i,
            CreatedAt = DateTimeOffset.UnixEpoch,
            UpdatedAt = DateTimeOffset.UnixEpoch,
        })]);
    }
}

using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>The two folders that every drive begins with, its root and its trash. Neither has an entry in another folder.</summary>
/// <param name="clock">Stamps new roots.</param>
public sealed class DriveRoots(StorageLayout layout, TimeProvider clock)
{
    /// <summary>The root folder of a user has the user's own id, so finding it costs nothing.</summary>
    /// <param name="userId">The user; below 2^32.</param>
    public static long RootId(long userId) => userId;

    /// <summary>The folder of what a user has moved to the trash. Its entries have random names.</summary>
    public static long TrashId(long userId) => -userId;

    /// <summary>Creates a user's root folder unless it exists. Harmless to repeat.</summary>
    public async Task CreateAsync(long userId, CancellationToken cancellationToken = default)
    {
        try
        {
            var header = EntryRows.NewHeader(RootId(userId), userId);
            header[EntryColumns.CreatedAt] = clock.GetUtcNow();
            await layout.Files.InsertAsync(header, cancellationToken);
        }
        catch (StorageExistsException)
        {
            // An earlier try made it.
        }
    }

    /// <summary>Sets the view of a root: one transaction.</summary>
    /// <param name="view">The view, as JSON; null for the default.</param>
    public Task SetViewAsync(long ownerId, string? view, CancellationToken cancellationToken = default) =>
        layout.Files.MergeAsync(new Row(FileKeys.Folder(RootId(ownerId)), FileKeys.Header) { [EntryColumns.View] = view ?? "" }, "*", cancellationToken);

    /// <summary>Finds a root or trash: one transaction; null when it does not exist. A trash exists always.</summary>
    /// <param name="topId">The root or trash.</param>
    internal async Task<FileRecord?> FindAsync(long topId, long ownerId, CancellationToken cancellationToken)
    {
        var header = await layout.Files.FindAsync(FileKeys.Folder(topId), FileKeys.Header, cancellationToken);
        // The trash is created by the first move to it.
        if (header is null && topId != TrashId(ownerId))
            return null;
        var time = header?.Time(EntryColumns.CreatedAt) ?? default;
        return new FileRecord
        {
            Id = topId,
            ParentId = 0,
            OwnerId = ownerId,
            Type = FileType.Folder,
            Name = "",
            CreatedAt = time,
            UpdatedAt = time,
            // A merge cannot remove a property.
            View = header?.Text(EntryColumns.View) is { Length: > 0 } view ? view : null,
        };
    }
}

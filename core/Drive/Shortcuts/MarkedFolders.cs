using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Shortcuts;

/// <summary>
/// Folders with the mark of a shortcut that are not shortcuts: earlier releases let clients set it on any folder, which hid its content. A
/// shortcut is empty, so a folder that is not empty loses the mark once it is read or listed.
/// </summary>
/// <param name="updates">Removes marks.</param>
public sealed class MarkedFolders(StorageLayout layout, EntryUpdates updates)
{
    /// <summary>
    /// Removes the mark of a shortcut from a folder that is not one: three transactions; one for a shortcut, none for an entry without the mark.
    /// </summary>
    /// <param name="entry">Any entry.</param>
    public async Task<FileRecord> UnmarkAsync(FileRecord entry, CancellationToken cancellationToken = default)
    {
        if (entry is not { Type: FileType.Folder, IsSymbolic: true, IsRoot: false })
            return entry;
        var names = RowRange.Prefix(FileKeys.Folder(entry.Id), FileKeys.NamePrefix);
        return (await layout.Files.QueryPageAsync(names, 1, null, cancellationToken)).Rows.Count == 0
            ? entry
            : await updates.UpdateAsync(entry, folder => folder with { Metadata = MetadataKeys.WithoutShortcut(folder.Metadata) }, cancellationToken);
    }
}

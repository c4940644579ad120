using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Shortcuts;

/// <summary>
/// Folders with the mark of a shortcut that are not shortcuts: earlier releases let clients set it on any folder, which hid its content. A
/// shortcut is empty, so a folder that is not empty loses the mark once it is read or listed.
/// </summary>
internal static class MarkedFolders
{
    /// <summary>One transaction for a shortcut, three for another folder, none for an entry without the mark.</summary>
    public static async Task<FileRecord> UnmarkAsync(StorageLayout layout, FileTree tree, FileRecord entry, CancellationToken cancellationToken)
    {
        if (entry is not { Type: FileType.Folder, IsSymbolic: true, IsRoot: false })
            return entry;
        var names = RowRange.Prefix(FileKeys.Folder(entry.Id), FileKeys.NamePrefix);
        return (await layout.Files.QueryPageAsync(names, 1, null, cancellationToken)).Rows.Count == 0
            ? entry
            : await tree.UpdateAsync(entry, folder => folder with { Metadata = MetadataKeys.WithoutShortcut(folder.Metadata) }, cancellationToken);
    }
}

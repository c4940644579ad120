using System.Globalization;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Drive.Listing;

/// <summary>Orders entries: folders first, then by the requested property, then by id.</summary>
internal sealed class EntryComparer(FileOrder order, bool descending) : IComparer<FileRecord>
{
    public int Compare(FileRecord? x, FileRecord? y) => Compare(x!.Type, KeyOf(x, order), x.Id, y!.Type, KeyOf(y, order), y.Id);

    /// <summary>Checks whether an entry comes after the last one of a page.</summary>
    public bool IsBehind(FileRecord entry, SortedToken last) =>
        Compare(entry.Type, KeyOf(entry, order), entry.Id, last.Type, last.Key, last.Id) > 0;

    /// <summary>The property that entries are ordered by, as text that orders the same way.</summary>
    public static string KeyOf(FileRecord entry, FileOrder order) => order switch
    {
        // By key, as the rows are ordered: numbered pages show the same order as others.
        FileOrder.Name => FileKeys.Escape(entry.Name),
        FileOrder.Size => entry.Size.ToString("x16", CultureInfo.InvariantCulture),
        FileOrder.UpdatedAt => entry.UpdatedAt.UtcTicks.ToString("x16", CultureInfo.InvariantCulture),
        _ => "",
    };

    private int Compare(FileType xType, string xKey, long xId, FileType yType, string yKey, long yId)
    {
        if (xType != yType)
            return xType == FileType.Folder ? -1 : 1;
        var result = string.CompareOrdinal(xKey, yKey);
        if (result == 0)
            result = xId.CompareTo(yId);
        return descending ? -result : result;
    }
}

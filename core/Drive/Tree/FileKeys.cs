using System.Globalization;
using System.Text;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>Keys of the file tree's rows (docs/architecture.md, Metadata).</summary>
internal static class FileKeys
{
    /// <summary>The row that a folder's partition has while the folder exists; every insert into the folder merges it.</summary>
    public const string Header = "!";

    /// <summary>Guards of names: one row for every entry of the folder.</summary>
    public const string NamePrefix = "n|";

    /// <summary>Folder entries in full, by name.</summary>
    public const string FolderPrefix = "d|";

    /// <summary>Folder entries in full, by id, which is the order of creation.</summary>
    public const string FolderIdPrefix = "D|";

    /// <summary>File entries in full, by id, which is the order of creation.</summary>
    public const string FileIdPrefix = "F|";

    /// <summary>
    /// The start of the blocks of ids that each belong to the folders of one drive. The partitions of such a block are adjacent, so that one
    /// request reads many small folders. Roots, and folders from before there were such blocks, have smaller ids.
    /// </summary>
    public const long FirstFolderBlock = (1L << 44) / IdsPerBlock;

    /// <summary>Number of ids in a block.</summary>
    public const int IdsPerBlock = 1000;

    private const int SpreadLength = 16;

    /// <summary>Partition of a folder's entries.</summary>
    public static string Folder(long folderId) => IsInFolderBlock(folderId)
        ? IdBlock(folderId) + (folderId % IdsPerBlock).ToString("x3", CultureInfo.InvariantCulture)
        : Spread(folderId);

    /// <summary>The folder of a partition that <see cref="Folder"/> made.</summary>
    public static long ParseFolder(string partition)
    {
        var block = unchecked((long)Reverse(ulong.Parse(partition.AsSpan(0, SpreadLength), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)));
        return partition.Length == SpreadLength
            ? block
            : (block * IdsPerBlock) + long.Parse(partition.AsSpan(SpreadLength), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    /// <summary>Checks whether the partitions of two folders are in one run that holds only folders of their drive.</summary>
    public static bool AreNeighbours(long folderId, long otherId) =>
        IsInFolderBlock(folderId) && IsInFolderBlock(otherId) && folderId / IdsPerBlock == otherId / IdsPerBlock;

    private static bool IsInFolderBlock(long folderId) => folderId >= FirstFolderBlock * IdsPerBlock;

    /// <summary>Partition of a block of 1,000 ids, so that bulk work fills batches.</summary>
    public static string IdBlock(long id) => Spread(id / IdsPerBlock);

    /// <summary>Row key of an id within its block; ordered like the id.</summary>
    public static string Id(long id) => id.ToString("x14", CultureInfo.InvariantCulture);

    /// <summary>The id behind a row key that <see cref="Id"/> made.</summary>
    public static long ParseId(string rowKey) => long.Parse(rowKey, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>The first id of the block after an id's.</summary>
    public static long NextBlock(long id) => ((id / IdsPerBlock) + 1) * IdsPerBlock;

    public static string Name(string name) => NamePrefix + Escape(name);

    public static string FolderName(string name) => FolderPrefix + Escape(name);

    public static string FolderId(long id) => FolderIdPrefix + Id(id);

    public static string FileId(long id) => FileIdPrefix + Id(id);

    /// <summary>
    /// Maps the characters that keys may not hold into U+F000 and up. Names that hold such private-use characters themselves
    /// are marked with U+F0FE, so that no two names share a key.
    /// </summary>
    public static string Escape(string name)
    {
        if (!NeedsEscape(name))
            return name;
        var key = new StringBuilder(name.Length + 4);
        foreach (var c in name)
        {
            if (c is '#' or '%' || char.IsControl(c))
                key.Append((char)(0xF000 + c));
            else if (c is >= '\uF000' and <= '\uF0FE')
                key.Append('\uF0FE').Append(c);
            else
                key.Append(c);
        }
        return key.ToString();
    }

    /// <summary>The name behind a key that <see cref="Name"/> made.</summary>
    public static string ParseName(string rowKey)
    {
        var key = rowKey.AsSpan(NamePrefix.Length);
        if (!key.ContainsAnyInRange('\uF000', '\uF0FE'))
            return key.ToString();
        var name = new StringBuilder(key.Length);
        for (var i = 0; i < key.Length; i++)
        {
            if (key[i] == '\uF0FE' && i + 1 < key.Length)
                name.Append(key[++i]);
            else if (key[i] is >= '\uF000' and < '\uF0FE')
                name.Append((char)(key[i] - 0xF000));
            else
                name.Append(key[i]);
        }
        return name.ToString();
    }

    /// <summary>Reverses the bits, so that consecutive ids do not make one hot range of partitions.</summary>
    private static string Spread(long id) =>
        // Roots and trashes have negative ids: their bits count, not their value.
        Reverse(unchecked((ulong)id)).ToString("x16", CultureInfo.InvariantCulture);

    private static ulong Reverse(ulong bits)
    {
        ulong reversed = 0;
        for (var i = 0; i < 64; i++)
        {
            reversed = (reversed << 1) | (bits & 1);
            bits >>= 1;
        }
        return reversed;
    }

    private static bool NeedsEscape(string name)
    {
        foreach (var c in name)
        {
            if (c is '#' or '%' or (>= '\uF000' and <= '\uF0FE') || char.IsControl(c))
                return true;
        }
        return false;
    }
}

using System.Text;

namespace Cloudreve.AzureStorage.Tables;

/// <summary>
/// Limits of Azure Table storage ("Understanding the Table service data model", "Performing entity group transactions").
/// The emulator accepts more than Azure does, so every write is checked here before it is sent.
/// </summary>
public static class AzureLimits
{
    /// <summary>Operations in one entity group transaction.</summary>
    public const int BatchOperations = 100;

    /// <summary>Bytes of one entity group transaction.</summary>
    public const int BatchBytes = 4 * 1024 * 1024;

    /// <summary>Bytes of one entity.</summary>
    public const int EntityBytes = 1024 * 1024;

    /// <summary>Properties of one entity, beside its keys and timestamp.</summary>
    public const int EntityProperties = 252;

    /// <summary>UTF-16 characters of a string property (64 KiB).</summary>
    public const int StringCharacters = 32 * 1024;

    /// <summary>Bytes of a binary property.</summary>
    public const int BinaryBytes = 64 * 1024;

    /// <summary>UTF-16 characters of a partition or row key.</summary>
    public const int KeyCharacters = 512;

    /// <summary>Throws for a row that Azure would refuse.</summary>
    /// <param name="row">The row to be written.</param>
    /// <returns>The row's size in bytes as Azure counts it.</returns>
    /// <exception cref="StorageException">A limit is exceeded or a key holds a forbidden character.</exception>
    public static int Check(Row row)
    {
        CheckKey(row.PartitionKey);
        CheckKey(row.RowKey);
        var size = 4 + ((row.PartitionKey.Length + row.RowKey.Length) * 2);
        var count = 0;
        foreach (var name in row.Names)
        {
            count++;
            size += 8 + (name.Length * 2) + SizeOf(name, row[name]);
        }
        if (count > EntityProperties)
            throw new StorageException($"A row has {count} properties; the limit is {EntityProperties}.");
        if (size > EntityBytes)
            throw new StorageException($"A row takes {size} bytes; the limit is {EntityBytes}.");
        return size;
    }

    /// <summary>Throws for a key that Azure would refuse.</summary>
    /// <param name="key">A partition or row key.</param>
    /// <exception cref="StorageException">Too long, or one of <c>/ \ # ?</c> or a control character.</exception>
    public static void CheckKey(string key)
    {
        if (key.Length > KeyCharacters)
            throw new StorageException($"A key has {key.Length} characters; the limit is {KeyCharacters}.");
        foreach (var c in key)
        {
            if (c is '/' or '\\' or '#' or '?' || char.IsControl(c))
                throw new StorageException($"A key holds the forbidden character U+{(int)c:X4}.");
        }
    }

    private static int SizeOf(string name, object? value) => value switch
    {
        string text when text.Length > StringCharacters =>
            throw new StorageException($"Property {name} has {text.Length} characters; the limit is {StringCharacters}."),
        string text => 4 + Encoding.Unicode.GetByteCount(text),
        byte[] bytes when bytes.Length > BinaryBytes =>
            throw new StorageException($"Property {name} has {bytes.Length} bytes; the limit is {BinaryBytes}."),
        byte[] bytes => 4 + bytes.Length,
        Guid => 16,
        bool => 1,
        int => 4,
        _ => 8,
    };
}

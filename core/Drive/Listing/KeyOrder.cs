using System.Buffers.Text;
using System.Text;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Drive.Listing;

/// <summary>
/// An order that row keys have. Folders and files are adjacent, so one range of rows holds a folder's
/// entries, folders first.
/// </summary>
/// <param name="Folders">Prefix of the keys of folders.</param>
/// <param name="Files">Prefix of the keys of files.</param>
/// <param name="Condition">The condition that distinguishes entries from other rows within; null when there are none.</param>
internal sealed record KeyOrder(string Folders, string Files, string? Condition)
{
    // Guards of folders are mixed with the names of files.
    private static readonly KeyOrder ByName =
        new(FileKeys.FolderPrefix, FileKeys.NamePrefix, $"{EntryColumns.Type} eq {(int)FileType.File} or RowKey lt '{FileKeys.NamePrefix}'");

    private static readonly KeyOrder ByCreation = new(FileKeys.FolderIdPrefix, FileKeys.FileIdPrefix, null);

    public static KeyOrder Of(FileOrder order) => order == FileOrder.Name ? ByName : ByCreation;

    /// <summary>All entries of a folder.</summary>
    public RowRange All(long folderId) => Between(folderId, Folders, RowRange.After(Files));

    /// <summary>Entries from one key, inclusive, to another, exclusive.</summary>
    public RowRange Between(long folderId, string from, string to) => new(FileKeys.Folder(folderId), from, to) { Condition = Condition };

    /// <summary>Checks whether a key is that of a folder in this order.</summary>
    public bool IsFolder(string key) => key.StartsWith(Folders, StringComparison.Ordinal);

    /// <summary>Prints the token of a page that ended at a row.</summary>
    /// <param name="key">The row's key.</param>
    public static string Encode(string key) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(key));

    /// <summary>The row's key that a token holds.</summary>
    /// <exception cref="CloudreveException">40001 for an invalid token, or of another order.</exception>
    public string Decode(string token)
    {
        try
        {
            var key = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token));
            if (key.Length <= AzureLimits.KeyCharacters
                && (IsFolder(key) || key.StartsWith(Files, StringComparison.Ordinal))
                && !key.AsSpan().ContainsAny("/\\#?") && !key.Any(char.IsControl))
                return key;
        }
        catch (FormatException)
        {
            // Not ours.
        }
        throw new CloudreveException(ErrorCode.BadParameter, "The page token is invalid.");
    }
}

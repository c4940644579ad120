using System.Buffers.Text;
using System.Text;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Errors;
using Cloudreve.Core.Tables;

namespace Cloudreve.Core.FileSystem;

/// <summary>What a listing is ordered by (contract, section 10). Folders always come before files.</summary>
public enum FileOrder
{
    /// <summary>By creation, which is by id.</summary>
    CreatedAt,

    /// <summary>By name, ordinally; <c>#</c>, <c>%</c> and control characters stand behind most others, as in the keys of rows.</summary>
    Name,

    /// <summary>By size.</summary>
    Size,

    /// <summary>By last change.</summary>
    UpdatedAt,
}

/// <summary>One page of a folder.</summary>
/// <param name="Entries">Folders first, then files, in the asked order.</param>
/// <param name="NextToken">Where to go on; null on the last page.</param>
public sealed record FolderPage(IReadOnlyList<FileRecord> Entries, string? NextToken);

/// <summary>Lists folders, page by page.</summary>
/// <param name="layout">Where the rows are.</param>
public sealed class FolderListing(StorageLayout layout)
{
    private readonly SortedListing _sorted = new(layout);

    /// <summary>
    /// Reads a page. Ascending by name or creation it costs two transactions at the border of folders and files, else one;
    /// other orders read the folder whole, one transaction for each 1,000 rows, and large folders are kept in that order
    /// while they do not change: further pages cost two.
    /// </summary>
    /// <param name="folderId">The folder.</param>
    /// <param name="order">What to order by.</param>
    /// <param name="descending">Whether the greatest comes first.</param>
    /// <param name="pageSize">At most how many entries, 1 to 2,000.</param>
    /// <param name="token">The token of the page before; null for the first.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="CloudreveException">40001 for a token that is not ours.</exception>
    public Task<FolderPage> ListAsync(
        long folderId, FileOrder order, bool descending, int pageSize, string? token, CancellationToken cancellationToken = default) =>
        descending || order is FileOrder.Size or FileOrder.UpdatedAt
            ? _sorted.ListAsync(folderId, order, descending, pageSize, token, cancellationToken)
            : ListKeysAsync(folderId, order, pageSize, token, cancellationToken);

    private async Task<FolderPage> ListKeysAsync(long folderId, FileOrder order, int pageSize, string? token, CancellationToken cancellationToken)
    {
        var (folders, files) = order == FileOrder.Name
            ? (FileKeys.FolderPrefix, FileKeys.NamePrefix)
            : (FileKeys.FolderIdPrefix, FileKeys.FileIdPrefix);
        var last = token is null ? null : DecodeKey(token, folders, files);
        var partition = FileKeys.Folder(folderId);
        var rows = new List<Row>(pageSize + 1);
        if (last is null || last.StartsWith(folders, StringComparison.Ordinal))
            await ReadAsync(Range(partition, folders, last), rows, pageSize + 1, cancellationToken);
        if (rows.Count <= pageSize)
        {
            var from = last is not null && last.StartsWith(files, StringComparison.Ordinal) ? last : null;
            await ReadAsync(Range(partition, files, from), rows, pageSize + 1, cancellationToken);
        }
        var more = rows.Count > pageSize;
        return new FolderPage(
            [.. rows.Take(pageSize).Select(r => FileRecord.FromRow(r, folderId))],
            more ? Encode(rows[pageSize - 1].RowKey) : null);
    }

    private static RowRange Range(string partition, string prefix, string? last)
    {
        var range = RowRange.Prefix(partition, prefix) with
        {
            // Guards of folders stand among the names of files.
            Condition = prefix == FileKeys.NamePrefix ? $"t eq {(int)FileType.File}" : null,
        };
        return last is null ? range : range.Behind(last);
    }

    private async Task ReadAsync(RowRange range, List<Row> rows, int wanted, CancellationToken cancellationToken)
    {
        string? continuation = null;
        do
        {
            var page = await layout.Files.QueryPageAsync(range, Math.Min(1000, wanted - rows.Count), continuation, cancellationToken);
            // A name that a move has claimed is not an entry yet.
            rows.AddRange(page.Rows.Where(r => r["x"] is null));
            continuation = page.ContinuationToken;
        }
        while (continuation is not null && rows.Count < wanted);
    }

    private static string Encode(string key) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(key));

    private static string DecodeKey(string token, string folders, string files)
    {
        var key = Decode(token);
        return key.Length <= AzureLimits.KeyCharacters
            && (key.StartsWith(folders, StringComparison.Ordinal) || key.StartsWith(files, StringComparison.Ordinal))
            && !key.AsSpan().ContainsAny("/\\#?") && !key.Any(char.IsControl)
            ? key
            : throw BadToken();
    }

    private static string Decode(string token)
    {
        try
        {
            return Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token));
        }
        catch (FormatException)
        {
            throw BadToken();
        }
    }

    private static CloudreveException BadToken() => new(ErrorCode.BadParameter, "The page token is invalid.");
}

using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Errors;
using Cloudreve.Core.Tables;

namespace Cloudreve.Core.FileSystem;

/// <summary>
/// Lists a folder in an order that no row key has. The first page reads the folder whole; when it holds more than one
/// request can bring, the sorted entries are kept in a blob, from which the following pages read their part as long as the
/// folder's header has not changed. Every change to a folder's entries changes its header.
/// </summary>
internal sealed class SortedListing(StorageLayout layout)
{
    private const int RowsPerRequest = 1000;

    // A line of a usual name takes some 200 bytes; one request should bring a whole page.
    private const int BytesPerEntry = 512;

    public async Task<FolderPage> ListAsync(
        long folderId, FileOrder order, bool descending, int pageSize, string? token, CancellationToken cancellationToken)
    {
        var last = token is null ? null : SortedToken.Decode(token, order, descending);
        if (last?.SnapshotETag is not null && await ReadSnapshotAsync(folderId, last, order, descending, pageSize, cancellationToken) is { } page)
            return page;
        return await ReadFolderAsync(folderId, last, order, descending, pageSize, cancellationToken);
    }

    /// <summary>Reads and sorts the folder: one transaction for each 1,000 entries, one more to keep a large one.</summary>
    private async Task<FolderPage> ReadFolderAsync(
        long folderId, SortedToken? last, FileOrder order, bool descending, int pageSize, CancellationToken cancellationToken)
    {
        // Header, folders by id and files by id stand one behind the other.
        var range = new RowRange(FileKeys.Folder(folderId), FileKeys.Header, RowRange.After(FileKeys.FileIdPrefix));
        var version = "";
        var entries = new List<FileRecord>();
        await foreach (var row in layout.Files.QueryAsync(range, cancellationToken))
        {
            if (row.RowKey == FileKeys.Header)
                version = row.ETag;
            else
                entries.Add(FileRecord.FromRow(row, folderId));
        }
        var comparer = new EntryComparer(order, descending);
        entries.Sort(comparer);
        var start = last is null ? 0 : entries.FindIndex(e => comparer.IsBehind(e, last));
        var page = start < 0 ? [] : entries.Skip(start).Take(pageSize).ToList();
        if (start < 0 || start + page.Count == entries.Count)
            return new FolderPage(page, null);
        var next = SortedToken.Of(page[^1], order, descending);
        if (entries.Count >= RowsPerRequest)
            next = await KeepAsync(folderId, next, version, entries, start + page.Count, cancellationToken);
        return new FolderPage(page, next.Encode());
    }

    private async Task<SortedToken> KeepAsync(
        long folderId, SortedToken next, string version, List<FileRecord> entries, int position, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream();
        var offset = 0L;
        for (var i = 0; i < entries.Count; i++)
        {
            if (i == position)
                offset = content.Length;
            await JsonSerializer.SerializeAsync(content, entries[i], SnapshotJson.Default.FileRecord, cancellationToken);
            content.WriteByte((byte)'\n');
        }
        var etag = await WriteAsync(NameOf(folderId, next), BinaryData.FromBytes(content.GetBuffer().AsMemory(0, (int)content.Length)), cancellationToken);
        return next with { FolderETag = version, SnapshotETag = etag, Offset = offset };
    }

    private async Task<string> WriteAsync(string name, BinaryData content, CancellationToken cancellationToken)
    {
        try
        {
            return await Container.WriteAsync(name, content, cancellationToken: cancellationToken);
        }
        catch (StorageNotFoundException)
        {
            await Container.CreateIfNotExistsAsync(cancellationToken);
            return await Container.WriteAsync(name, content, cancellationToken: cancellationToken);
        }
    }

    /// <summary>Reads a page of a kept order: two transactions; null when the folder or the blob has changed.</summary>
    private async Task<FolderPage?> ReadSnapshotAsync(
        long folderId, SortedToken last, FileOrder order, bool descending, int pageSize, CancellationToken cancellationToken)
    {
        var header = await layout.Files.FindAsync(FileKeys.Folder(folderId), FileKeys.Header, cancellationToken);
        if (header is null || header.ETag != last.FolderETag)
            return null;
        var entries = new List<FileRecord>();
        var offset = last.Offset;
        var total = offset + 1;
        while (entries.Count < pageSize && offset < total)
        {
            var wanted = Math.Max(BytesPerEntry * (pageSize - entries.Count), BytesPerEntry * 64);
            if (await ReadLinesAsync(NameOf(folderId, last), last.SnapshotETag!, offset, wanted, pageSize - entries.Count, cancellationToken) is not { } part)
                return null;
            entries.AddRange(part.Entries.Select(e => e with { ParentId = folderId }));
            (offset, total) = (offset + part.Bytes, part.Total);
        }
        var next = SortedToken.Of(entries[^1], order, descending) with
        {
            FolderETag = last.FolderETag,
            SnapshotETag = last.SnapshotETag,
            Offset = offset,
        };
        return new FolderPage(entries, offset < total ? next.Encode() : null);
    }

    private async Task<(List<FileRecord> Entries, long Bytes, long Total)?> ReadLinesAsync(
        string name, string etag, long offset, int wanted, int take, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var blob = await Container.OpenReadAsync(name, offset, wanted, etag, cancellationToken);
                await using var content = blob.Content;
                var bytes = new byte[blob.Length];
                await content.ReadExactlyAsync(bytes, cancellationToken);
                var (entries, read) = ParseLines(bytes, take);
                if (entries.Count > 0)
                    return (entries, read, blob.TotalSize);
            }
            catch (StorageException e) when (e is StorageNotFoundException or StorageChangedException)
            {
                return null;
            }
            // One entry with much metadata does not fit.
            wanted *= 4;
        }
    }

    private static (List<FileRecord> Entries, int Bytes) ParseLines(ReadOnlySpan<byte> bytes, int take)
    {
        var entries = new List<FileRecord>();
        var read = 0;
        while (entries.Count < take && bytes[read..].IndexOf((byte)'\n') is >= 0 and var end)
        {
            entries.Add(JsonSerializer.Deserialize(bytes.Slice(read, end), SnapshotJson.Default.FileRecord)!);
            read += end + 1;
        }
        return (entries, read);
    }

    private BlobContainer Container => layout.Container(layout.SnapshotsContainerName);

    private static string NameOf(long folderId, SortedToken token) => $"{FileKeys.Folder(folderId)}/{token.Order}{(token.Descending ? "-desc" : "")}";
}

/// <summary>Orders entries: folders first, then by the asked property, then by id.</summary>
internal sealed class EntryComparer(FileOrder order, bool descending) : IComparer<FileRecord>
{
    public int Compare(FileRecord? x, FileRecord? y) => Compare(x!.Type, KeyOf(x, order), x.Id, y!.Type, KeyOf(y, order), y.Id);

    /// <summary>Whether an entry comes behind the last one of a page.</summary>
    public bool IsBehind(FileRecord entry, SortedToken last) =>
        Compare(entry.Type, KeyOf(entry, order), entry.Id, last.Type, last.Key, last.Id) > 0;

    /// <summary>The property that entries are ordered by, as text that orders the same way.</summary>
    public static string KeyOf(FileRecord entry, FileOrder order) => order switch
    {
        // By key, as the rows are ordered: descending is the exact reverse of ascending.
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

/// <summary>Where a page ended: the last entry's place in the order, and where a kept order goes on.</summary>
internal sealed record SortedToken(FileOrder Order, bool Descending, FileType Type, string Key, long Id)
{
    /// <summary>The folder's version that the kept order was made of; null when none is kept.</summary>
    public string? FolderETag { get; init; }

    /// <summary>The version of the blob that keeps the order; null when none does.</summary>
    public string? SnapshotETag { get; init; }

    /// <summary>Where the next entry starts in that blob.</summary>
    public long Offset { get; init; }

    public static SortedToken Of(FileRecord last, FileOrder order, bool descending) =>
        new(order, descending, last.Type, EntryComparer.KeyOf(last, order), last.Id);

    public string Encode() => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(this, SnapshotJson.Default.SortedToken));

    /// <exception cref="CloudreveException">40001 for a token that is not ours, or of another order.</exception>
    public static SortedToken Decode(string text, FileOrder order, bool descending)
    {
        try
        {
            var token = JsonSerializer.Deserialize(Base64Url.DecodeFromChars(text), SnapshotJson.Default.SortedToken);
            if (token is { Key: not null, Offset: >= 0 } && token.Order == order && token.Descending == descending && IsETag(token.SnapshotETag))
                return token;
        }
        catch (Exception e) when (e is FormatException or JsonException or DecoderFallbackException)
        {
            // Not ours.
        }
        throw new CloudreveException(ErrorCode.BadParameter, "The page token is invalid.");
    }

    // It goes into a header of a request.
    private static bool IsETag(string? text) => text is null || (text.Length <= 64 && text.All(c => c is > ' ' and < '\u007f'));
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(FileRecord))]
[JsonSerializable(typeof(SortedToken))]
internal sealed partial class SnapshotJson : JsonSerializerContext;

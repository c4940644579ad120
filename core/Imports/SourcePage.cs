using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Imports;

/// <summary>A file or folder of the source that may be imported.</summary>
/// <param name="Item">The listing page that it is on.</param>
/// <param name="Name">Its name in its folder.</param>
/// <param name="Blob">The blob; null for a folder.</param>
internal sealed record SourceEntry(FrontierItem Item, string Name, BlobItem? Blob)
{
    public FileType Type => Blob is null ? FileType.Folder : FileType.File;

    public string Path => Blob?.Name ?? Item.Prefix + Name + "/";
}

/// <summary>One page of the source, sorted into items that can be imported and items that cannot.</summary>
/// <param name="Entries">The entries that can be imported.</param>
/// <param name="Failures">The entries that cannot, with reasons.</param>
/// <param name="Indexed">Number of blobs and folders that were seen.</param>
/// <param name="Next">The page that follows; null when it was the folder's last.</param>
internal sealed record SourcePage(IReadOnlyList<SourceEntry> Entries, IReadOnlyList<ImportFailure> Failures, int Indexed, FrontierItem? Next)
{
    /// <summary>True if the listing failed, which took some time to discover.</summary>
    public bool IsUnreadable { get; init; }

    /// <summary>For a mirror: every name of the page, also of what cannot be imported.</summary>
    public IReadOnlySet<string> Names { get; init; } = new HashSet<string>();

    /// <summary>The name up to which the drive's folder is compared with this page and those before; null for none.</summary>
    public string? Last { get; init; }
}

/// <summary>Reads the source of an import: the hierarchical listing of a container, converted to names that a drive allows.</summary>
/// <param name="container">The policy's container.</param>
/// <param name="rules">The rules of the policy.</param>
/// <param name="own">The areas of the product's own blobs, which are never imported.</param>
/// <param name="job">The requested job.</param>
internal sealed class SourceReader(BlobContainer container, FileRules rules, OwnAreas own, ImportJob job)
{
    private const string TooDeep = "The path is deeper than the drive allows.";

    private const int PageSize = 5000;
    private const int MaxTries = 3;
    private const string Unreadable = "The folder cannot be listed. A name in it may contain characters that the storage service does not support.";
    private const string UnreadableRest =
        "The rest of the folder cannot be listed. A name in it may contain characters that the storage service does not support.";

    public async Task<SourcePage> ReadAsync(FrontierItem item, CancellationToken cancellationToken)
    {
        if (item.IsRest)
            return new SourcePage([], [], 0, null);
        if (await ListAsync(item.Prefix, "/", PageSize, item.Token, cancellationToken) is not { } page)
            return Refuse(item);
        var folders = new SortedSet<string>(StringComparer.Ordinal);
        var failures = new List<ImportFailure>();
        var isTooDeep = DepthOf(item) > FilePath.MaxDepth;
        foreach (var prefix in page.Prefixes.Where(p => p != item.LastPrefix && !own.Holds(p)))
            AddFolder(folders, failures, prefix, prefix[item.Prefix.Length..^1], isTooDeep);
        foreach (var marker in page.Blobs.Where(b => b.IsDirectoryMarker && !own.Holds(b.Name + "/") && b.Name.Length > item.Prefix.Length && !b.Name.EndsWith('/')))
            AddFolder(folders, failures, marker.Name + "/", marker.Name[item.Prefix.Length..], isTooDeep);
        var entries = new List<SourceEntry>();
        if (job.Recursive)
            entries.AddRange(folders.Select(name => new SourceEntry(item, name, null)));
        var indexed = job.Recursive ? entries.Count : 0;
        foreach (var blob in page.Blobs.Where(b => !IsMarker(b, item.Prefix) && !own.Holds(b.Name)))
        {
            indexed++;
            var name = blob.Name[item.Prefix.Length..];
            if (await IsFolderTooAsync(blob, name, folders, page, cancellationToken))
                failures.Add(new ImportFailure(blob.Name, "A folder with the same name exists next to the blob."));
            else if (isTooDeep)
                failures.Add(new ImportFailure(blob.Name, TooDeep));
            else if (rules.Refuse(name, blob) is { } reason)
                failures.Add(new ImportFailure(blob.Name, reason));
            else
                entries.Add(new SourceEntry(item, name, blob));
        }
        var names = job.IsMirror ? NamesOf(page, item.Prefix) : [];
        var last = LastOf(names.Max(StringComparer.Ordinal), item.After);
        var next = page.ContinuationToken is null
            ? null
            : item with
            {
                Key = "",
                Token = page.ContinuationToken,
                Page = item.Page + 1,
                LastPrefix = page.Prefixes.Count > 0 ? page.Prefixes[^1] : item.LastPrefix,
                After = last,
            };
        return new SourcePage(entries, job.Recursive ? failures : [.. failures.Where(f => !f.Path.EndsWith('/'))], indexed, next) { Names = names, Last = last };
    }

    /// <summary>The later of two names in the order of the drive's rows, so that no page goes back behind the one before.</summary>
    private static string? LastOf(string? name, string? after) =>
        name is null || (after is not null && string.CompareOrdinal(FileKeys.Name(after), FileKeys.Name(name)) > 0) ? after : name;

    private static HashSet<string> NamesOf(BlobPage page, string prefix) =>
        [.. page.Blobs.Select(b => b.Name[prefix.Length..]), .. page.Prefixes.Select(p => p[prefix.Length..^1])];

    /// <summary>Checks whether a folder of the source is one that is never imported.</summary>
    public bool IsOwn(string prefix) => own.Holds(prefix);

    /// <summary>The container of the blobs.</summary>
    public BlobContainer Container => container;

    /// <summary>Checks whether a blob exists: one transaction.</summary>
    public async Task<bool> ExistsAsync(string name, CancellationToken cancellationToken) => await container.FindAsync(name, cancellationToken) is not null;

    private static SourcePage Refuse(FrontierItem item)
    {
        var failure = new ImportFailure(item.Prefix.Length == 0 ? "/" : item.Prefix, item.Token is null ? Unreadable : UnreadableRest);
        return new SourcePage([], [failure], 0, null) { IsUnreadable = true };
    }

    /// <summary>A fingerprint of entries: equal only when a repetition sees the same names, sizes and versions in the same order.</summary>
    public static string Digest(IEnumerable<SourceEntry> entries)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> number = stackalloc byte[8];
        foreach (var entry in entries)
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, entry.Item.FolderId);
            hash.AppendData(number);
            hash.AppendData(Encoding.UTF8.GetBytes($"{(int)entry.Type}{entry.Name}\n{entry.Blob?.Size}\n{entry.Blob?.ETag}\n"));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>A page of a listing; null when it cannot be read, now or later.</summary>
    private async Task<BlobPage?> ListAsync(string prefix, string? delimiter, int take, string? token, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            try
            {
                return await container.ListPageAsync(prefix, delimiter, take, token, cancellationToken);
            }
            catch (StorageUnreadableException)
            {
                return null;
            }
            catch (StorageNotFoundException e)
            {
                throw new CloudreveException(ErrorCode.PolicyNotAllowed, "The storage policy's container does not exist.", e);
            }
            catch (StorageUnavailableException)
            {
                // The service responds in the same way when it is unavailable and when it cannot read a name; in the second case it lists
                // everything but this name.
                await container.ListPageAsync($"{Guid.NewGuid():N}/", "/", 1, null, cancellationToken);
            }
        }
        return null;
    }

    /// <summary>The depth in the drive of the entries of a page.</summary>
    public int DepthOf(FrontierItem item) =>
        FilePath.ParsePlain(job.Destination).Depth + item.Prefix.Count(c => c == '/') - job.Source.Count(c => c == '/') + 1;

    private static void AddFolder(SortedSet<string> folders, List<ImportFailure> failures, string prefix, string name, bool isTooDeep)
    {
        if (!FilePath.IsValidName(name))
            failures.Add(new ImportFailure(prefix, name.Length == 0 ? "A path segment is empty." : "The folder's name is not allowed."));
        else if (isTooDeep)
            failures.Add(new ImportFailure(prefix, TooDeep));
        else
            folders.Add(name);
    }

    // A folder's own marker: "a/" lists itself below the prefix "a/", and accounts with a hierarchical namespace list "a" as well.
    private static bool IsMarker(BlobItem blob, string prefix) =>
        blob.IsDirectoryMarker || (blob.Size == 0 && blob.Name == prefix);

    /// <summary>
    /// Checks whether a virtual folder of the blob's name exists. It sorts after the blob, possibly on the next page: that is only possible when
    /// the page's last entry starts with the blob's name.
    /// </summary>
    private async Task<bool> IsFolderTooAsync(
        BlobItem blob, string name, SortedSet<string> folders, BlobPage page, CancellationToken cancellationToken)
    {
        if (!job.Recursive)
            return false;
        if (folders.Contains(name))
            return true;
        if (page.ContinuationToken is null)
            return false;
        var lastBlob = page.Blobs.Count > 0 ? page.Blobs[^1].Name : "";
        var lastPrefix = page.Prefixes.Count > 0 ? page.Prefixes[^1] : "";
        if (!lastBlob.StartsWith(blob.Name, StringComparison.Ordinal) && !lastPrefix.StartsWith(blob.Name, StringComparison.Ordinal))
            return false;
        // A folder that cannot be listed is not empty.
        return await ListAsync(blob.Name + "/", null, 1, null, cancellationToken) is not { Blobs.Count: 0 };
    }
}

using Cloudreve.AzureStorage;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Reads;

namespace Cloudreve.Core.Content.Archives.Listing;

/// <summary>Lists zip and 7z archives by reading their directories alone; listings are kept for an hour.</summary>
/// <param name="reader">Reads their blobs.</param>
/// <param name="clock">Determines the age of what is kept.</param>
public sealed class ArchiveListing(EntityReader reader, TimeProvider clock)
{
    private const long KeptBytes = 64 * 1024 * 1024;

    // Memory of an entry beside the characters of its name.
    private const int EntryBytes = 96;

    // A directory and its listing may take 130 MB.
    private const int AtOnce = 4;

    private static readonly TimeSpan Age = TimeSpan.FromHours(1);

    // Blobs never change, so a listing remains valid.
    private readonly BoundedCache<(long EntityId, string Encoding), IReadOnlyList<ArchivedFile>> _known = new(KeptBytes, clock);
    private readonly HeavyReads _turns = new(AtOnce);

    /// <summary>Lists an archive: two to four transactions, none when it is known. A process lists a few at a time.</summary>
    /// <param name="accountId">The caller; for anonymous callers the negative id of the archive's owner.</param>
    /// <param name="archive">The archive's blob.</param>
    /// <param name="encoding">The encoding of names in a zip that does not specify it; null to guess.</param>
    /// <exception cref="CloudreveException">403 for a file that is not such an archive, 40001 for an unknown encoding, 40049 for too many
    /// entries, 40077 without the blob.</exception>
    public async Task<IReadOnlyList<ArchivedFile>> ListAsync(
        long accountId, EntityRecord archive, string? encoding, CancellationToken cancellationToken = default)
    {
        var names = NameEncoding.Of(encoding);
        var key = (archive.Id, encoding ?? "");
        if (_known.Find(key) is { } known)
            return known;
        return await _turns.RunAsync(accountId, ListInTurnAsync, cancellationToken);

        async Task<IReadOnlyList<ArchivedFile>> ListInTurnAsync()
        {
            // The previous caller may have listed the same archive.
            if (_known.Find(key) is { } listed)
                return listed;
            var files = await ReadAsync(archive, names, cancellationToken);
            _known.Keep(key, files, clock.GetUtcNow() + Age, files.Sum(file => EntryBytes + (2L * file.Name.Length)) + EntryBytes);
            return files;
        }
    }

    private async Task<IReadOnlyList<ArchivedFile>> ReadAsync(EntityRecord archive, NameEncoding names, CancellationToken cancellationToken)
    {
        try
        {
            var head = await ReadPartAsync(0, (int)Math.Min(SevenZipDirectory.SignatureBytes, archive.Size), cancellationToken);
            var work = DirectoryLimits.Work(cancellationToken);
            return SevenZipDirectory.IsArchive(head)
                ? await SevenZipDirectory.ReadAsync(head, ReadPartAsync, archive.Size, work, cancellationToken)
                : await ZipDirectory.ReadAsync(ReadPartAsync, archive.Size, names, work, cancellationToken);
        }
        catch (StorageNotFoundException e)
        {
            throw new CloudreveException(ErrorCode.BlobNotFound, "The archive's content does not exist.", e);
        }
        catch (Exception e) when (e is EndOfStreamException or OverflowException)
        {
            throw DirectoryLimits.NotListable(e);
        }

        async Task<byte[]> ReadPartAsync(long offset, int length, CancellationToken token)
        {
            if (length == 0)
                return [];
            var blob = await reader.OpenAsync(archive, offset, length, token);
            await using var content = blob.Content;
            var bytes = new byte[length];
            await content.ReadExactlyAsync(bytes, token);
            return bytes;
        }
    }
}

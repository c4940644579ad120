using Cloudreve.AzureStorage;
using Cloudreve.Core.Caching;
using Cloudreve.Core.Entities;
using Cloudreve.Core.Errors;

namespace Cloudreve.Core.Archives.Listing;

/// <summary>Lists zip and 7z archives by reading their directories alone; listings are kept for an hour.</summary>
/// <param name="reader">Reads their blobs.</param>
/// <param name="clock">Tells the age of what is kept.</param>
public sealed class ArchiveListing(EntityReader reader, TimeProvider clock)
{
    private const int KeptEntries = 200_000;
    private static readonly TimeSpan Age = TimeSpan.FromHours(1);

    // Blobs never change, so what was read once holds.
    private readonly BoundedCache<(long EntityId, string Encoding), IReadOnlyList<ArchivedFile>> _known = new(KeptEntries, clock);

    /// <summary>Lists an archive: two to four transactions, none when it is known.</summary>
    /// <param name="archive">The archive's blob.</param>
    /// <param name="encoding">How names of a zip are encoded that does not say so; null to guess.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    /// <exception cref="CloudreveException">403 for what is no such archive, 40001 for an unknown encoding, 40049 for too many entries, 40077 without the blob.</exception>
    public async Task<IReadOnlyList<ArchivedFile>> ListAsync(EntityRecord archive, string? encoding, CancellationToken cancellationToken = default)
    {
        var names = NameEncoding.Of(encoding);
        var key = (archive.Id, encoding ?? "");
        if (_known.Find(key) is { } known)
            return known;
        var files = await ReadAsync(archive, names, cancellationToken);
        _known.Keep(key, files, clock.GetUtcNow() + Age, files.Count + 1);
        return files;
    }

    private async Task<IReadOnlyList<ArchivedFile>> ReadAsync(EntityRecord archive, NameEncoding names, CancellationToken cancellationToken)
    {
        try
        {
            var head = await ReadPartAsync(0, (int)Math.Min(SevenZipDirectory.SignatureBytes, archive.Size), cancellationToken);
            return SevenZipDirectory.IsArchive(head)
                ? await SevenZipDirectory.ReadAsync(head, ReadPartAsync, archive.Size, cancellationToken)
                : await ZipDirectory.ReadAsync(ReadPartAsync, archive.Size, names, cancellationToken);
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

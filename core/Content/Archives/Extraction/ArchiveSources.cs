using Cloudreve.AzureStorage;
using Cloudreve.Core.Content.Archives.Extraction.Formats;
using Cloudreve.Core.Content.Archives.Listing;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Infrastructure.Errors;
using SharpCompress.Compressors.BZip2;
using SharpCompress.Compressors.ZStandard;

namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>An archive that is to be extracted.</summary>
/// <param name="Entity">Its blob.</param>
/// <param name="Name">Its name.</param>
/// <param name="UpdatedAt">The time it last changed.</param>
internal sealed record ArchiveFile(EntityRecord Entity, string Name, DateTimeOffset UpdatedAt)
{
    /// <summary>Its format; unknown until somebody looked, and for a zip.</summary>
    public ArchiveFormat Format { get; init; }
}

/// <summary>Opens archives of all formats (contract, section 19.2).</summary>
/// <param name="reader">Reads blobs.</param>
/// <param name="clock">Measures how long it takes to find a place.</param>
internal sealed class ArchiveSources(EntityReader reader, TimeProvider clock)
{
    private readonly SemaphoreSlim _zipDecoders = new(UnpackLimits.DecodersAtOnce);

    /// <summary>Finds out the format, by content: one transaction.</summary>
    public async Task<ArchiveFormat> FindFormatAsync(ArchiveFile archive, CancellationToken cancellationToken) =>
        ArchiveFormats.Of(await ReadHeadAsync(archive, cancellationToken));

    /// <summary>Checks whether an archive can be extracted, as far as its start or its directory tell: one to five transactions.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="names">Decodes names.</param>
    /// <param name="password">The password; empty for none.</param>
    /// <exception cref="CloudreveException">40056 for a file that is no archive or damaged, 40049 for too many entries, 40077 without the blob.</exception>
    public async Task CheckAsync(ArchiveFile archive, NameEncoding names, string password, CancellationToken cancellationToken)
    {
        switch (await FindFormatAsync(archive, cancellationToken))
        {
            case ArchiveFormat.Unknown:
                await new ZipSource(reader, archive.Entity, _zipDecoders).ListAsync(names, cancellationToken);
                break;
            case ArchiveFormat.SevenZip:
                await ReadSevenZipAsync(archive, password, cancellationToken);
                break;
            default:
                break;
        }
    }

    /// <summary>Opens an archive's wanted entries.</summary>
    /// <param name="archive">The archive, with its format.</param>
    /// <param name="names">Decodes names.</param>
    /// <param name="mask">The requested entries; empty for all.</param>
    /// <param name="place">The place to continue from.</param>
    /// <param name="findPasswordAsync">Finds the password; empty for none.</param>
    public async Task<EntrySource> OpenAsync(
        ArchiveFile archive, NameEncoding names, IReadOnlyCollection<string> mask, EntryPlace place, Func<Task<string>> findPasswordAsync,
        CancellationToken cancellationToken)
    {
        var format = archive.Format;
        if (format == ArchiveFormat.Unknown)
        {
            var zip = new ZipSource(reader, archive.Entity, _zipDecoders);
            var wanted = (await zip.ListAsync(names, cancellationToken)).Where(member => EntryPaths.IsWanted(member.File.Name, mask)).ToList();
            return new ZipEntrySource(zip, wanted, place.Next, wanted.Exists(member => member.IsEncrypted) ? await findPasswordAsync() : "");
        }
        var password = format is ArchiveFormat.SevenZip or ArchiveFormat.Rar4 or ArchiveFormat.Rar5 ? await findPasswordAsync() : "";
        var contents = format == ArchiveFormat.SevenZip ? await ReadSevenZipAsync(archive, password, cancellationToken) : SevenZipContents.None;
        var source = new SequentialSource(Open, place, mask, clock);
        await source.OpenAsync(cancellationToken);
        return source;

        PackedEntries Open(EntryPlace at)
        {
            var blob = new BlobRangeStream(
                async (position, token) => (await reader.OpenAsync(archive.Entity, position, null, token)).Content, archive.Entity.Size, cancellationToken);
            try
            {
                return format switch
                {
                    ArchiveFormat.SevenZip => new SevenZipEntries(blob, contents, at.Next, password),
                    ArchiveFormat.Rar4 or ArchiveFormat.Rar5 => new RarEntries(blob, format == ArchiveFormat.Rar4, at.Next, password, names),
                    ArchiveFormat.Tar => OpenTar(blob, at.Position, names),
                    _ => OpenCompressed(new UnpackedContent(Unpack(blob, format), archive.Entity.Size), archive, at, names),
                };
            }
            catch
            {
                blob.Dispose();
                throw;
            }
        }
    }

    private static TarEntries OpenTar(BlobRangeStream blob, long position, NameEncoding names)
    {
        blob.Position = position;
        return new TarEntries(blob, position, names);
    }

    /// <summary>A compressed file is a tar if it begins like one.</summary>
    private static PackedEntries OpenCompressed(UnpackedContent content, ArchiveFile archive, EntryPlace place, NameEncoding names)
    {
        var head = new byte[ArchiveFormats.HeadBytes];
        head = head[..content.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        if (!TarHeader.IsHeader(head))
            return new SingleEntry(new StartedContent(head, content), ArchiveFormats.NameInside(archive.Name), archive.UpdatedAt, place.Next > 0);
        var tar = new StartedContent(head, content);
        var buffer = new byte[64 * 1024];
        for (var rest = place.Position; rest > 0;)
        {
            var read = tar.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, rest)));
            rest -= read > 0 ? read : throw new EndOfStreamException("The archive is shorter than before.");
        }
        return new TarEntries(tar, place.Position, names);
    }

    private static Stream Unpack(Stream blob, ArchiveFormat format) => format switch
    {
        ArchiveFormat.Gzip => new GzipContent(blob),
        ArchiveFormat.Bzip2 => BZip2Stream.Create(blob, SharpCompress.Compressors.CompressionMode.Decompress, decompressConcatenated: true),
        ArchiveFormat.Xz => new XzContent(blob),
        // Windows of more than 128 MiB are refused by the library itself.
        ArchiveFormat.Zstandard => new DecompressionStream(blob, leaveOpen: false),
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    private async Task<SevenZipContents> ReadSevenZipAsync(ArchiveFile archive, string password, CancellationToken cancellationToken)
    {
        try
        {
            var head = await ReadPartAsync(archive, 0, (int)Math.Min(SevenZipDirectory.SignatureBytes, archive.Entity.Size), cancellationToken);
            var contents = await SevenZipDirectory.ReadContentsAsync(
                head, (offset, length, token) => ReadPartAsync(archive, offset, length, token), archive.Entity.Size, password,
                DirectoryLimits.Work(cancellationToken), cancellationToken);
            SevenZipEntries.CheckMemory(contents);
            UnpackLimits.CheckRatio(contents.Folders.Aggregate(0L, (sum, folder) => checked(sum + folder.Size)), archive.Entity.Size);
            return contents;
        }
        catch (Exception e) when (e is EndOfStreamException or OverflowException or CloudreveException { Code: ErrorCode.NoPermission })
        {
            throw ZipSource.NotSupported(e);
        }
    }

    private async Task<byte[]> ReadHeadAsync(ArchiveFile archive, CancellationToken cancellationToken) =>
        await ReadPartAsync(archive, 0, (int)Math.Min(ArchiveFormats.HeadBytes, archive.Entity.Size), cancellationToken);

    private async Task<byte[]> ReadPartAsync(ArchiveFile archive, long offset, int length, CancellationToken cancellationToken)
    {
        if (length == 0)
            return [];
        try
        {
            var blob = await reader.OpenAsync(archive.Entity, offset, length, cancellationToken);
            await using var content = blob.Content;
            var bytes = new byte[length];
            await content.ReadExactlyAsync(bytes, cancellationToken);
            return bytes;
        }
        catch (StorageNotFoundException e)
        {
            throw new CloudreveException(ErrorCode.BlobNotFound, "The archive's content does not exist.", e);
        }
    }

    /// <summary>Content of which the start was read already.</summary>
    private sealed class StartedContent(byte[] start, Stream rest) : ForwardStream
    {
        private int _read;

        public override int Read(Span<byte> buffer)
        {
            if (_read == start.Length)
                return rest.Read(buffer);
            var count = Math.Min(buffer.Length, start.Length - _read);
            start.AsSpan(_read, count).CopyTo(buffer);
            _read += count;
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                rest.Dispose();
            base.Dispose(disposing);
        }
    }
}

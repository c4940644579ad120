using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Content.Archives.Extraction.Formats;
using Cloudreve.Core.Content.Archives.Listing;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Streams;

namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>Reads the entries of a zip in Blob storage by ranges: its directory, and then each entry by one request.</summary>
/// <param name="reader">Reads the blob.</param>
/// <param name="archive">The blob.</param>
/// <param name="turns">The places of decoders with a large memory.</param>
internal sealed class ZipSource(EntityReader reader, EntityRecord archive, SemaphoreSlim turns)
{
    private const int HeaderBytes = 30;

    // Most headers have fewer bytes of extra fields, so that one request is enough.
    private const int UsualExtra = 256;

    // Deflate gets no further.
    private const long LargestRatio = 1032;

    private const int Stored = 0;
    private const int Deflated = 8;

    /// <summary>The entries of a zip, all of which are valid: two to four transactions.</summary>
    /// <exception cref="CloudreveException">40056 for a file that is not a zip, 40049 for too many entries or content, 40077 without the blob.</exception>
    public async Task<IReadOnlyList<ZipMember>> ListAsync(NameEncoding names, CancellationToken cancellationToken)
    {
        try
        {
            var members = await ZipDirectory.ReadMembersAsync(ReadPartAsync, archive.Size, names, DirectoryLimits.Work(cancellationToken), cancellationToken);
            if (members.Sum(member => (decimal)member.PackedSize) > archive.Size)
                throw NotSupported();
            UnpackLimits.CheckRatio(members.Aggregate(0L, (sum, member) => checked(sum + member.File.Size)), archive.Size);
            return members;
        }
        catch (StorageNotFoundException e)
        {
            throw new CloudreveException(ErrorCode.BlobNotFound, "The archive's content does not exist.", e);
        }
        catch (Exception e) when (e is EndOfStreamException or OverflowException || e is CloudreveException { Code: ErrorCode.NoPermission })
        {
            throw NotSupported(e);
        }
    }

    /// <summary>The part of the zip that an entry takes, as far as the directory tells; empty for one that cannot be there.</summary>
    public (long Start, long Length) RangeOf(ZipMember member) => IsInside(member)
        ? (member.Offset, Math.Min(HeaderBytes + member.NameBytes + UsualExtra + member.PackedSize, archive.Size - member.Offset))
        : default;

    /// <summary>Opens an entry's content: one transaction, two where its header is unusually long; none for what is in memory.</summary>
    /// <param name="member">The entry.</param>
    /// <param name="password">The password of encrypted entries; empty for none.</param>
    /// <param name="spans">Parts of the zip in memory.</param>
    /// <exception cref="CloudreveException">The entry cannot be unpacked.</exception>
    public async Task<Stream> OpenAsync(ZipMember member, string password, ZipSpans spans, CancellationToken cancellationToken)
    {
        if (member.IsEncrypted && password.Length == 0)
            throw new CloudreveException(ErrorCode.WrongPassword, "It is encrypted and needs a password.");
        if (member.Method is not (Stored or Deflated) && !ZipMethods.Knows(member.Method))
            throw new CloudreveException(ErrorCode.ArchiveTypeUnsupported, "It is compressed by a method that is not supported.");
        var (offset, length) = IsPlausible(member) ? RangeOf(member) : default;
        if (length == 0)
            throw EntryContent.Damaged();
        var part = await OpenPartAsync(offset, length, spans, cancellationToken);
        try
        {
            var header = new byte[HeaderBytes];
            await part.ReadExactlyAsync(header, cancellationToken);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) != 0x04034b50)
                throw EntryContent.Damaged();
            var skipped = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(26)) + BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(28));
            var start = member.Offset + HeaderBytes + skipped;
            if (start > archive.Size - member.PackedSize)
                throw EntryContent.Damaged();
            if (HeaderBytes + skipped + member.PackedSize > length)
            {
                await part.DisposeAsync();
                part = await OpenPartAsync(start, member.PackedSize, spans, cancellationToken);
            }
            else
            {
                await part.ReadExactlyAsync(new byte[skipped], cancellationToken);
            }
            var packed = new EntryPart(part, member.PackedSize);
            var plain = member.IsEncrypted ? await DecryptAsync(member, packed, Encoding.UTF8.GetBytes(password), cancellationToken) : packed;
            return member.Method switch
            {
                Stored => new EntryContent(plain, member.File.Size, ChecksumOf(member)),
                Deflated => new EntryContent(new DeflateStream(plain, CompressionMode.Decompress), member.File.Size, ChecksumOf(member), plain),
                var method => new EntryContent(
                    await ZipDecoding.OpenAsync(method, plain, member.PackedSize - OverheadOf(member), member.File.Size, turns, cancellationToken),
                    member.File.Size, ChecksumOf(member), plain),
            };
        }
        catch
        {
            await part.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads a part of the zip: one transaction.</summary>
    public async Task<byte[]> ReadPartAsync(long offset, int length, CancellationToken cancellationToken)
    {
        if (length == 0)
            return [];
        var blob = await reader.OpenAsync(archive, offset, length, cancellationToken);
        await using var content = blob.Content;
        var bytes = new byte[length];
        await content.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    private async Task<Stream> OpenPartAsync(long offset, long length, ZipSpans spans, CancellationToken cancellationToken) =>
        spans.Find(offset, length) ?? (await reader.OpenAsync(archive, offset, length, cancellationToken)).Content;

    private bool IsInside(ZipMember member) =>
        member.Offset >= 0 && member.PackedSize >= 0 && member.Offset <= archive.Size - HeaderBytes && member.PackedSize <= archive.Size - HeaderBytes - member.Offset;

    private static uint? ChecksumOf(ZipMember member) => member.HasChecksum ? member.Checksum : null;

    private static bool IsPlausible(ZipMember member)
    {
        var packed = member.PackedSize - OverheadOf(member);
        return packed >= 0 && member.Method switch
        {
            Stored => packed == member.File.Size,
            Deflated => member.File.Size / LargestRatio <= packed,
            _ => true,
        };
    }

    /// <summary>Bytes that encryption adds.</summary>
    private static int OverheadOf(ZipMember member) => member switch
    {
        { IsEncrypted: false } => 0,
        { AesStrength: 0 } => ZipCryptoKeys.HeaderBytes,
        _ => ZipAesContent.SaltBytes(member.AesStrength) + ZipAesContent.VerifierBytes + ZipAesContent.CodeBytes,
    };

    private static async Task<ReadOnlyStream> DecryptAsync(ZipMember member, EntryPart packed, byte[] password, CancellationToken cancellationToken)
    {
        if (member.AesStrength == 0)
        {
            var keys = new ZipCryptoKeys(password);
            var header = new byte[ZipCryptoKeys.HeaderBytes];
            await packed.ReadExactlyAsync(header, cancellationToken);
            keys.Decrypt(header);
            return header[^1] == member.CheckByte ? new ZipCryptoContent(packed, keys) : throw WrongPassword();
        }
        var salt = new byte[ZipAesContent.SaltBytes(member.AesStrength)];
        await packed.ReadExactlyAsync(salt, cancellationToken);
        var verifier = new byte[ZipAesContent.VerifierBytes];
        await packed.ReadExactlyAsync(verifier, cancellationToken);
        var derived = ZipAesContent.Derive(password, salt, member.AesStrength);
        return derived.Verifier.SequenceEqual(verifier)
            ? new ZipAesContent(packed, member.PackedSize - OverheadOf(member), derived)
            : throw WrongPassword();
    }

    private static CloudreveException WrongPassword() => new(ErrorCode.WrongPassword, "The password is wrong.");

    public static CloudreveException NotSupported(Exception? inner = null) =>
        new(ErrorCode.ArchiveTypeUnsupported, "The file is not an archive that can be extracted.", inner);
}

using System.Runtime.CompilerServices;
using Cloudreve.Core.Content.Archives.Listing;
using Cloudreve.Core.Infrastructure.Errors;
using SharpCompress.Common;
using SharpCompress.Common.Rar;
using SharpCompress.Readers;
using SharpCompress.Readers.Rar;
using PlatformCryptographicException = System.Security.Cryptography.CryptographicException;

namespace Cloudreve.Core.Content.Archives.Extraction.Formats;

/// <summary>
/// The entries of a RAR, whose descriptions stand in front of them. Where they were packed one by one, those that are not wanted are passed over by
/// their length; else all in front are unpacked, too.
/// </summary>
internal sealed class RarEntries : PackedEntries
{
    // Rounds of hashing that the keys of an archive may take, some minutes of work. Every run derives them again.
    private const long MostRounds = 1L << 29;

    // RAR takes 2 to the 15th for a key.
    private const int MostRoundsOfKey = 18;

    private readonly BlobRangeStream _blob;
    private readonly IReader _reader;
    private readonly bool _isOld;
    private readonly bool _hidesNames;
    private readonly int _passwordCharacters;
    private readonly long _packed;
    private long _unpacked;
    private long _rounds;
    private byte[] _salt = [];
    private bool _hasMoved;
    private Stream? _open;

    /// <param name="blob">The archive; owned.</param>
    /// <param name="isOld">True for RAR 4.</param>
    /// <param name="next">The index of the first wanted entry.</param>
    /// <param name="password">The password; empty for none.</param>
    /// <param name="names">Decodes names that are not in Unicode.</param>
    public RarEntries(BlobRangeStream blob, bool isOld, int next, string password, NameEncoding names)
    {
        (_blob, _isOld, _passwordCharacters, _packed) = (blob, isOld, password.Length, blob.Length);
        _hidesNames = isOld && HidesNames(blob);
        _reader = RarReader.OpenReader(blob, new ReaderOptions
        {
            Password = password.Length > 0 ? password : null,
            LeaveStreamOpen = true,
            ArchiveEncoding = new ArchiveEncoding { CustomDecoder = (bytes, index, count, _) => names.Decode(bytes.AsSpan(index, count).ToArray()) },
        });
        for (var i = 0; i < next; i++)
        {
            if (!TryMove())
                throw new InvalidDataException("The archive has fewer entries than before.");
        }
    }

    public override bool AreIndependent => true;

    public override PackedEntry? Next()
    {
        _open?.Dispose();
        _open = null;
        if (!TryMove())
        {
            // The library takes the end of the file for that of the archive, which RAR 3 and later mark.
            return _blob.IsCut || (!_isOld && _blob.IsPastEnd) ? throw new EndOfStreamException("The archive ends early.") : null;
        }
        var entry = (RarEntry)_reader.Entry;
        var isFolder = entry.IsDirectory;
        var size = SizeOf(entry);
        return new PackedEntry(new ArchivedFile((entry.Key ?? "").TrimEnd('/'), size, TimeOf(entry.LastModifiedTime), isFolder))
        {
            // The library checks RAR 5 itself, and of RAR 4 what is not encrypted.
            Checksum = _isOld && entry.IsEncrypted ? (uint)entry.Crc : null,
            Refusal = entry.IsRedir || (_isOld && ((entry.Attrib ?? 0) & 0xF000) == 0xA000) ? "It is a link."
                : !isFolder && entry.IsEncrypted && _passwordCharacters == 0 ? "It is encrypted and needs a password."
                : entry.IsSplitAfter ? "It continues in another file, which is not supported."
                : size is < 0 or long.MaxValue ? "Its size is not known."
                : null,
        };
    }

    public override Stream Open() => _open = _reader.OpenEntryStream();

    public override void Dispose()
    {
        _reader.Dispose();
        _blob.Dispose();
    }

    private bool TryMove()
    {
        if (!TryMoveReader())
            return false;
        var entry = (RarEntry)_reader.Entry;
        var header = HeaderOf(entry);
        // RAR 5 says which window an entry needs, and the library allocates it; others have a fixed one.
        if (!_isOld)
            UnpackLimits.CheckMemory(WindowOf(header));
        CheckKeys(header);
        // What an earlier run has extracted counts, too.
        var size = SizeOf(entry);
        UnpackLimits.CheckRatio(_unpacked = checked(_unpacked + (size is < 0 or long.MaxValue ? 0 : size)), _packed);
        // The library opens what it passes over, and refuses to open a link.
        if (entry.IsRedir)
            IsPassed((AbstractReader<RarReaderEntry, RarVolume>)_reader) = entry.CompressedSize == 0;
        return true;
    }

    /// <summary>RAR 4 has nothing to check a password by: with a wrong one the first header behind the archive's own makes no sense.</summary>
    private bool TryMoveReader()
    {
        var hasMoved = false;
        try
        {
            hasMoved = _reader.MoveToNextEntry();
        }
        catch (Exception e) when (_hidesNames && !_hasMoved && DecoderErrors.IsOfContent(e))
        {
            throw new PlatformCryptographicException("The headers cannot be decrypted.", e);
        }
        if (!hasMoved && _hidesNames && !_hasMoved)
            throw new PlatformCryptographicException("The headers cannot be decrypted.");
        _hasMoved = true;
        return hasMoved;
    }

    /// <summary>Checks the flags of the archive's own header, which stands behind the signature, its checksum and its type.</summary>
    private static bool HidesNames(BlobRangeStream blob)
    {
        const int flagsAt = 10;
        const int encryptedHeaders = 0x80;
        if (blob.Length <= flagsAt)
            return false;
        blob.Position = flagsAt;
        var flags = blob.ReadByte();
        blob.Position = 0;
        return (flags & encryptedHeaders) != 0;
    }

    /// <summary>
    /// The library has derived the entry's key, wanted or not. It keeps keys of RAR 5; of RAR 4 it derives each, from the password and some bytes,
    /// two for each character, that it hashes nine times over.
    /// </summary>
    private void CheckKeys(object header)
    {
        if (OldSaltOf(header) is not null)
        {
            _rounds += ((2L * _passwordCharacters) + 11) << 12;
        }
        else if (EncryptionOf(header) is { } encryption && !SaltOf(encryption).AsSpan().SequenceEqual(_salt))
        {
            _salt = SaltOf(encryption);
            _rounds += RoundsOf(encryption) > MostRoundsOfKey ? MostRounds + 1 : 1L << RoundsOf(encryption);
        }
        if (_rounds > MostRounds)
            throw new ArchiveRefusedException(ErrorCode.ArchiveTypeUnsupported, "The archive's encryption takes more work than is allowed.");
    }

    private static long SizeOf(RarEntry entry) => entry.IsDirectory ? 0 : entry.Size;

    private static DateTimeOffset TimeOf(DateTime? time) => time switch
    {
        null => DateTimeOffset.UnixEpoch,
        { Kind: DateTimeKind.Local } local => new DateTimeOffset(local.ToUniversalTime().Ticks, TimeSpan.Zero),
        { } other => new DateTimeOffset(other.Ticks, TimeSpan.Zero),
    };

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_wroteCurrentEntry")]
    private static extern ref bool IsPassed(AbstractReader<RarReaderEntry, RarVolume> reader);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_FileHeader")]
    [return: UnsafeAccessorType("SharpCompress.Common.Rar.Headers.FileHeader, SharpCompress")]
    private static extern object HeaderOf(RarEntry entry);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_WindowSize")]
    private static extern uint WindowOf([UnsafeAccessorType("SharpCompress.Common.Rar.Headers.FileHeader, SharpCompress")] object header);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_R4Salt")]
    private static extern byte[]? OldSaltOf([UnsafeAccessorType("SharpCompress.Common.Rar.Headers.FileHeader, SharpCompress")] object header);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Rar5CryptoInfo")]
    [return: UnsafeAccessorType("SharpCompress.Common.Rar.Rar5CryptoInfo, SharpCompress")]
    private static extern object? EncryptionOf([UnsafeAccessorType("SharpCompress.Common.Rar.Headers.FileHeader, SharpCompress")] object header);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "LG2Count")]
    private static extern ref int RoundsOf([UnsafeAccessorType("SharpCompress.Common.Rar.Rar5CryptoInfo, SharpCompress")] object encryption);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "Salt")]
    private static extern ref byte[] SaltOf([UnsafeAccessorType("SharpCompress.Common.Rar.Rar5CryptoInfo, SharpCompress")] object encryption);
}

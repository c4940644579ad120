using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Cloudreve.Core.Infrastructure.Streams;

namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>
/// Decrypts content by WinZip's AES method (AE-1 and AE-2): counter mode with a counter that begins at one, lowest byte first, and a code after the
/// content that authenticates it.
/// </summary>
internal sealed class ZipAesContent : ReadOnlyStream
{
    /// <summary>Bytes of the code after the content.</summary>
    public const int CodeBytes = 10;

    /// <summary>Bytes that reveal a wrong password, most of the time.</summary>
    public const int VerifierBytes = 2;

    private const int Iterations = 1000;
    private const int BlockBytes = 16;

    private readonly Stream _content;
    private readonly Aes _aes = Aes.Create();
    private readonly IncrementalHash _code;
    private readonly byte[] _mask = new byte[BlockBytes];
    private ulong _counter = 1;
    private int _used = BlockBytes;
    private long _rest;

    /// <param name="content">The encrypted bytes behind salt and verifier, and the code; owned.</param>
    /// <param name="length">Number of encrypted bytes.</param>
    [SuppressMessage("Security", "CA5350", Justification = "The format's.")]
    public ZipAesContent(Stream content, long length, ZipAesKeys keys)
    {
        _content = content;
        _rest = length;
        _aes.Key = keys.Encryption;
        _code = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA1, keys.Authentication);
    }

    /// <summary>Bytes of salt that a strength has: 1 for 128 bits, 2 for 192, 3 for 256.</summary>
    public static int SaltBytes(int strength) => 4 + (4 * strength);

    /// <summary>Derives the keys of a password.</summary>
    [SuppressMessage("Security", "CA5379", Justification = "The format's.")]
    [SuppressMessage("Security", "CA5387", Justification = "The format's.")]
    public static ZipAesKeys Derive(byte[] password, byte[] salt, int strength)
    {
        var size = 8 + (8 * strength);
        var bytes = Rfc2898DeriveBytes.Pbkdf2(password, salt, Iterations, HashAlgorithmName.SHA1, (2 * size) + VerifierBytes);
        return new ZipAesKeys(bytes[..size], bytes[size..(2 * size)], bytes[(2 * size)..]);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length == 0 || _rest < 0)
            return 0;
        if (_rest == 0)
        {
            await CheckCodeAsync(cancellationToken);
            return 0;
        }
        var read = await _content.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _rest)], cancellationToken);
        if (read == 0)
            throw EntryContent.Damaged();
        _rest -= read;
        Decrypt(buffer.Span[..read]);
        return read;
    }

    public override async ValueTask DisposeAsync()
    {
        _aes.Dispose();
        _code.Dispose();
        await _content.DisposeAsync();
        await base.DisposeAsync();
    }

    private async Task CheckCodeAsync(CancellationToken cancellationToken)
    {
        var code = new byte[CodeBytes];
        await _content.ReadExactlyAsync(code, cancellationToken);
        _rest = -1;
        if (!CryptographicOperations.FixedTimeEquals(_code.GetHashAndReset().AsSpan(0, CodeBytes), code))
            throw EntryContent.Damaged();
    }

    private void Decrypt(Span<byte> bytes)
    {
        _code.AppendData(bytes);
        for (var i = 0; i < bytes.Length; i++)
        {
            if (_used == BlockBytes)
                NextMask();
            bytes[i] ^= _mask[_used++];
        }
    }

    private void NextMask()
    {
        Span<byte> block = stackalloc byte[BlockBytes];
        block.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(block, _counter++);
        _aes.EncryptEcb(block, _mask, PaddingMode.None);
        _used = 0;
    }
}

/// <summary>Keys of WinZip's AES method.</summary>
/// <param name="Encryption">Decrypts.</param>
/// <param name="Authentication">Authenticates.</param>
/// <param name="Verifier">The value before content that is encrypted with this password.</param>
internal sealed record ZipAesKeys(byte[] Encryption, byte[] Authentication, byte[] Verifier);

using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace Cloudreve.Core.Content.Encryption;

/// <summary>
/// AES-256 in counter mode, as clients do it (contract, section 14.1): the counter block of byte n is the initial one plus n/16,
/// big-endian. Encrypting and decrypting are the same, and may begin at any byte.
/// </summary>
public sealed class CtrCipher : IDisposable
{
    /// <summary>Bytes of a key.</summary>
    public const int KeySize = 32;

    /// <summary>Bytes of the initial counter block.</summary>
    public const int IvSize = BlockSize;

    private const int BlockSize = 16;
    private const int BlocksAtOnce = 256;

    private readonly Aes _aes;
    private readonly UInt128 _start;

    /// <summary>Creates a cipher.</summary>
    /// <param name="iv">The counter block of the first byte.</param>
    public CtrCipher(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv)
    {
        _aes = Aes.Create();
        _aes.Key = key.ToArray();
        _start = BinaryPrimitives.ReadUInt128BigEndian(iv);
    }

    /// <summary>Encrypts or decrypts bytes in place.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="offset">The position in the content at which they begin.</param>
    public void Apply(Span<byte> data, long offset)
    {
        Span<byte> counters = stackalloc byte[BlocksAtOnce * BlockSize];
        Span<byte> keystream = stackalloc byte[BlocksAtOnce * BlockSize];
        var skip = (int)(offset % BlockSize);
        var counter = unchecked(_start + (UInt128)(offset / BlockSize));
        while (data.Length > 0)
        {
            var blocks = Math.Min(BlocksAtOnce, (skip + data.Length + BlockSize - 1) / BlockSize);
            for (var i = 0; i < blocks; i++)
                BinaryPrimitives.WriteUInt128BigEndian(counters[(i * BlockSize)..], unchecked(counter++));
            var key = keystream[..(blocks * BlockSize)];
            // The mode consists of single blocks, which depend only on key and counter.
            _aes.EncryptEcb(counters[..key.Length], key, PaddingMode.None);
            var length = Math.Min(data.Length, key.Length - skip);
            Xor(data[..length], key.Slice(skip, length));
            data = data[length..];
            skip = 0;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _aes.Dispose();

    private static void Xor(Span<byte> data, ReadOnlySpan<byte> key)
    {
        while (data.Length >= Vector<byte>.Count)
        {
            (new Vector<byte>(data) ^ new Vector<byte>(key)).CopyTo(data);
            data = data[Vector<byte>.Count..];
            key = key[Vector<byte>.Count..];
        }
        for (var i = 0; i < data.Length; i++)
            data[i] ^= key[i];
    }
}

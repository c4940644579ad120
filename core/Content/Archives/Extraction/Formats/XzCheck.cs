using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;

namespace Cloudreve.Core.Content.Archives.Extraction.Formats;

/// <summary>The check of a block of an xz file.</summary>
internal sealed class XzCheck : IDisposable
{
    private const int Crc32Id = 1;
    private const int Crc64Id = 4;
    private const int Sha256Id = 10;

    private static readonly ulong[] s_table = [.. Enumerable.Range(0, 256).Select(Entry)];

    private readonly int _id;
    private readonly Crc32 _crc32 = new();
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private ulong _crc64 = ulong.MaxValue;

    /// <param name="id">The kind; unknown ones are passed over, as the format says.</param>
    public XzCheck(int id) => _id = id;

    /// <summary>Bytes that it takes.</summary>
    public int Bytes => _id == 0 ? 0 : 4 << ((_id - 1) / 3);

    /// <summary>Adds content.</summary>
    public void Append(ReadOnlySpan<byte> content)
    {
        switch (_id)
        {
            case Crc32Id:
                _crc32.Append(content);
                break;
            case Crc64Id:
                foreach (var b in content)
                    _crc64 = s_table[(int)(_crc64 & 0xFF) ^ b] ^ (_crc64 >> 8);
                break;
            case Sha256Id:
                _sha256.AppendData(content);
                break;
            default:
                break;
        }
    }

    /// <summary>Ends a block.</summary>
    /// <param name="expected">The check in the file.</param>
    public bool IsRight(ReadOnlySpan<byte> expected)
    {
        var crc64 = ~_crc64;
        _crc64 = ulong.MaxValue;
        Span<byte> crc32 = stackalloc byte[sizeof(uint)];
        _crc32.GetHashAndReset(crc32);
        return _id switch
        {
            Crc32Id => expected.SequenceEqual(crc32),
            Crc64Id => BinaryPrimitives.ReadUInt64LittleEndian(expected) == crc64,
            Sha256Id => expected.SequenceEqual(_sha256.GetHashAndReset()),
            _ => true,
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _sha256.Dispose();

    private static ulong Entry(int value)
    {
        var sum = (ulong)value;
        for (var bit = 0; bit < 8; bit++)
            sum = (sum & 1) != 0 ? 0xC96C5795D7870F42 ^ (sum >> 1) : sum >> 1;
        return sum;
    }
}

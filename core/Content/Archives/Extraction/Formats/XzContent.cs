using System.Buffers.Binary;
using System.IO.Hashing;
using SharpCompress.Compressors.LZMA;

namespace Cloudreve.Core.Content.Archives.Extraction.Formats;

/// <summary>
/// What an xz file unpacks to (The .xz File Format 1.2): streams of blocks, each with a check. The decoder of blocks is a library's; its reader of
/// the format allocates whatever window a file names, and reads one stream only.
/// </summary>
/// <param name="input">The file; owned.</param>
internal sealed class XzContent(Stream input) : ForwardStream
{
    private const int HeaderBytes = 12;
    private const int SmallestHeaderRest = 4;
    private const byte Lzma2 = 0x21;
    private const byte LargestWindow = 40;

    private static ReadOnlySpan<byte> Magic => [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00];

    private readonly CountedInput _input = new(input);
    private readonly byte[] _buffer = new byte[64 * 1024];
    private LzmaStream? _block;
    private XzCheck _check = new(0);
    private long _blockAt;
    private long _blockBytes;
    private bool _isInStream;
    private long _blocks;
    private long _unpadded;
    private long _unpacked;

    public override int Read(Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            if (_block is null && !NextBlock())
                return 0;
            var read = _block!.Read(_buffer, 0, Math.Min(buffer.Length, _buffer.Length));
            if (read > 0)
            {
                _check.Append(_buffer.AsSpan(0, read));
                _buffer.AsSpan(0, read).CopyTo(buffer);
                _blockBytes += read;
                return read;
            }
            EndBlock();
        }
        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _block?.Dispose();
            _check.Dispose();
            input.Dispose();
        }
        base.Dispose(disposing);
    }

    private bool NextBlock()
    {
        while (true)
        {
            if (!_isInStream && !TryBeginStream())
                return false;
            _blockAt = _input.Count;
            var size = _input.RequireByte();
            if (size != 0)
            {
                BeginBlock((size + 1) * 4);
                return true;
            }
            EndStream();
        }
    }

    private bool TryBeginStream()
    {
        // Zeros may follow a stream, four at a time.
        var header = new byte[HeaderBytes];
        do
        {
            var read = _input.ReadAtLeast(header.AsSpan(0, 4), 4, throwOnEndOfStream: false);
            if (read == 0 && _input.Count > 0)
                return false;
            Require(read == 4);
        }
        while (_input.Count > 4 && header.AsSpan(0, 4).IndexOfAnyExcept((byte)0) < 0);
        _input.ReadExactly(header.AsSpan(4));
        Require(header.AsSpan().StartsWith(Magic) && header[6] == 0 && header[7] <= 0x0F);
        Require(Crc32.HashToUInt32(header.AsSpan(6, 2)) == BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8)));
        _check.Dispose();
        _check = new XzCheck(header[7]);
        (_isInStream, _blocks, _unpadded, _unpacked) = (true, 0, 0, 0);
        return true;
    }

    private void BeginBlock(int size)
    {
        var header = new byte[size];
        header[0] = (byte)((size / 4) - 1);
        _input.ReadExactly(header.AsSpan(1));
        Require(Crc32.HashToUInt32(header.AsSpan(..^SmallestHeaderRest)) == BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(^SmallestHeaderRest..)));
        var flags = header[1];
        ReadOnlySpan<byte> rest = header.AsSpan(2..^SmallestHeaderRest);
        if ((flags & 0x40) != 0)
            ReadNumber(ref rest);
        if ((flags & 0x80) != 0)
            ReadNumber(ref rest);
        // Filters for programs are rare, and LZMA2 is the only method.
        if ((flags & 0x3F) != 0 || ReadNumber(ref rest) != Lzma2 || ReadNumber(ref rest) != 1 || rest.Length < 1 || rest[0] > LargestWindow)
            throw new NotSupportedException("The file is compressed by a method that is not supported.");
        UnpackLimits.CheckMemory(WindowOf(rest[0]));
        _block = LzmaStream.Create([rest[0]], _input, leaveOpen: true);
        _blockBytes = 0;
    }

    /// <summary>Bytes of a window, which is named by one number.</summary>
    private static long WindowOf(byte number) => (2L | (number & 1L)) << ((number / 2) + 11);

    private void EndBlock()
    {
        _block!.Dispose();
        _block = null;
        // Counted with the check, but without the bytes that fill it up.
        var unpadded = _input.Count - _blockAt + _check.Bytes;
        SkipPadding();
        var expected = new byte[_check.Bytes];
        _input.ReadExactly(expected);
        Require(_check.IsRight(expected));
        (_blocks, _unpadded, _unpacked) = (_blocks + 1, _unpadded + unpadded, _unpacked + _blockBytes);
    }

    /// <summary>The index, which must match the blocks, and the footer.</summary>
    private void EndStream()
    {
        _input.BeginChecksum([0]);
        var (unpadded, unpacked) = (0L, 0L);
        Require(ReadNumber() == _blocks);
        for (long i = 0; i < _blocks; i++)
        {
            unpadded = checked(unpadded + ReadNumber());
            unpacked = checked(unpacked + ReadNumber());
        }
        Require(unpadded == _unpadded && unpacked == _unpacked);
        SkipPadding();
        var index = _input.Count - _blockAt;
        var checksum = _input.EndChecksum();
        var footer = new byte[4 + HeaderBytes];
        _input.ReadExactly(footer);
        Require(checksum == BinaryPrimitives.ReadUInt32LittleEndian(footer));
        Require(Crc32.HashToUInt32(footer.AsSpan(8, 6)) == BinaryPrimitives.ReadUInt32LittleEndian(footer.AsSpan(4)));
        Require((BinaryPrimitives.ReadUInt32LittleEndian(footer.AsSpan(8)) + 1L) * 4 == index + 4 && footer[14] == (byte)'Y' && footer[15] == (byte)'Z');
        _isInStream = false;
    }

    private void SkipPadding()
    {
        while ((_input.Count - _blockAt) % 4 != 0)
            Require(_input.RequireByte() == 0);
    }

    private long ReadNumber()
    {
        var bytes = new byte[9];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)_input.RequireByte();
            if (bytes[i] < 0x80)
                return ReadNumber(bytes.AsSpan(0, i + 1));
        }
        throw new InvalidDataException("A number is too long.");
    }

    private static long ReadNumber(ReadOnlySpan<byte> bytes) => ReadNumber(ref bytes);

    private static long ReadNumber(ref ReadOnlySpan<byte> bytes)
    {
        long number = 0;
        for (var i = 0; i < Math.Min(9, bytes.Length); i++)
        {
            number |= (long)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] >= 0x80)
                continue;
            bytes = bytes[(i + 1)..];
            return number;
        }
        throw new InvalidDataException("A number does not end.");
    }

    private static void Require(bool isRight)
    {
        if (!isRight)
            throw new InvalidDataException("The file is damaged.");
    }

    /// <summary>Counts what the decoder takes.</summary>
    private sealed class CountedInput(Stream input) : ForwardStream
    {
        private Crc32? _checksum;

        public long Count { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            var read = input.Read(buffer);
            _checksum?.Append(buffer[..read]);
            Count += read;
            return read;
        }

        public int RequireByte() => ReadByte() is >= 0 and var b ? b : throw new EndOfStreamException("The file ends early.");

        public void BeginChecksum(ReadOnlySpan<byte> before)
        {
            _checksum = new Crc32();
            _checksum.Append(before);
        }

        public uint EndChecksum()
        {
            var sum = _checksum!.GetCurrentHashAsUInt32();
            _checksum = null;
            return sum;
        }
    }
}

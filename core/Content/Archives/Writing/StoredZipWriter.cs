using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Cloudreve.Core.Content.Archives.Writing;

/// <summary>
/// Writes a zip whose entries are stored as they are, to a stream that need not seek: nothing is kept but the directory.
/// Sizes, offsets and counts beyond the old format's limits use Zip64 (APPNOTE 6.3, section 4.3).
/// </summary>
/// <param name="output">Where to.</param>
internal sealed class StoredZipWriter(Stream output)
{
    private const int BufferBytes = 128 * 1024;
    private const uint Limit32 = uint.MaxValue;
    private const ushort Limit16 = ushort.MaxValue;
    private const ushort Zip64Version = 45;
    private const ushort PlainVersion = 20;

    // Checksums follow the content; names are UTF-8.
    private const ushort FileFlags = 0x0808;
    private const ushort FolderFlags = 0x0800;

    // Unix, so that readers take the modes below.
    private const ushort MadeBy = (3 << 8) | Zip64Version;
    private const uint FileMode = 0x81A4u << 16;
    private const uint FolderMode = (0x41EDu << 16) | 0x10;

    private readonly List<Entry> _entries = [];
    private long _position;

    /// <summary>Adds a folder.</summary>
    /// <param name="path">Its path, with slashes; one is added at the end.</param>
    /// <param name="modified">When it last changed.</param>
    public async Task AddFolderAsync(string path, DateTimeOffset modified, CancellationToken cancellationToken = default)
    {
        var entry = new Entry(Encoding.UTF8.GetBytes(path + "/"), modified, 0, _position, FolderFlags) { Mode = FolderMode };
        await WriteAsync(LocalHeader(entry), cancellationToken);
        _entries.Add(entry);
    }

    /// <summary>Adds a file.</summary>
    /// <param name="path">Its path, with slashes.</param>
    /// <param name="modified">When it last changed.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="size">How many there are.</param>
    /// <returns>
    /// False when the content could not be read to its end. Its size has been written by then, so zeros stand for the rest, under a
    /// checksum that does not fit: whoever unpacks the file is told that it is damaged.
    /// </returns>
    public async Task<bool> AddFileAsync(string path, DateTimeOffset modified, Stream content, long size, CancellationToken cancellationToken = default)
    {
        var entry = new Entry(Encoding.UTF8.GetBytes(path), modified, size, _position, FileFlags) { Mode = FileMode };
        await WriteAsync(LocalHeader(entry), cancellationToken);
        var (checksum, isWhole) = await CopyAsync(content, size, cancellationToken);
        entry = entry with { Checksum = isWhole ? checksum : ~checksum };
        await WriteAsync(Descriptor(entry), cancellationToken);
        _entries.Add(entry);
        return isWhole;
    }

    /// <summary>Writes the directory. Without it the zip is of no use.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken = default)
    {
        var start = _position;
        foreach (var entry in _entries)
            await WriteAsync(DirectoryHeader(entry), cancellationToken);
        await WriteAsync(End(start, _position - start, _position), cancellationToken);
        await output.FlushAsync(cancellationToken);
    }

    private async Task<(uint Checksum, bool IsWhole)> CopyAsync(Stream content, long size, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var checksum = new Crc32();
            var isWhole = true;
            for (var rest = size; rest > 0;)
            {
                var wanted = (int)Math.Min(rest, BufferBytes);
                var read = isWhole ? await TryReadAsync(content, buffer.AsMemory(0, wanted), cancellationToken) : 0;
                if (read == 0)
                {
                    isWhole = false;
                    read = wanted;
                    buffer.AsSpan(0, read).Clear();
                }
                checksum.Append(buffer.AsSpan(0, read));
                await WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                rest -= read;
            }
            return (checksum.GetCurrentHashAsUInt32(), isWhole);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads some bytes; none at the end, and where the content cannot be read any further.</summary>
    private static async Task<int> TryReadAsync(Stream content, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await content.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever it was, the entry's length stands in the zip already.
            return 0;
        }
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await output.WriteAsync(bytes, cancellationToken);
        _position += bytes.Length;
    }

    private static byte[] LocalHeader(Entry entry)
    {
        var record = new Record(64 + entry.Name.Length);
        record.Write32(0x04034b50).Write16(entry.Version).Write16(entry.Flags).Write16(0).Write32(DosTime(entry.Modified));
        // The sizes are known although the checksum is not: a reader that cannot seek needs them for stored content.
        record.Write32(0).Write32(entry.Size32).Write32(entry.Size32);
        record.Write16((ushort)entry.Name.Length).Write16((ushort)(entry.IsLarge ? 20 : 0)).Write(entry.Name);
        if (entry.IsLarge)
            record.Write16(1).Write16(16).Write64(entry.Size).Write64(entry.Size);
        return record.ToArray();
    }

    private static byte[] Descriptor(Entry entry)
    {
        var record = new Record(24).Write32(0x08074b50).Write32(entry.Checksum);
        return (entry.IsLarge ? record.Write64(entry.Size).Write64(entry.Size) : record.Write32(entry.Size32).Write32(entry.Size32)).ToArray();
    }

    private static byte[] DirectoryHeader(Entry entry)
    {
        var isFar = entry.Offset >= Limit32;
        var extra = (entry.IsLarge ? 16 : 0) + (isFar ? 8 : 0);
        var record = new Record(96 + entry.Name.Length);
        record.Write32(0x02014b50).Write16(MadeBy).Write16(isFar ? Zip64Version : entry.Version).Write16(entry.Flags).Write16(0);
        record.Write32(DosTime(entry.Modified)).Write32(entry.Checksum).Write32(entry.Size32).Write32(entry.Size32);
        record.Write16((ushort)entry.Name.Length).Write16((ushort)(extra > 0 ? extra + 4 : 0)).Write16(0).Write16(0).Write16(0);
        record.Write32(entry.Mode).Write32(isFar ? Limit32 : (uint)entry.Offset).Write(entry.Name);
        if (extra > 0)
            record.Write16(1).Write16((ushort)extra);
        if (entry.IsLarge)
            record.Write64(entry.Size).Write64(entry.Size);
        if (isFar)
            record.Write64(entry.Offset);
        return record.ToArray();
    }

    private byte[] End(long start, long size, long position)
    {
        var record = new Record(128);
        if (_entries.Count >= Limit16 || start >= Limit32 || size >= Limit32)
        {
            record.Write32(0x06064b50).Write64(44).Write16(MadeBy).Write16(Zip64Version).Write32(0).Write32(0);
            record.Write64(_entries.Count).Write64(_entries.Count).Write64(size).Write64(start);
            record.Write32(0x07064b50).Write32(0).Write64(position).Write32(1);
        }
        var count = (ushort)Math.Min(_entries.Count, Limit16);
        record.Write32(0x06054b50).Write16(0).Write16(0).Write16(count).Write16(count);
        return record.Write32((uint)Math.Min(size, Limit32)).Write32((uint)Math.Min(start, Limit32)).Write16(0).ToArray();
    }

    /// <summary>The format's local time, here UTC: from 1980 on, in steps of two seconds.</summary>
    private static uint DosTime(DateTimeOffset time)
    {
        var utc = time.UtcDateTime;
        if (utc.Year < 1980)
            return (1 << 21) | (1 << 16);
        var date = ((Math.Min(utc.Year, 2107) - 1980) << 9) | (utc.Month << 5) | utc.Day;
        return ((uint)date << 16) | (uint)((utc.Hour << 11) | (utc.Minute << 5) | (utc.Second / 2));
    }

    private sealed record Entry(byte[] Name, DateTimeOffset Modified, long Size, long Offset, ushort Flags)
    {
        public uint Checksum { get; init; }

        public uint Mode { get; init; }

        public bool IsLarge => Size >= Limit32;

        public uint Size32 => (uint)Math.Min(Size, Limit32);

        public ushort Version => IsLarge ? Zip64Version : PlainVersion;
    }

    /// <summary>Little-endian fields one behind the other.</summary>
    private sealed class Record(int capacity)
    {
        private readonly ArrayBufferWriter<byte> _bytes = new(capacity);

        public Record Write16(ushort value)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(_bytes.GetSpan(2), value);
            _bytes.Advance(2);
            return this;
        }

        public Record Write32(uint value)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_bytes.GetSpan(4), value);
            _bytes.Advance(4);
            return this;
        }

        public Record Write64(long value)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_bytes.GetSpan(8), value);
            _bytes.Advance(8);
            return this;
        }

        public Record Write(byte[] value)
        {
            _bytes.Write(value);
            return this;
        }

        public byte[] ToArray() => _bytes.WrittenSpan.ToArray();
    }
}

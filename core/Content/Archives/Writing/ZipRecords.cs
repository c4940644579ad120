using System.Buffers;
using System.Buffers.Binary;

namespace Cloudreve.Core.Content.Archives.Writing;

/// <summary>
/// The records of a zip beside its content (APPNOTE 6.3, section 4.3). Sizes, offsets and counts beyond the old format's limits use Zip64.
/// </summary>
internal static class ZipRecords
{
    public const uint Limit32 = uint.MaxValue;

    private const ushort Limit16 = ushort.MaxValue;
    private const ushort Zip64Version = 45;
    private const ushort PlainVersion = 20;
    private const ushort Deflate = 8;

    // Unix, so that readers take the modes of the entries.
    private const ushort MadeBy = (3 << 8) | Zip64Version;

    /// <summary>The header before the content of an entry.</summary>
    public static byte[] LocalHeader(ZipEntry entry)
    {
        var record = new Record(64 + entry.Name.Length);
        record.Write32(0x04034b50).Write16(VersionOf(entry)).Write16(entry.Flags).Write16(MethodOf(entry)).Write32(DosTime(entry.Modified));
        // The sizes of stored content are known although the checksum is not: a reader that cannot seek needs them. Deflated content marks its
        // own end.
        var size = entry.IsDeflated ? 0 : entry.Size;
        record.Write32(0).Write32(Low(entry, size)).Write32(Low(entry, size));
        record.Write16((ushort)entry.Name.Length).Write16((ushort)(entry.IsLarge ? 20 : 0)).Write(entry.Name);
        if (entry.IsLarge)
            record.Write16(1).Write16(16).Write64(size).Write64(size);
        return record.ToArray();
    }

    /// <summary>The descriptor after the content of a file.</summary>
    public static byte[] Descriptor(ZipEntry entry)
    {
        var record = new Record(24).Write32(0x08074b50).Write32(entry.Checksum);
        return (entry.IsLarge ? record.Write64(entry.PackedSize).Write64(entry.Size) : record.Write32((uint)entry.PackedSize).Write32((uint)entry.Size)).ToArray();
    }

    /// <summary>The entry in the directory.</summary>
    public static byte[] DirectoryHeader(ZipEntry entry)
    {
        var isFar = entry.Offset >= Limit32;
        var extra = (entry.IsLarge ? 16 : 0) + (isFar ? 8 : 0);
        var record = new Record(96 + entry.Name.Length);
        record.Write32(0x02014b50).Write16(MadeBy).Write16(isFar ? Zip64Version : VersionOf(entry)).Write16(entry.Flags).Write16(MethodOf(entry));
        record.Write32(DosTime(entry.Modified)).Write32(entry.Checksum).Write32(Low(entry, entry.PackedSize)).Write32(Low(entry, entry.Size));
        record.Write16((ushort)entry.Name.Length).Write16((ushort)(extra > 0 ? extra + 4 : 0)).Write16(0).Write16(0).Write16(0);
        record.Write32(entry.Mode).Write32(isFar ? Limit32 : (uint)entry.Offset).Write(entry.Name);
        if (extra > 0)
            record.Write16(1).Write16((ushort)extra);
        if (entry.IsLarge)
            record.Write64(entry.Size).Write64(entry.PackedSize);
        if (isFar)
            record.Write64(entry.Offset);
        return record.ToArray();
    }

    /// <summary>The end of the zip.</summary>
    /// <param name="count">Number of entries.</param>
    /// <param name="start">The offset of the directory.</param>
    /// <param name="size">Bytes of the directory.</param>
    public static byte[] End(long count, long start, long size)
    {
        var record = new Record(128);
        if (count >= Limit16 || start >= Limit32 || size >= Limit32)
        {
            record.Write32(0x06064b50).Write64(44).Write16(MadeBy).Write16(Zip64Version).Write32(0).Write32(0);
            record.Write64(count).Write64(count).Write64(size).Write64(start);
            record.Write32(0x07064b50).Write32(0).Write64(start + size).Write32(1);
        }
        var count16 = (ushort)Math.Min(count, Limit16);
        record.Write32(0x06054b50).Write16(0).Write16(0).Write16(count16).Write16(count16);
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

    private static ushort VersionOf(ZipEntry entry) => entry.IsLarge ? Zip64Version : PlainVersion;

    private static ushort MethodOf(ZipEntry entry) => entry.IsDeflated ? Deflate : (ushort)0;

    private static uint Low(ZipEntry entry, long size) => entry.IsLarge ? Limit32 : (uint)size;

    /// <summary>Consecutive little-endian fields.</summary>
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

using System.Buffers.Binary;
using System.Text;
using Cloudreve.Core.Infrastructure.Parsing;

namespace Cloudreve.Core.Content.Archives.Listing;

/// <summary>
/// Reads the directory of a zip, which is at its end (APPNOTE 6.3, section 4.3): one request, a second one for a large
/// directory, a third one where Zip64 stores its offset far from the end.
/// </summary>
internal static class ZipDirectory
{
    // The end of the year 2999, in units of 100 ns since 1601.
    private const long LastWindowsTime = 441_481_536_000_000_000;

    private const int EndBytes = 22;
    private const int LocatorBytes = 20;
    private const int End64Bytes = 56;
    private const int EntryBytes = 46;
    private const int BytesPerStep = 1024;

    // The end with the longest comment, and a small directory with it.
    private const int TailBytes = 128 * 1024;

    /// <summary>Lists a zip.</summary>
    /// <exception cref="Cloudreve.Core.Infrastructure.Errors.CloudreveException">403 when it is not a zip, 40049 when it has too many
    /// entries.</exception>
    public static async Task<IReadOnlyList<ArchivedFile>> ReadAsync(
        ReadPart read, long size, NameEncoding encoding, WorkBudget work, CancellationToken cancellationToken) =>
        [.. (await ReadMembersAsync(read, size, encoding, work, cancellationToken)).Select(member => member.File)];

    /// <summary>Lists a zip with all that unpacking needs.</summary>
    /// <exception cref="Cloudreve.Core.Infrastructure.Errors.CloudreveException">403 when it is not a zip, 40049 when it has too many
    /// entries.</exception>
    public static async Task<IReadOnlyList<ZipMember>> ReadMembersAsync(
        ReadPart read, long size, NameEncoding encoding, WorkBudget work, CancellationToken cancellationToken)
    {
        var tailAt = Math.Max(0, size - TailBytes);
        var tail = await read(tailAt, (int)(size - tailAt), cancellationToken);
        var end = FindEnd(tail);
        var (offset, length, entries, endAt) = await LocateAsync(read, tail, tailAt, end, cancellationToken);
        var count = DirectoryLimits.CheckEntries(entries);
        var bytes = DirectoryLimits.CheckBytes(length);
        // Data before the zip, such as a self-extractor, shifts all offsets.
        var at = endAt - bytes;
        if (offset < 0 || at < 0 || at < offset)
            throw DirectoryLimits.NotListable();
        var directory = at >= tailAt ? tail.AsSpan((int)(at - tailAt), bytes).ToArray() : await read(at, bytes, cancellationToken);
        return Parse(directory, count, at - offset, encoding, work);
    }

    private static int FindEnd(ReadOnlySpan<byte> tail)
    {
        for (var i = tail.Length - EndBytes; i >= 0; i--)
        {
            // The comment may contain the signature, but then its length does not match.
            if (BinaryPrimitives.ReadUInt32LittleEndian(tail[i..]) == 0x06054b50
                && i + EndBytes + BinaryPrimitives.ReadUInt16LittleEndian(tail[(i + 20)..]) <= tail.Length)
                return i;
        }
        throw DirectoryLimits.NotListable();
    }

    /// <summary>Locates the directory as the end record describes it, and the start of what follows it.</summary>
    private static async Task<(long Offset, long Length, long Entries, long EndAt)> LocateAsync(
        ReadPart read, byte[] tail, long tailAt, int end, CancellationToken cancellationToken)
    {
        long entries = BinaryPrimitives.ReadUInt16LittleEndian(tail.AsSpan(end + 10));
        long length = BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(end + 12));
        long offset = BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(end + 16));
        var locator = end - LocatorBytes;
        if ((entries != ushort.MaxValue && length != uint.MaxValue && offset != uint.MaxValue)
            || locator < 0 || BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(locator)) != 0x07064b50)
            return (offset, length, entries, tailAt + end);
        var at = BinaryPrimitives.ReadInt64LittleEndian(tail.AsSpan(locator + 8));
        if (at < 0 || at > tailAt + locator - End64Bytes)
            throw DirectoryLimits.NotListable();
        var end64 = at >= tailAt ? tail.AsMemory((int)(at - tailAt), End64Bytes) : await read(at, End64Bytes, cancellationToken);
        if (BinaryPrimitives.ReadUInt32LittleEndian(end64.Span) != 0x06064b50)
            throw DirectoryLimits.NotListable();
        return (Read64(end64.Span, 48), Read64(end64.Span, 40), Read64(end64.Span, 32), at);
    }

    private static long Read64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);

    private static List<ZipMember> Parse(ReadOnlySpan<byte> directory, int count, long shift, NameEncoding encoding, WorkBudget work)
    {
        // A count that the directory has no room for must not reserve memory.
        if (count > directory.Length / EntryBytes)
            throw DirectoryLimits.NotListable();
        var files = new List<ZipMember>(count);
        while (files.Count < count)
        {
            if (directory.Length < EntryBytes || BinaryPrimitives.ReadUInt32LittleEndian(directory) != 0x02014b50)
                throw DirectoryLimits.NotListable();
            var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(directory[28..]);
            var extraLength = BinaryPrimitives.ReadUInt16LittleEndian(directory[30..]);
            var whole = EntryBytes + nameLength + extraLength + BinaryPrimitives.ReadUInt16LittleEndian(directory[32..]);
            if (directory.Length < whole)
                throw DirectoryLimits.NotListable();
            work.Spend(1 + (whole / BytesPerStep));
            files.Add(ParseEntry(directory, directory.Slice(EntryBytes, nameLength), directory.Slice(EntryBytes + nameLength, extraLength), shift, encoding));
            directory = directory[whole..];
        }
        return files;
    }

    private static ZipMember ParseEntry(
        ReadOnlySpan<byte> entry, ReadOnlySpan<byte> rawName, ReadOnlySpan<byte> extra, long shift, NameEncoding encoding)
    {
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(entry[8..]);
        var isUtf8 = (flags & 0x0800) != 0;
        var name = isUtf8 ? Encoding.UTF8.GetString(rawName) : encoding.Decode(rawName.ToArray());
        long size = BinaryPrimitives.ReadUInt32LittleEndian(entry[24..]);
        long packed = BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]);
        long offset = BinaryPrimitives.ReadUInt32LittleEndian(entry[42..]);
        var updatedAt = DosTime(BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]));
        int method = BinaryPrimitives.ReadUInt16LittleEndian(entry[10..]);
        var (aesVersion, aesStrength) = (0, 0);
        while (extra.Length >= 4)
        {
            var id = BinaryPrimitives.ReadUInt16LittleEndian(extra);
            var length = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]), extra.Length - 4);
            var field = extra.Slice(4, length);
            // Zip64 holds what does not fit, in this order; the time is in seconds since 1970.
            if (id == 1)
            {
                field = TakeLarge(field, ref size);
                field = TakeLarge(field, ref packed);
                TakeLarge(field, ref offset);
            }
            else if (id == 0x9901 && length >= 7 && field[4] is >= 1 and <= 3)
                (aesVersion, aesStrength, method) = (field[0], field[4], BinaryPrimitives.ReadUInt16LittleEndian(field[5..]));
            else if (id == 0x5455 && length >= 5 && (field[0] & 1) != 0)
                updatedAt = DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt32LittleEndian(field[1..]));
            else if (id == 0x000A && WindowsTime(field) is { } time)
                updatedAt = time;
            extra = extra[(4 + length)..];
        }
        return new ZipMember(new ArchivedFile(name.TrimEnd('/'), size, updatedAt, name.EndsWith('/')))
        {
            Method = method,
            AesStrength = aesStrength,
            HasChecksum = aesVersion != 2,
            CheckByte = (flags & 8) != 0 ? entry[13] : entry[19],
            PackedSize = packed,
            Offset = offset > long.MaxValue - shift ? long.MaxValue : offset + shift,
            Checksum = BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]),
            IsEncrypted = (flags & 1) != 0,
            // The upper half is the mode where a Unix system made the entry.
            IsLink = entry[5] == 3 && (BinaryPrimitives.ReadUInt16LittleEndian(entry[40..]) & 0xF000) == 0xA000,
            NameBytes = rawName.Length,
        };
    }

    private static ReadOnlySpan<byte> TakeLarge(ReadOnlySpan<byte> field, scoped ref long value)
    {
        if (value != uint.MaxValue || field.Length < 8)
            return field;
        value = Math.Max(0, Read64(field, 0));
        return field[8..];
    }

    /// <summary>The time of modification in the field of Windows' programs (APPNOTE.TXT 4.5.5); null for none.</summary>
    private static DateTimeOffset? WindowsTime(ReadOnlySpan<byte> field) =>
        field.Length >= 16 && BinaryPrimitives.ReadUInt16LittleEndian(field[4..]) == 1 && Read64(field, 8) is > 0 and <= LastWindowsTime and var ticks
            ? DateTimeOffset.FromFileTime(ticks).ToUniversalTime()
            : null;

    private static DateTimeOffset DosTime(uint value)
    {
        var (date, time) = (value >> 16, value & 0xffff);
        var (month, day) = ((int)((date >> 5) & 15), (int)(date & 31));
        var year = (int)(date >> 9) + 1980;
        return month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month) && time >> 11 < 24 && ((time >> 5) & 63) < 60 && (time & 31) < 30
            ? new DateTimeOffset(year, month, day, (int)(time >> 11), (int)((time >> 5) & 63), (int)(time & 31) * 2, TimeSpan.Zero)
            : new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
    }
}

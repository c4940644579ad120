using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Cloudreve.Core.Infrastructure.Parsing;
using SharpCompress.Compressors.LZMA;

namespace Cloudreve.Core.Content.Archives.Listing;

/// <summary>
/// Reads the header of a 7z, which is at its end and is mostly compressed itself (7zFormat.txt of the LZMA SDK): two
/// requests for a plain header, three for a compressed one. Nothing else of the archive is read or unpacked.
/// </summary>
internal static class SevenZipDirectory
{
    public const int SignatureBytes = 32;

    private const int EncodedHeaders = 4;
    private const int UnpackedAtOnce = 64 * 1024;
    private const int BytesPerStep = 1024;
    private const byte LargestWindow = 40;

    private static ReadOnlySpan<byte> Magic => [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C];

    /// <summary>Checks whether a file starts with the 7z signature.</summary>
    public static bool IsArchive(ReadOnlySpan<byte> head) => head.StartsWith(Magic);

    /// <summary>Lists a 7z.</summary>
    /// <param name="head">Its first 32 bytes.</param>
    /// <param name="read">Reads its parts.</param>
    /// <param name="size">Its length in bytes.</param>
    /// <param name="work">Bounds what it costs.</param>
    /// <exception cref="Cloudreve.Core.Infrastructure.Errors.CloudreveException">403 when it is damaged or its header encrypted, 40049 when it has too many entries.</exception>
    public static async Task<IReadOnlyList<ArchivedFile>> ReadAsync(
        byte[] head, ReadPart read, long size, WorkBudget work, CancellationToken cancellationToken) =>
        (await ReadContentsAsync(head, read, size, "", work, cancellationToken)).Files;

    /// <summary>Lists a 7z with what unpacking it takes. Its header may be encrypted.</summary>
    /// <param name="head">Its first 32 bytes.</param>
    /// <param name="read">Reads its parts.</param>
    /// <param name="size">Its length in bytes.</param>
    /// <param name="password">The password; empty for none.</param>
    /// <param name="work">Bounds what it costs.</param>
    /// <exception cref="Cloudreve.Core.Infrastructure.Errors.CloudreveException">403 when it is damaged or its header encrypted with another password, 40049 when it has too many entries.</exception>
    public static async Task<SevenZipContents> ReadContentsAsync(
        byte[] head, ReadPart read, long size, string password, WorkBudget work, CancellationToken cancellationToken)
    {
        if (head.Length < SignatureBytes)
            throw DirectoryLimits.NotListable();
        var offset = BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(12));
        var length = BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(20));
        if (length == 0)
            return SevenZipContents.None;
        // A number of no meaning, or a file that was cut off.
        if (length < 0 || offset < 0 || offset > size - SignatureBytes - length)
            throw DirectoryLimits.NotListable();
        var header = new SevenZipReader(await ReadPartAsync(read, size, offset, DirectoryLimits.CheckBytes(length), cancellationToken), work);
        long unpacked = 0;
        for (var i = 0; i < EncodedHeaders; i++)
        {
            switch (header.ReadByte())
            {
                case 0x01:
                    return SevenZipHeader.Parse(header);
                case 0x17:
                    var streams = SevenZipStreams.Parse(header);
                    // A header inside a header may be as large as a single one.
                    DirectoryLimits.CheckBytes(unpacked += streams.Folders.Sum(folder => folder.Size));
                    header = new SevenZipReader(await UnpackAsync(streams, read, size, password, work, cancellationToken), work);
                    break;
                default:
                    throw DirectoryLimits.NotListable();
            }
        }
        throw DirectoryLimits.NotListable();
    }

    private static async Task<byte[]> UnpackAsync(
        SevenZipStreams streams, ReadPart read, long size, string password, WorkBudget work, CancellationToken cancellationToken)
    {
        if (streams.PackSizes is not [var packed] || streams.Folders is not [{ Coders.Count: 1 or 2 } folder] || folder.UnpackSizes.Length != folder.Coders.Count)
            throw DirectoryLimits.NotListable();
        var source = await ReadPartAsync(read, size, streams.PackPosition, DirectoryLimits.CheckBytes(packed), cancellationToken);
        var (coder, unpacked) = (folder.Coders[folder.MainOutput], folder.Size);
        // Encrypted after it was packed, if that was worth while.
        var first = folder.Coders.Count - 1 - folder.MainOutput;
        if (folder.Coders[first] is { Method: SevenZipCipher.Method } cipher && password.Length > 0)
            source = SevenZipCipher.Decrypt(source, DirectoryLimits.CheckBytes(folder.UnpackSizes[first]), cipher.Properties, password);
        else if (folder.Coders.Count == 2)
            throw DirectoryLimits.NotListable();
        var length = DirectoryLimits.CheckBytes(unpacked);
        return coder switch
        {
            { Method: 0x00 } when source.Length == length => source,
            { Method: SevenZipCipher.Method } when password.Length > 0 && source.Length == length => source,
            { Method: 0x030101, Properties.Length: 5 } => Unpack(LzmaWindow(coder.Properties, length), source, length, work),
            { Method: 0x21, Properties: [<= LargestWindow] } => Unpack(Lzma2Window(coder.Properties[0], length), source, length, work),
            _ => throw DirectoryLimits.NotListable(),
        };
    }

    /// <summary>Properties of LZMA whose window is not larger than what it unpacks to: it is allocated as a whole.</summary>
    private static byte[] LzmaWindow(byte[] properties, int length)
    {
        var window = Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(properties.AsSpan(1)), (uint)Math.Max(length, 4096));
        var bounded = (byte[])properties.Clone();
        BinaryPrimitives.WriteUInt32LittleEndian(bounded.AsSpan(1), window);
        return bounded;
    }

    /// <summary>The same for LZMA2, which names its window by one number: 0 is 4 KiB, 26 is 32 MiB, and odd ones are in between.</summary>
    private static byte[] Lzma2Window(byte window, int length)
    {
        byte needed = 0;
        while (needed < window && (2L | (needed & 1L)) << ((needed / 2) + 11) < length)
            needed++;
        return [needed];
    }

    private static byte[] Unpack(byte[] properties, byte[] source, int length, WorkBudget work)
    {
        try
        {
            using var packed = new MemoryStream(source);
            using var lzma = LzmaStream.Create(properties, packed, source.Length, length, leaveOpen: true);
            var header = new byte[length];
            for (var rest = header.AsSpan(); !rest.IsEmpty;)
            {
                var part = rest[..Math.Min(rest.Length, UnpackedAtOnce)];
                work.Spend((part.Length / BytesPerStep) + 1);
                lzma.ReadExactly(part);
                rest = rest[part.Length..];
            }
            return header;
        }
        catch (Exception e) when (e is SharpCompress.Common.SharpCompressException or IOException or InvalidOperationException or IndexOutOfRangeException or ArgumentException)
        {
            throw DirectoryLimits.NotListable(e);
        }
    }

    private static Task<byte[]> ReadPartAsync(ReadPart read, long size, long offset, int length, CancellationToken cancellationToken) =>
        offset >= 0 && offset <= size - SignatureBytes - length
            ? read(SignatureBytes + offset, length, cancellationToken)
            : throw DirectoryLimits.NotListable();
}

/// <summary>A step of packing.</summary>
/// <param name="Method">Its number.</param>
/// <param name="Inputs">Number of input streams.</param>
/// <param name="Outputs">Number of output streams.</param>
/// <param name="Properties">Its settings.</param>
internal sealed record SevenZipCoder(long Method, int Inputs, int Outputs, byte[] Properties);

/// <summary>Steps that pack some files together.</summary>
/// <param name="Coders">The steps.</param>
internal sealed record SevenZipFolder(IReadOnlyList<SevenZipCoder> Coders)
{
    /// <summary>The unpacked size of each step's output.</summary>
    public long[] UnpackSizes { get; set; } = [];

    /// <summary>The step whose output no other step takes.</summary>
    public int MainOutput { get; init; }

    /// <summary>Number of files inside.</summary>
    public int Files { get; set; } = 1;

    /// <summary>True if the header has a checksum for the whole content.</summary>
    public bool HasChecksum { get; set; }

    /// <summary>Bytes of all files within.</summary>
    public long Size => MainOutput < UnpackSizes.Length ? UnpackSizes[MainOutput] : throw DirectoryLimits.NotListable();
}

/// <summary>The contents of a 7z.</summary>
/// <param name="Files">The entries, in their order.</param>
/// <param name="Folders">What is packed together.</param>
/// <param name="Links">The indices of entries that are links.</param>
internal sealed record SevenZipContents(IReadOnlyList<ArchivedFile> Files, IReadOnlyList<SevenZipFolder> Folders, IReadOnlySet<int> Links)
{
    /// <summary>Those of an empty archive.</summary>
    public static SevenZipContents None { get; } = new([], [], new HashSet<int>());
}

/// <summary>Reads the entries of a plain header.</summary>
internal static class SevenZipHeader
{
    private const uint DirectoryAttribute = 0x10;
    private const uint ReparsePoint = 0x400;
    private const uint UnixMode = 0x8000;
    private const long Dummy = 0x19;
    private const int BytesPerStep = 1024;

    public static SevenZipContents Parse(SevenZipReader header)
    {
        SevenZipStreams? streams = null;
        for (var section = header.ReadSection(0); ; section = header.ReadSection(section))
        {
            switch (section)
            {
                case 0x00:
                    return SevenZipContents.None;
                case 0x02:
                    SkipProperties(header);
                    break;
                case 0x03:
                    SevenZipStreams.Parse(header);
                    break;
                case 0x04:
                    streams = SevenZipStreams.Parse(header);
                    break;
                case 0x05:
                    return ParseFiles(header, streams);
                default:
                    throw DirectoryLimits.NotListable();
            }
        }
    }

    private static void SkipProperties(SevenZipReader header)
    {
        while (header.ReadByte() != 0)
            header.Skip(header.ReadNumber());
    }

    private static SevenZipContents ParseFiles(SevenZipReader header, SevenZipStreams? streams)
    {
        var count = header.ReadCount();
        // Each entry has a name, which takes two bytes at least: a small header has no room for many.
        if (count > header.Rest / 2)
            throw DirectoryLimits.NotListable();
        header.Spend(count);
        string[] names = [];
        var times = new long[count];
        var attributes = new uint[count];
        var isEmpty = new bool[count];
        bool[] isEmptyFile = [];
        var seen = new HashSet<long>();
        while (header.ReadNumber() is not 0 and var type)
        {
            var property = header.Slice(header.ReadNumber());
            // Only padding may occur several times.
            if (type != Dummy && !seen.Add(type))
                throw DirectoryLimits.NotListable();
            switch (type)
            {
                case 0x0E:
                    isEmpty = property.ReadBits(count);
                    break;
                case 0x0F:
                    isEmptyFile = property.ReadBits(isEmpty.Count(e => e));
                    break;
                case 0x11:
                    names = ReadNames(property, count);
                    break;
                case 0x14:
                    ReadEach(property, count, (i, reader) => times[i] = reader.ReadInt64());
                    break;
                case 0x15:
                    ReadEach(property, count, (i, reader) => attributes[i] = reader.ReadUInt32());
                    break;
                default:
                    break;
            }
        }
        if (names.Length != count)
            throw DirectoryLimits.NotListable();
        return new SevenZipContents(
            Assemble(names, times, attributes, isEmpty, isEmptyFile, streams?.FileSizes ?? []), streams?.Folders ?? [],
            Enumerable.Range(0, count).Where(i => IsLink(attributes[i])).ToHashSet());
    }

    private static List<ArchivedFile> Assemble(
        string[] names, long[] times, uint[] attributes, bool[] isEmpty, bool[] isEmptyFile, IReadOnlyList<long> sizes)
    {
        var files = new List<ArchivedFile>(names.Length);
        var (content, empty) = (0, 0);
        for (var i = 0; i < names.Length; i++)
        {
            var isDirectory = isEmpty[i] ? !(empty < isEmptyFile.Length && isEmptyFile[empty++]) : (attributes[i] & DirectoryAttribute) != 0;
            if (!isEmpty[i] && content >= sizes.Count)
                throw DirectoryLimits.NotListable();
            files.Add(new ArchivedFile(names[i].TrimEnd('/'), isEmpty[i] ? 0 : sizes[content++], TimeOf(times[i]), isDirectory));
        }
        return files;
    }

    /// <summary>A reparse point of Windows, or a mode of Unix in the upper half that says so.</summary>
    private static bool IsLink(uint attributes) => (attributes & ReparsePoint) != 0 || ((attributes & UnixMode) != 0 && ((attributes >> 16) & 0xF000) == 0xA000);

    private static string[] ReadNames(SevenZipReader property, int count)
    {
        RefuseExternal(property);
        var bytes = property.Take(property.Rest);
        var text = new char[bytes.Length / 2];
        bytes[..(text.Length * 2)].CopyTo(MemoryMarshal.AsBytes(text.AsSpan()));
        var rest = text.AsSpan();
        var names = new string[count];
        for (var i = 0; i < count; i++)
        {
            var end = rest.IndexOf('\0');
            if (end < 0)
                throw DirectoryLimits.NotListable();
            property.Spend(1 + (end / BytesPerStep));
            names[i] = new string(rest[..end]);
            rest = rest[(end + 1)..];
        }
        return names;
    }

    private static void ReadEach(SevenZipReader property, int count, Action<int, SevenZipReader> read)
    {
        var isDefined = property.ReadOptionalBits(count);
        RefuseExternal(property);
        for (var i = 0; i < count; i++)
        {
            if (isDefined[i])
                read(i, property);
        }
    }

    private static void RefuseExternal(SevenZipReader property)
    {
        if (property.ReadByte() != 0)
            throw DirectoryLimits.NotListable();
    }

    /// <summary>Times count 100 ns since 1601.</summary>
    private static DateTimeOffset TimeOf(long fileTime) =>
        fileTime > 0 && fileTime < DateTime.MaxValue.ToFileTimeUtc() ? new DateTimeOffset(DateTime.FromFileTimeUtc(fileTime)) : DateTimeOffset.UnixEpoch;
}

using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Cloudreve.Orchestrations.Tests.ArchiveExtractions;

/// <summary>Changes archives as somebody would who means harm, with checksums that match.</summary>
internal static class HostileArchives
{
    private const int SevenZipSignature = 32;

    /// <summary>Gives the first entry of a tar another name.</summary>
    public static void Rename(byte[] tar, byte[] name)
    {
        Array.Clear(tar, 0, 100);
        name.CopyTo(tar, 0);
        "        "u8.CopyTo(tar.AsSpan(148));
        var sum = 0;
        foreach (var b in tar.AsSpan(0, 512))
            sum += b;
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(tar, 148);
    }

    /// <summary>Replaces bytes in the header of a 7z, which must be neither compressed nor encrypted.</summary>
    public static byte[] ReplaceInHeader(byte[] archive, byte[] old, byte[] replacement)
    {
        var start = SevenZipSignature + (int)BinaryPrimitives.ReadInt64LittleEndian(archive.AsSpan(12));
        var header = archive.AsSpan(start, (int)BinaryPrimitives.ReadInt64LittleEndian(archive.AsSpan(20)));
        replacement.CopyTo(header[header.IndexOf(old)..]);
        BinaryPrimitives.WriteUInt32LittleEndian(archive.AsSpan(28), Crc32.HashToUInt32(header));
        BinaryPrimitives.WriteUInt32LittleEndian(archive.AsSpan(8), Crc32.HashToUInt32(archive.AsSpan(12, 20)));
        return archive;
    }

    /// <summary>Lets the first block of an xz name another window: 40 is 4 GiB.</summary>
    public static byte[] WithWindow(byte[] xz, byte window)
    {
        var size = (xz[12] + 1) * 4;
        var header = xz.AsSpan(12, size);
        header[header.IndexOf([(byte)0x21, (byte)0x01]) + 2] = window;
        BinaryPrimitives.WriteUInt32LittleEndian(header[^4..], Crc32.HashToUInt32(header[..^4]));
        return xz;
    }

    /// <summary>A Zstandard frame of a few bytes that names a window of 2 GiB.</summary>
    public static byte[] ZstandardWithWindow() => [0x28, 0xB5, 0x2F, 0xFD, 0x00, 21 << 3, (3 << 3) | 1, 0, 0, (byte)'a', (byte)'b', (byte)'c'];
}

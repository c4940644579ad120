using System.Buffers.Binary;
using Cloudreve.Core.Content.Archives.Extraction.Formats;
using SharpCompress.Compressors;
using SharpCompress.Compressors.BZip2;
using SharpCompress.Compressors.Deflate64;
using SharpCompress.Compressors.LZMA;
using SharpCompress.Compressors.PPMd;
using SharpCompress.Compressors.ZStandard;

namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>
/// The methods of zip entries beside store and deflate (APPNOTE.TXT 4.4.5): Deflate64, which Windows takes for files of more than 2 GB, and those of newer
/// programs.
/// </summary>
internal static class ZipMethods
{
    private const int Deflate64 = 9;
    private const int Bzip2 = 12;
    private const int Lzma = 14;
    private const int Zstandard = 93;
    private const int Xz = 95;
    private const int Ppmd = 98;

    private const int LzmaProperties = 5;

    /// <summary>True if there is a decoder for a method.</summary>
    public static bool Knows(int method) => method is Deflate64 or Bzip2 or Lzma or Zstandard or Xz or Ppmd;

    /// <summary>Unpacks an entry.</summary>
    /// <param name="method">The method.</param>
    /// <param name="packed">The entry's packed content.</param>
    /// <param name="packedSize">Its number of bytes.</param>
    /// <param name="size">The number of bytes that it unpacks to.</param>
    /// <returns>The decoder, which reads synchronously and does not own the content.</returns>
    /// <exception cref="ArchiveRefusedException">The decoder would take too much memory.</exception>
    public static Stream Open(int method, Stream packed, long packedSize, long size) => method switch
    {
        Deflate64 => new Deflate64Stream(packed, CompressionMode.Decompress),
        Bzip2 => BZip2Stream.Create(packed, CompressionMode.Decompress, decompressConcatenated: false, leaveOpen: true),
        Lzma => OpenLzma(packed, packedSize, size),
        // Windows of more than 128 MiB are refused by the library itself.
        Zstandard => new DecompressionStream(packed, leaveOpen: true),
        Xz => new XzContent(packed),
        Ppmd => OpenPpmd(packed),
        _ => throw new NotSupportedException(),
    };

    /// <summary>LZMA behind the header of APPNOTE.TXT 5.8.8.</summary>
    private static LzmaStream OpenLzma(Stream packed, long packedSize, long size)
    {
        Span<byte> header = stackalloc byte[4];
        packed.ReadExactly(header);
        if (BinaryPrimitives.ReadUInt16LittleEndian(header[2..]) != LzmaProperties)
            throw new InvalidDataException("The header of LZMA has another length.");
        var properties = new byte[LzmaProperties];
        packed.ReadExactly(properties);
        UnpackLimits.CheckMemory(BinaryPrimitives.ReadUInt32LittleEndian(properties.AsSpan(1)));
        return LzmaStream.Create(properties, packed, packedSize - header.Length - LzmaProperties, size, leaveOpen: true);
    }

    private static PpmdStream OpenPpmd(Stream packed)
    {
        var header = new byte[2];
        packed.ReadExactly(header);
        var properties = new PpmdProperties(header);
        UnpackLimits.CheckMemory(properties.AllocatorSize);
        return PpmdStream.Create(properties, packed, compress: false);
    }
}

using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace Cloudreve.Orchestrations.Tests.ArchiveExtractions;

/// <summary>Zips for tests.</summary>
internal static class ZipFile
{
    public static readonly DateTimeOffset Modified = new(2020, 2, 3, 4, 5, 6, TimeSpan.Zero);

    public static byte[] Of(params (string Name, byte[] Content)[] entries)
    {
        using var output = new MemoryStream();
        using (var archive = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                var entry = archive.CreateEntry(name);
                entry.LastWriteTime = Modified;
                // A link, as Unix systems store them.
                if (name.EndsWith(".link", StringComparison.Ordinal))
                    entry.ExternalAttributes = unchecked((int)0xA1FF0000);
                using var stream = entry.Open();
                stream.Write(content);
            }
        }
        return output.ToArray();
    }

    /// <summary>A zip of one entry that something else has packed.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="method">The method (APPNOTE.TXT 4.4.5).</param>
    /// <param name="packed">Its packed content.</param>
    /// <param name="content">What that unpacks to.</param>
    public static byte[] Packed(string name, ushort method, byte[] packed, byte[] content)
    {
        using var output = new MemoryStream();
        using (var archive = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var stream = archive.CreateEntry(name, CompressionLevel.NoCompression).Open();
            stream.Write(packed);
        }
        var zip = output.ToArray();
        Describe(zip.AsSpan(8));
        Describe(zip.AsSpan(zip.AsSpan().LastIndexOf("PK\x01\x02"u8) + 10));
        return zip;

        void Describe(Span<byte> fields)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(fields, method);
            BinaryPrimitives.WriteUInt32LittleEndian(fields[6..], Crc32.HashToUInt32(content));
            BinaryPrimitives.WriteInt32LittleEndian(fields[14..], content.Length);
        }
    }
}

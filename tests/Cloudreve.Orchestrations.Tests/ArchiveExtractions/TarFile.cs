using System.Formats.Tar;
using System.IO.Compression;

namespace Cloudreve.Orchestrations.Tests.ArchiveExtractions;

/// <summary>Tars for tests.</summary>
internal static class TarFile
{
    public static readonly DateTimeOffset Modified = new(2020, 2, 3, 4, 5, 6, TimeSpan.Zero);

    /// <summary>A tar. A name that ends in ".link" is a symbolic link, one in ".hard" a hard one, one in a slash a folder.</summary>
    public static byte[] Of(params (string Name, byte[] Content)[] entries)
    {
        using var file = new MemoryStream();
        using (var writer = new TarWriter(file, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                var type = Path.GetExtension(name) switch
                {
                    ".link" => TarEntryType.SymbolicLink,
                    ".hard" => TarEntryType.HardLink,
                    ".fifo" => TarEntryType.Fifo,
                    _ => name.EndsWith('/') ? TarEntryType.Directory : TarEntryType.RegularFile,
                };
                var entry = new PaxTarEntry(type, name) { ModificationTime = Modified };
                if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink)
                    entry.LinkName = "/etc/passwd";
                if (type == TarEntryType.RegularFile)
                    entry.DataStream = new MemoryStream(content);
                writer.WriteEntry(entry);
            }
        }
        return file.ToArray();
    }

    /// <summary>The header of an empty file.</summary>
    public static byte[] EmptyEntry()
    {
        using var file = new MemoryStream();
        using (var writer = new TarWriter(file, TarEntryFormat.Ustar, leaveOpen: true))
            writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "f"));
        return file.ToArray()[..512];
    }

    public static byte[] Gzip(byte[] content)
    {
        using var file = new MemoryStream();
        using (var gzip = new GZipStream(file, CompressionLevel.Fastest))
            gzip.Write(content);
        return file.ToArray();
    }
}

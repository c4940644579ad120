using System.IO.Compression;

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
}

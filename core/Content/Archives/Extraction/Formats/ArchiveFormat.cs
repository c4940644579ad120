using System.Buffers.Binary;

namespace Cloudreve.Core.Content.Archives.Extraction.Formats;

/// <summary>The formats of archives, as their first bytes tell. A compressed file may be a tar: that shows when it is unpacked.</summary>
internal enum ArchiveFormat
{
    /// <summary>None of the others. A zip is recognised by its end.</summary>
    Unknown,

    /// <summary>7z.</summary>
    SevenZip,

    /// <summary>RAR 1.5 to 4.</summary>
    Rar4,

    /// <summary>RAR 5.</summary>
    Rar5,

    /// <summary>tar, not compressed.</summary>
    Tar,

    /// <summary>gzip.</summary>
    Gzip,

    /// <summary>bzip2.</summary>
    Bzip2,

    /// <summary>xz.</summary>
    Xz,

    /// <summary>Zstandard.</summary>
    Zstandard,
}

/// <summary>Recognises formats.</summary>
internal static class ArchiveFormats
{
    /// <summary>Bytes at the start of a file that tell its format.</summary>
    public const int HeadBytes = TarHeader.BlockBytes;

    private static readonly Dictionary<string, string> s_endings = new(StringComparer.OrdinalIgnoreCase)
    {
        [".gz"] = "",
        [".bz2"] = "",
        [".xz"] = "",
        [".zst"] = "",
        [".tgz"] = ".tar",
        [".tbz2"] = ".tar",
        [".tbz"] = ".tar",
        [".txz"] = ".tar",
        [".tzst"] = ".tar",
    };

    /// <summary>The format of a file.</summary>
    /// <param name="head">Its first <see cref="HeadBytes"/>, or all of a shorter one.</param>
    public static ArchiveFormat Of(ReadOnlySpan<byte> head) => head switch
    {
        [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C, ..] => ArchiveFormat.SevenZip,
        [0x52, 0x61, 0x72, 0x21, 0x1A, 0x07, 0x00, ..] => ArchiveFormat.Rar4,
        [0x52, 0x61, 0x72, 0x21, 0x1A, 0x07, 0x01, 0x00, ..] => ArchiveFormat.Rar5,
        [0x1F, 0x8B, 0x08, ..] => ArchiveFormat.Gzip,
        [0x42, 0x5A, 0x68, >= 0x31 and <= 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..] => ArchiveFormat.Bzip2,
        [0x42, 0x5A, 0x68, >= 0x31 and <= 0x39, 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => ArchiveFormat.Bzip2,
        [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, ..] => ArchiveFormat.Xz,
        _ when IsZstandard(head) => ArchiveFormat.Zstandard,
        _ when TarHeader.IsHeader(head) => ArchiveFormat.Tar,
        _ => ArchiveFormat.Unknown,
    };

    /// <summary>The name of the file that a compressed one holds, which has none of its own.</summary>
    /// <param name="name">The name of the compressed file.</param>
    public static string NameInside(string name)
    {
        var ending = Path.GetExtension(name);
        return s_endings.TryGetValue(ending, out var replacement) && name.Length > ending.Length ? name[..^ending.Length] + replacement : name + ".out";
    }

    /// <summary>A frame, or one that decoders pass over, as some programs write in front.</summary>
    private static bool IsZstandard(ReadOnlySpan<byte> head) =>
        head.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(head) is 0xFD2FB528 or (>= 0x184D2A50 and <= 0x184D2A5F);
}

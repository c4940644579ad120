using System.Text;

namespace Cloudreve.Core.Content.Archives.Writing;

/// <summary>An entry of a zip that is being written.</summary>
/// <param name="Name">Its path in UTF-8; that of a folder ends in a slash.</param>
/// <param name="Modified">The time it last changed.</param>
/// <param name="Size">Bytes of its content, as far as known before it is read.</param>
/// <param name="Offset">Its offset in the zip.</param>
/// <param name="Flags">General purpose flags.</param>
internal sealed record ZipEntry(byte[] Name, DateTimeOffset Modified, long Size, long Offset, ushort Flags)
{
    /// <summary>The longest path that the format can hold, in bytes.</summary>
    public const int MaxNameBytes = ushort.MaxValue - 1;

    // Content that cannot be compressed grows by some bytes in 64 KiB.
    private const long LargeDeflated = 0xF000_0000;

    // Checksums follow the content; names are UTF-8.
    private const ushort FileFlags = 0x0808;
    private const ushort FolderFlags = 0x0800;

    private const uint FileMode = 0x81A4u << 16;
    private const uint FolderMode = (0x41EDu << 16) | 0x10;

    public uint Checksum { get; init; }

    public uint Mode { get; init; }

    /// <summary>True if the content is deflated; otherwise it is stored as it is.</summary>
    public bool IsDeflated { get; init; }

    /// <summary>Bytes of the content in the zip.</summary>
    public long PackedSize { get; init; } = Size;

    /// <summary>True if the sizes are written in 64 bits, which is decided before they are known.</summary>
    public bool IsLarge { get; init; } = Size >= ZipRecords.Limit32;

    public static ZipEntry Folder(string path, DateTimeOffset modified, long offset) =>
        new(Encoding.UTF8.GetBytes(path + "/"), modified, 0, offset, FolderFlags) { Mode = FolderMode };

    public static ZipEntry Stored(string path, DateTimeOffset modified, long size, long offset) =>
        new(Encoding.UTF8.GetBytes(path), modified, size, offset, FileFlags) { Mode = FileMode };

    public static ZipEntry Deflated(string path, DateTimeOffset modified, long size, long offset) =>
        new(Encoding.UTF8.GetBytes(path), modified, size, offset, FileFlags) { Mode = FileMode, IsDeflated = true, IsLarge = size >= LargeDeflated };
}

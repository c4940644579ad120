namespace Cloudreve.Core.Content.Archives.Listing;

/// <summary>An entry of a zip, with the data that unpacking it needs. Nothing in it has been checked.</summary>
/// <param name="File">Its description.</param>
internal sealed record ZipMember(ArchivedFile File)
{
    /// <summary>The compression method; 0 for none, 8 for deflate.</summary>
    public int Method { get; init; }

    /// <summary>Bytes of its content in the zip.</summary>
    public long PackedSize { get; init; }

    /// <summary>The offset of its header in the zip.</summary>
    public long Offset { get; init; }

    /// <summary>CRC-32 of its content.</summary>
    public uint Checksum { get; init; }

    /// <summary>True if its content is encrypted.</summary>
    public bool IsEncrypted { get; init; }

    /// <summary>The strength of WinZip's AES method, 1 to 3; 0 for the original method.</summary>
    public int AesStrength { get; init; }

    /// <summary>True if it has a checksum of the content; AE-2 has only its own code.</summary>
    public bool HasChecksum { get; init; } = true;

    /// <summary>The last byte of the header of the original method.</summary>
    public byte CheckByte { get; init; }

    /// <summary>True if it is a symbolic link.</summary>
    public bool IsLink { get; init; }

    /// <summary>Bytes of its name as the zip holds it.</summary>
    public int NameBytes { get; init; }
}

using System.Security.Cryptography;

namespace Cloudreve.Core.Accounts.SignIns;

/// <summary>Ids that are secrets at the same time.</summary>
internal static class Uuid
{
    private const int VersionAt = 6;
    private const int VariantAt = 8;

    /// <summary>Generates a version 4 UUID: 122 bits that nobody can guess.</summary>
    public static Guid Draw()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        bytes[VersionAt] = (byte)(bytes[VersionAt] & 0x0F | 0x40);
        bytes[VariantAt] = (byte)(bytes[VariantAt] & 0x3F | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}

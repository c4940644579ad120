using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Cloudreve.Core.Content.Archives.Listing;

/// <summary>Decrypts headers of 7z: AES-256, with a key that is a hash of the password, repeated many times (7zAes of the LZMA SDK).</summary>
internal static class SevenZipCipher
{
    /// <summary>The method's number.</summary>
    public const long Method = 0x06F10701;

    // 7-Zip writes 19; a second of work.
    private const int MostCycles = 22;

    // The password itself, without a hash.
    private const int NoHash = 0x3F;

    private const int KeyBytes = 32;
    private const int BlockBytes = 16;

    /// <summary>Decrypts a header.</summary>
    /// <param name="source">The encrypted bytes.</param>
    /// <param name="length">The number of plain ones.</param>
    /// <param name="properties">The method's settings.</param>
    /// <param name="password">The password.</param>
    public static byte[] Decrypt(byte[] source, int length, byte[] properties, string password)
    {
        if (properties.Length < 2 || length > source.Length || source.Length % BlockBytes != 0)
            throw DirectoryLimits.NotListable();
        var saltBytes = (properties[0] >> 7) + (properties[1] >> 4);
        var vectorBytes = ((properties[0] >> 6) & 1) + (properties[1] & 0x0F);
        if (properties.Length < 2 + saltBytes + vectorBytes)
            throw DirectoryLimits.NotListable();
        using var aes = Aes.Create();
        aes.Key = KeyOf(properties[0] & 0x3F, properties.AsSpan(2, saltBytes), Encoding.Unicode.GetBytes(password));
        var vector = new byte[BlockBytes];
        properties.AsSpan(2 + saltBytes, vectorBytes).CopyTo(vector);
        return aes.DecryptCbc(source, vector, PaddingMode.None)[..length];
    }

    /// <summary>Checks whether deriving a key takes no longer than is usual.</summary>
    public static bool IsPlausible(byte[] properties) => properties.Length > 0 && (properties[0] & 0x3F) is <= MostCycles or NoHash;

    private static byte[] KeyOf(int cycles, ReadOnlySpan<byte> salt, byte[] password)
    {
        byte[] round = [.. salt, .. password, .. new byte[sizeof(ulong)]];
        if (cycles == NoHash)
        {
            var plain = new byte[KeyBytes];
            round.AsSpan(0, Math.Min(KeyBytes, round.Length)).CopyTo(plain);
            return plain;
        }
        if (cycles > MostCycles)
            throw DirectoryLimits.NotListable();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (ulong i = 0; i < 1UL << cycles; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(round.AsSpan(round.Length - sizeof(ulong)), i);
            hash.AppendData(round);
        }
        return hash.GetHashAndReset();
    }
}

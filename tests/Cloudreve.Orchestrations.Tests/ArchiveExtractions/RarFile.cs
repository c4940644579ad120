using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;

namespace Cloudreve.Orchestrations.Tests.ArchiveExtractions;

/// <summary>RARs of stored entries, byte by byte: no free program writes the format.</summary>
internal static class RarFile
{
    public static readonly DateTimeOffset Modified = new(2020, 2, 3, 4, 5, 6, TimeSpan.Zero);

    /// <summary>What a file says that it unpacks to if its name ends in ".bomb".</summary>
    public const long BombBytes = 200L << 20;

    private const int KeyRounds = 4;

    /// <summary>A RAR 5. A name that ends in a slash is a folder, one that ends in ".link" a symbolic link.</summary>
    public static byte[] Five(params (string Name, byte[] Content)[] entries) => Five("", 0, entries);

    /// <summary>A RAR 5 whose entries are encrypted, or say that they need a window.</summary>
    public static byte[] Five(string password, int compression, params (string Name, byte[] Content)[] entries) =>
        Five(password, compression, [], entries);

    /// <summary>A RAR 5 whose entries are encrypted, each by a key of its own that takes so many rounds, given as powers of two.</summary>
    public static byte[] Five(string password, int compression, byte[] rounds, params (string Name, byte[] Content)[] entries) =>
        Five(password, compression, rounds, hidesNames: false, entries);

    /// <summary>A RAR 5 whose entries and headers are encrypted.</summary>
    public static byte[] HiddenFive(string password, params (string Name, byte[] Content)[] entries) => Five(password, 0, [], hidesNames: true, entries);

    private static byte[] Five(string password, int compression, byte[] rounds, bool hidesNames, (string Name, byte[] Content)[] entries)
    {
        byte salt = 7;
        using var file = new MemoryStream();
        file.Write([0x52, 0x61, 0x72, 0x21, 0x1A, 0x07, 0x01, 0x00]);
        byte[]? key = null;
        if (hidesNames)
        {
            var headers = DeriveFive(password, 3, KeyRounds);
            WriteBlock(file, [.. Number(4), .. Number(0), .. Number(0), .. Number(1), KeyRounds, .. headers.Salt, .. headers.Check], []);
            key = headers.Key;
        }
        WriteBlock(file, [.. Number(1), .. Number(0), .. Number(0)], [], key);
        foreach (var (name, content) in entries)
        {
            var power = rounds.Length == 0 ? (byte)KeyRounds : rounds[salt++ - 7];
            var isFolder = name.EndsWith('/');
            var isLink = name.EndsWith(".link", StringComparison.Ordinal);
            var data = isFolder || isLink ? [] : content;
            var (extra, stored) = password.Length > 0 ? Encrypt(data, password, salt, power) : (isLink ? Redirection("/etc/passwd") : [], data);
            var text = Encoding.UTF8.GetBytes(name.TrimEnd('/'));
            byte[] head = [.. Number(2), .. Number((ulong)(2 | (extra.Length > 0 ? 1 : 0))), .. extra.Length > 0 ? Number((ulong)extra.Length) : [], .. Number((ulong)stored.Length)];
            byte[] description =
            [
                .. Number(isFolder ? 3UL : 6UL), .. Number(name.EndsWith(".bomb", StringComparison.Ordinal) ? (ulong)BombBytes : (ulong)data.Length), .. Number(0), .. UInt32((uint)Modified.ToUnixTimeSeconds()),
                .. isFolder ? [] : UInt32(Crc32.HashToUInt32(data)), .. Number((ulong)compression), .. Number(1), .. Number((ulong)text.Length), .. text,
            ];
            WriteBlock(file, [.. head, .. description, .. extra], stored, key);
        }
        WriteBlock(file, [.. Number(5), .. Number(0), .. Number(0)], [], key);
        return file.ToArray();
    }

    /// <summary>A RAR 4. A name that ends in a slash is a folder.</summary>
    public static byte[] Four(params (byte[] Name, byte[] Content)[] entries) => Four("", entries);

    /// <summary>A RAR 4 whose entries and headers are encrypted.</summary>
    public static byte[] HiddenFour(string password, params (byte[] Name, byte[] Content)[] entries) => Four(password, entries);

    private static byte[] Four(string password, (byte[] Name, byte[] Content)[] entries)
    {
        byte[] salt = [1, 2, 3, 4, 5, 6, 7, 8];
        var key = password.Length > 0 ? DeriveFour(password, salt) : default((byte[] Key, byte[] Vector)?);
        using var file = new MemoryStream();
        file.Write([0x52, 0x61, 0x72, 0x21, 0x1A, 0x07, 0x00]);
        WriteOldBlock(file, 0x73, key is null ? 0 : 0x80, new byte[6], []);
        foreach (var (name, content) in entries)
        {
            var isFolder = name is [.., (byte)'/'];
            var text = isFolder ? name[..^1] : name;
            // 2020-02-03 04:05:06, as DOS has it.
            const uint time = ((2020 - 1980) << 25) | (2 << 21) | (3 << 16) | (4 << 11) | (5 << 5) | 3;
            var stored = key is { } keys ? Encrypt(content, keys.Key, keys.Vector) : content;
            byte[] description =
            [
                .. UInt32((uint)stored.Length), .. UInt32((uint)content.Length), 3, .. UInt32(Crc32.HashToUInt32(content)), .. UInt32(time), 29, 0x30,
                (byte)text.Length, (byte)(text.Length >> 8), .. UInt32(isFolder ? 0x41EDu : 0x81A4), .. text, .. key is null ? [] : salt,
            ];
            WriteOldBlock(file, 0x74, (isFolder ? 0x80E0 : 0x8000) | (key is null ? 0 : 0x404), description, stored, salt, key);
        }
        WriteOldBlock(file, 0x7B, 0x4000, [], [], salt, key);
        return file.ToArray();
    }

    private static void WriteBlock(MemoryStream file, byte[] header, byte[] data, byte[]? key = null)
    {
        byte[] sized = [.. Number((ulong)header.Length), .. header];
        byte[] block = [.. UInt32(Crc32.HashToUInt32(sized)), .. sized];
        var vector = new byte[16];
        file.Write(key is null ? block : [.. vector, .. Encrypt(block, key, vector)]);
        file.Write(data);
    }

    private static void WriteOldBlock(
        MemoryStream file, byte type, int flags, byte[] description, byte[] data, byte[]? salt = null, (byte[] Key, byte[] Vector)? key = null)
    {
        var size = 7 + description.Length;
        byte[] header = [type, (byte)flags, (byte)(flags >> 8), (byte)size, (byte)(size >> 8), .. description];
        var checksum = Crc32.HashToUInt32(header);
        byte[] block = [(byte)checksum, (byte)(checksum >> 8), .. header];
        file.Write(key is { } keys ? [.. salt!, .. Encrypt(block, keys.Key, keys.Vector)] : block);
        file.Write(data);
    }

    private static byte[] Encrypt(byte[] data, byte[] key, byte[] vector)
    {
        using var aes = Aes.Create();
        aes.Key = key;
        var padded = new byte[(data.Length + 15) / 16 * 16];
        data.CopyTo(padded, 0);
        return aes.EncryptCbc(padded, vector, PaddingMode.None);
    }

    /// <summary>The key of RAR 3 and 4: SHA-1 over the password, the salt and a counter, 262,144 times.</summary>
    private static (byte[] Key, byte[] Vector) DeriveFour(string password, byte[] salt)
    {
        const int rounds = 0x40000;
        byte[] seed = [.. Encoding.Unicode.GetBytes(password), .. salt];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        var vector = new byte[16];
        for (var i = 0; i < rounds; i++)
        {
            hash.AppendData(seed);
            hash.AppendData([(byte)i, (byte)(i >> 8), (byte)(i >> 16)]);
            if (i % (rounds / 16) == 0)
                vector[i / (rounds / 16)] = hash.GetCurrentHash()[19];
        }
        var digest = hash.GetCurrentHash();
        return ([.. Enumerable.Range(0, 16).Select(i => digest[(i & ~3) + 3 - (i & 3)])], vector);
    }

    private static (byte[] Key, byte[] Salt, byte[] Check) DeriveFive(string password, byte first, byte power)
    {
        var salt = new byte[16];
        salt[0] = first;
        byte[] Derive(int more) => Rfc2898DeriveBytes.Pbkdf2(password, salt, (1 << power) + more, HashAlgorithmName.SHA256, 32);
        var check = new byte[8];
        var hash = Derive(32);
        for (var i = 0; i < hash.Length; i++)
            check[i % 8] ^= hash[i];
        return (Derive(0), salt, [.. check, .. SHA256.HashData(check)[..4]]);
    }

    private static byte[] Redirection(string target)
    {
        var text = Encoding.UTF8.GetBytes(target);
        byte[] record = [.. Number(5), .. Number(1), .. Number(0), .. Number((ulong)text.Length), .. text];
        return [.. Number((ulong)record.Length), .. record];
    }

    private static (byte[] Extra, byte[] Stored) Encrypt(byte[] data, string password, byte first, byte power)
    {
        var (key, salt, check) = DeriveFive(password, first, power);
        var vector = new byte[16];
        vector[0] = first;
        byte[] record = [.. Number(1), .. Number(0), .. Number(1), power, .. salt, .. vector, .. check];
        return ([.. Number((ulong)record.Length), .. record], Encrypt(data, key, vector));
    }

    private static byte[] UInt32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Number(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        return [.. bytes, (byte)value];
    }
}

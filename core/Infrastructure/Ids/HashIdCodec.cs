using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Cloudreve.Core.Infrastructure.Ids;

/// <summary>The kinds of objects that encoded ids belong to. The numbers are part of the encoding (contract, section 4).</summary>
public enum HashIdKind
{
    /// <summary>A share link.</summary>
    Share = 0,

    /// <summary>A user.</summary>
    User = 1,

    /// <summary>A file or folder.</summary>
    File = 2,

    /// <summary>A storage policy.</summary>
    Policy = 5,

    /// <summary>A direct link.</summary>
    SourceLink = 6,

    /// <summary>A group.</summary>
    Group = 7,

    /// <summary>An entity, the blob behind a file.</summary>
    Entity = 8,

    /// <summary>An audit log entry.</summary>
    AuditLog = 9,

    /// <summary>A node.</summary>
    Node = 10,

    /// <summary>A task.</summary>
    Task = 11,

    /// <summary>A WebDAV account.</summary>
    DavAccount = 12,

    /// <summary>A payment.</summary>
    Payment = 13,
}

/// <summary>
/// Encodes integer ids together with their kind, so that one kind's id never decodes as another's and neighbours reveal nothing about
/// each other: a text is one AES block over kind, number and 56 bits of zeros, in 22 letters and digits. Without the
/// key nobody can compute the text of any number, and of all possible texts one in 2^64 belongs to a kind and one in 2^117
/// to a given number. So a share link may be protected by its id alone.
/// </summary>
/// <param name="secret">The site's secret for ids (setting <c>hash_id_salt</c>), at least 128 random bits.</param>
public sealed class HashIdCodec(string secret)
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int BlockLength = 16;
    private const int KindAt = 7;
    private const int NumberAt = 8;

    // 62^22 is the first power that holds 2^128.
    private const int TextLength = 22;

    private static readonly byte[] s_purpose = "Cloudreve.Functions ids of clients"u8.ToArray();
    private readonly Aes _aes = CreateCipher(secret);

    /// <summary>Encodes an id.</summary>
    /// <param name="id">The id. A negative one has a text that decodes to nothing: a trash is a folder without an id of its own.</param>
    /// <param name="kind">The kind of object that the id belongs to.</param>
    public string Encode(long id, HashIdKind kind)
    {
        Span<byte> block = stackalloc byte[BlockLength];
        block.Clear();
        block[KindAt] = (byte)kind;
        BinaryPrimitives.WriteInt64BigEndian(block[NumberAt..], id);
        _aes.EncryptEcb(block, block, PaddingMode.None);
        return Write(BinaryPrimitives.ReadUInt128BigEndian(block));
    }

    /// <summary>Decodes an id; false when it is malformed or of another kind.</summary>
    /// <param name="text">The text that a client sent.</param>
    /// <param name="kind">The kind that is expected.</param>
    public bool TryDecode(string? text, HashIdKind kind, out long id)
    {
        id = 0;
        if (text?.Length != TextLength || !TryRead(text, out var value))
            return false;
        Span<byte> block = stackalloc byte[BlockLength];
        BinaryPrimitives.WriteUInt128BigEndian(block, value);
        _aes.DecryptEcb(block, block, PaddingMode.None);
        var number = BinaryPrimitives.ReadInt64BigEndian(block[NumberAt..]);
        if (block[..KindAt].ContainsAnyExcept((byte)0) || block[KindAt] != (byte)kind || number < 0)
            return false;
        id = number;
        return true;
    }

    private static Aes CreateCipher(string secret)
    {
        var aes = Aes.Create();
        aes.Key = HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), outputLength: 32, info: s_purpose);
        return aes;
    }

    private static string Write(UInt128 value) => string.Create(TextLength, value, static (text, rest) =>
    {
        for (var i = text.Length - 1; i >= 0; i--)
        {
            (rest, var digit) = UInt128.DivRem(rest, (uint)Digits.Length);
            text[i] = Digits[(int)digit];
        }
    });

    /// <summary>Reads a text; false for other characters, and beyond 128 bits, so that an id has only one text.</summary>
    private static bool TryRead(string text, out UInt128 value)
    {
        value = 0;
        foreach (var letter in text)
        {
            var digit = Digits.IndexOf(letter, StringComparison.Ordinal);
            if (digit < 0 || value > (UInt128.MaxValue - (uint)digit) / (uint)Digits.Length)
                return false;
            value = (value * (uint)Digits.Length) + (uint)digit;
        }
        return true;
    }
}

using HashidsNet;

namespace Cloudreve.Core.HashIds;

/// <summary>What an encoded id belongs to. The numbers are part of the encoding (contract, section 4).</summary>
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

/// <summary>Encodes integer ids together with their kind, so that one kind's id never decodes as another's.</summary>
/// <param name="salt">The site's salt (setting <c>hash_id_salt</c>).</param>
public sealed class HashIdCodec(string salt)
{
    private readonly Hashids _hashids = new(salt);

    /// <summary>Encodes an id.</summary>
    /// <param name="id">Zero or positive.</param>
    /// <param name="kind">What the id belongs to.</param>
    public string Encode(long id, HashIdKind kind) => _hashids.EncodeLong(id, (long)kind);

    /// <summary>Decodes an id; false when it is malformed or of another kind.</summary>
    /// <param name="text">What a client sent.</param>
    /// <param name="kind">The kind that is expected.</param>
    /// <param name="id">The id.</param>
    public bool TryDecode(string? text, HashIdKind kind, out long id)
    {
        id = 0;
        // Longer strings cannot come from us; decoding costs time in proportion to the length.
        if (string.IsNullOrEmpty(text) || text.Length > 32)
            return false;
        var numbers = _hashids.DecodeLong(text);
        if (numbers.Length != 2 || numbers[1] != (long)kind)
            return false;
        id = numbers[0];
        return true;
    }
}

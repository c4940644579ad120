using System.Buffers.Binary;
using System.Formats.Cbor;

namespace Cloudreve.Core.Accounts.Passkeys.WebAuthn;

/// <summary>The flags of authenticator data (WebAuthn Level 3, 6.1).</summary>
[Flags]
internal enum AuthenticatorFlags : byte
{
    None = 0,
    UserPresent = 0x01,
    UserVerified = 0x04,
    BackupEligible = 0x08,
    BackedUp = 0x10,
    AttestedCredential = 0x40,
    Extensions = 0x80,
}

/// <summary>A new credential inside authenticator data (WebAuthn Level 3, 6.5.1).</summary>
/// <param name="Aaguid">The authenticator's model.</param>
/// <param name="PublicKey">The COSE key, as it was sent.</param>
internal sealed record AttestedCredential(byte[] Aaguid, byte[] CredentialId, byte[] PublicKey);

/// <summary>Authenticator data, which an authenticator signs (WebAuthn Level 3, 6.1).</summary>
/// <param name="RpIdHash">The hash of the site's domain.</param>
/// <param name="Flags">The flags of the authenticator.</param>
/// <param name="SignCount">Its counter; 0 when it has none.</param>
/// <param name="Credential">The new credential, at a registration.</param>
internal sealed record AuthenticatorData(byte[] RpIdHash, AuthenticatorFlags Flags, uint SignCount, AttestedCredential? Credential)
{
    /// <summary>The longest id that a credential may have (7.1 step 25).</summary>
    public const int MaxCredentialIdBytes = 1023;

    private const int HashBytes = 32;
    private const int HeadBytes = HashBytes + 1 + sizeof(uint);
    private const int AaguidBytes = 16;

    /// <summary>Parses authenticator data.</summary>
    /// <param name="bytes">The bytes, as signed.</param>
    /// <exception cref="WebAuthnException">They are malformed.</exception>
    public static AuthenticatorData Parse(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < HeadBytes)
            throw Malformed();
        var span = bytes.Span;
        var flags = (AuthenticatorFlags)span[HashBytes];
        var count = BinaryPrimitives.ReadUInt32BigEndian(span[(HashBytes + 1)..]);
        var rest = bytes[HeadBytes..];
        AttestedCredential? credential = null;
        try
        {
            if (flags.HasFlag(AuthenticatorFlags.AttestedCredential))
                credential = ReadCredential(ref rest);
            if (flags.HasFlag(AuthenticatorFlags.Extensions))
                SkipMap(ref rest);
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException)
        {
            throw Malformed();
        }
        return rest.IsEmpty ? new AuthenticatorData(span[..HashBytes].ToArray(), flags, count, credential) : throw Malformed();
    }

    private static WebAuthnException Malformed() => new("The authenticator data is malformed.");

    private static AttestedCredential ReadCredential(ref ReadOnlyMemory<byte> rest)
    {
        if (rest.Length < AaguidBytes + sizeof(ushort))
            throw Malformed();
        var aaguid = rest[..AaguidBytes].ToArray();
        var length = BinaryPrimitives.ReadUInt16BigEndian(rest.Span[AaguidBytes..]);
        rest = rest[(AaguidBytes + sizeof(ushort))..];
        if (length is 0 or > MaxCredentialIdBytes || rest.Length < length)
            throw Malformed();
        var id = rest[..length].ToArray();
        rest = rest[length..];
        return new AttestedCredential(aaguid, id, SkipMap(ref rest).ToArray());
    }

    private static ReadOnlyMemory<byte> SkipMap(ref ReadOnlyMemory<byte> rest)
    {
        var reader = new CborReader(rest, CborConformanceMode.Ctap2Canonical, allowMultipleRootLevelValues: true);
        if (reader.PeekState() != CborReaderState.StartMap)
            throw Malformed();
        var map = reader.ReadEncodedValue();
        rest = rest[map.Length..];
        return map;
    }
}

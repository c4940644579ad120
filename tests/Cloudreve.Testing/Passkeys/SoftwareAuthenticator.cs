using System.Buffers.Binary;
using System.Buffers.Text;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Cloudreve.Testing.Passkeys;

/// <summary>The kinds of keys that the authenticator makes, by their COSE numbers.</summary>
public enum PasskeyAlgorithm
{
    /// <summary>ECDSA with P-256.</summary>
    Es256 = -7,

    /// <summary>Ed25519.</summary>
    EdDsa = -8,

    /// <summary>RSA.</summary>
    Rs256 = -257,
}

/// <summary>
/// An authenticator and the browser before it, in software, with one credential. Everything that a site has to check can be falsified.
/// </summary>
public sealed class SoftwareAuthenticator : IDisposable
{
    private readonly ECDsa _elliptic = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly byte[] _edwards = RandomNumberGenerator.GetBytes(Ed25519.SecretKeySize);

    /// <summary>The kind of its key.</summary>
    public PasskeyAlgorithm Algorithm { get; init; } = PasskeyAlgorithm.Es256;

    /// <summary>The credential's id.</summary>
    public byte[] CredentialId { get; init; } = RandomNumberGenerator.GetBytes(32);

    /// <summary>The origin that the browser shows.</summary>
    public required string Origin { get; set; }

    /// <summary>The domain that the authenticator signs; that of the origin unless set.</summary>
    public string? RpId { get; set; }

    /// <summary>Present 0x01, verified 0x04, may be backed up 0x08, is backed up 0x10.</summary>
    public byte Flags { get; set; } = 0x05;

    /// <summary>The counter of the next signature; stays 0 unless set.</summary>
    public uint Counter { get; set; }

    /// <summary>The format of attestations: none, or packed for self attestation.</summary>
    public string Format { get; init; } = "none";

    /// <summary>Further members of the client data, as JSON that begins with a comma.</summary>
    public string Extra { get; set; } = ",\"crossOrigin\":false";

    /// <summary>Creates the credential.</summary>
    /// <param name="challenge">The challenge in base64url.</param>
    /// <returns>The browser's response, as JSON.</returns>
    public string Create(string challenge)
    {
        var clientData = ClientData("webauthn.create", challenge);
        byte[] length = [(byte)(CredentialId.Length >> 8), (byte)CredentialId.Length];
        byte[] data = [.. Head((byte)(Flags | 0x40)), .. new byte[16], .. length, .. CredentialId, .. PublicKey()];
        var writer = new CborWriter(CborConformanceMode.Ctap2Canonical);
        writer.WriteStartMap(3);
        writer.WriteTextString("fmt");
        writer.WriteTextString(Format);
        writer.WriteTextString("attStmt");
        if (Format == "packed")
        {
            writer.WriteStartMap(2);
            writer.WriteTextString("alg");
            writer.WriteInt32((int)Algorithm);
            writer.WriteTextString("sig");
            writer.WriteByteString(Sign([.. data, .. SHA256.HashData(clientData)]));
            writer.WriteEndMap();
        }
        else
        {
            writer.WriteStartMap(0);
            writer.WriteEndMap();
        }
        writer.WriteTextString("authData");
        writer.WriteByteString(data);
        writer.WriteEndMap();
        return Credential(
            $"\"attestationObject\":\"{Base64Url.EncodeToString(writer.Encode())}\",\"clientDataJSON\":\"{Base64Url.EncodeToString(clientData)}\"");
    }

    /// <summary>Signs in with the credential.</summary>
    /// <param name="challenge">The challenge in base64url.</param>
    /// <returns>The browser's response, as JSON.</returns>
    public string Get(string challenge, string userHandle)
    {
        var clientData = ClientData("webauthn.get", challenge);
        var data = Head(Flags);
        var signature = Sign([.. data, .. SHA256.HashData(clientData)]);
        return Credential(
            $"\"authenticatorData\":\"{Base64Url.EncodeToString(data)}\",\"clientDataJSON\":\"{Base64Url.EncodeToString(clientData)}\","
            + $"\"signature\":\"{Base64Url.EncodeToString(signature)}\",\"userHandle\":\"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(userHandle))}\"");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _elliptic.Dispose();
        _rsa.Dispose();
    }

    private string Credential(string response)
    {
        var id = Base64Url.EncodeToString(CredentialId);
        return $"{{\"id\":\"{id}\",\"rawId\":\"{id}\",\"type\":\"public-key\",\"response\":{{{response}}}}}";
    }

    private byte[] ClientData(string type, string challenge) =>
        Encoding.UTF8.GetBytes($"{{\"type\":\"{type}\",\"challenge\":\"{challenge}\",\"origin\":{JsonSerializer.Serialize(Origin)}{Extra}}}");

    private byte[] Head(byte flags)
    {
        var counter = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(counter, Counter);
        return [.. SHA256.HashData(Encoding.UTF8.GetBytes(RpId ?? new Uri(Origin).Host)), flags, .. counter];
    }

    private byte[] Sign(byte[] data)
    {
        switch (Algorithm)
        {
            case PasskeyAlgorithm.Es256:
                return _elliptic.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
            case PasskeyAlgorithm.Rs256:
                return _rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            default:
                var signature = new byte[Ed25519.SignatureSize];
                Ed25519.Sign(_edwards, 0, data, 0, data.Length, signature, 0);
                return signature;
        }
    }

    // Label 1 is the kind of key, 3 the algorithm; the rest belongs to the kind (RFC 9052 and 9053).
    private byte[] PublicKey()
    {
        var writer = new CborWriter(CborConformanceMode.Ctap2Canonical);
        writer.WriteStartMap(Algorithm switch { PasskeyAlgorithm.Es256 => 5, _ => 4 });
        writer.WriteInt32(1);
        writer.WriteInt32(Algorithm switch { PasskeyAlgorithm.Es256 => 2, PasskeyAlgorithm.Rs256 => 3, _ => 1 });
        writer.WriteInt32(3);
        writer.WriteInt32((int)Algorithm);
        writer.WriteInt32(-1);
        switch (Algorithm)
        {
            case PasskeyAlgorithm.Es256:
                var point = _elliptic.ExportParameters(includePrivateParameters: false).Q;
                writer.WriteInt32(1);
                writer.WriteInt32(-2);
                writer.WriteByteString(point.X!);
                writer.WriteInt32(-3);
                writer.WriteByteString(point.Y!);
                break;
            case PasskeyAlgorithm.Rs256:
                var key = _rsa.ExportParameters(includePrivateParameters: false);
                writer.WriteByteString(key.Modulus!);
                writer.WriteInt32(-2);
                writer.WriteByteString(key.Exponent!);
                break;
            default:
                var edwards = new byte[Ed25519.PublicKeySize];
                Ed25519.GeneratePublicKey(_edwards, 0, edwards, 0);
                writer.WriteInt32(6);
                writer.WriteInt32(-2);
                writer.WriteByteString(edwards);
                break;
        }
        writer.WriteEndMap();
        return writer.Encode();
    }
}

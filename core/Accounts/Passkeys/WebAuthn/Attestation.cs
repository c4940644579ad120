using System.Formats.Asn1;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cloudreve.Core.Accounts.Passkeys.WebAuthn;

/// <summary>
/// An attestation object (WebAuthn Level 3, 6.5.4) of format none or packed. The site trusts no manufacturer in particular, so a
/// certificate's signature is checked and its issuer is not: it counts as self attestation (7.1 step 24).
/// </summary>
/// <param name="Format">The format's name.</param>
/// <param name="Statement">The statement, a CBOR map.</param>
/// <param name="AuthenticatorData">The authenticator data, as signed.</param>
internal sealed record Attestation(string Format, ReadOnlyMemory<byte> Statement, ReadOnlyMemory<byte> AuthenticatorData)
{
    private const string AaguidExtension = "1.3.6.1.4.1.45724.1.1.4";
    private const string OrganizationalUnit = "2.5.4.11";

    /// <summary>Parses an attestation object.</summary>
    /// <param name="bytes">CBOR.</param>
    /// <exception cref="WebAuthnException">It is malformed.</exception>
    public static Attestation Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            string? format = null;
            ReadOnlyMemory<byte>? statement = null, data = null;
            var reader = new CborReader(bytes, CborConformanceMode.Strict);
            reader.ReadStartMap();
            while (reader.PeekState() != CborReaderState.EndMap)
            {
                switch (reader.ReadTextString())
                {
                    case "fmt":
                        format = reader.ReadTextString();
                        break;
                    case "attStmt":
                        statement = reader.ReadEncodedValue();
                        break;
                    case "authData":
                        data = reader.ReadByteString();
                        break;
                    default:
                        reader.SkipValue();
                        break;
                }
            }
            reader.ReadEndMap();
            return format is not null && statement is { } map && data is { } authenticatorData && reader.BytesRemaining == 0
                ? new Attestation(format, map, authenticatorData)
                : throw Malformed();
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException)
        {
            throw Malformed();
        }
    }

    /// <summary>Throws unless the statement is valid.</summary>
    /// <param name="credential">The new credential.</param>
    /// <exception cref="WebAuthnException">It is not, or its format is not accepted.</exception>
    public void Verify(AttestedCredential credential, CoseKey key, byte[] clientDataHash)
    {
        try
        {
            switch (Format)
            {
                case "none":
                    var reader = new CborReader(Statement, CborConformanceMode.Strict);
                    if (reader.ReadStartMap() != 0)
                        throw new WebAuthnException("An attestation of format none must be empty.");
                    break;
                case "packed":
                    VerifyPacked(credential, key, clientDataHash);
                    break;
                default:
                    throw new WebAuthnException("The attestation format is not supported.");
            }
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException or CryptographicException or AsnContentException)
        {
            throw Malformed();
        }
    }

    private static WebAuthnException Malformed() => new("The attestation is malformed.");

    // 8.2.
    private void VerifyPacked(AttestedCredential credential, CoseKey key, byte[] clientDataHash)
    {
        var (algorithm, signature, certificates) = ReadPacked();
        byte[] signed = [.. AuthenticatorData.Span, .. clientDataHash];
        if (certificates is null)
        {
            if (algorithm != (int)key.Kind || !key.Verify(signed, signature))
                throw new WebAuthnException("The self-attestation is invalid.");
            return;
        }
        if (certificates.Count == 0)
            throw Malformed();
        using var leaf = X509CertificateLoader.LoadCertificate(certificates[0]);
        CheckCertificate(leaf, credential.Aaguid);
        if (!VerifyWith(leaf, algorithm, signed, signature))
            throw new WebAuthnException("The attestation signature is invalid.");
    }

    private (int Algorithm, byte[] Signature, List<byte[]>? Certificates) ReadPacked()
    {
        int? algorithm = null;
        byte[]? signature = null;
        List<byte[]>? certificates = null;
        var reader = new CborReader(Statement, CborConformanceMode.Strict);
        reader.ReadStartMap();
        while (reader.PeekState() != CborReaderState.EndMap)
        {
            switch (reader.ReadTextString())
            {
                case "alg":
                    algorithm = reader.ReadInt32();
                    break;
                case "sig":
                    signature = reader.ReadByteString();
                    break;
                case "x5c":
                    certificates = ReadCertificates(reader);
                    break;
                default:
                    throw Malformed();
            }
        }
        reader.ReadEndMap();
        return algorithm is { } known && signature is not null ? (known, signature, certificates) : throw Malformed();
    }

    private static List<byte[]> ReadCertificates(CborReader reader)
    {
        var certificates = new List<byte[]>();
        reader.ReadStartArray();
        while (reader.PeekState() != CborReaderState.EndArray)
            certificates.Add(reader.ReadByteString());
        reader.ReadEndArray();
        return certificates;
    }

    // 8.2.1.
    private static void CheckCertificate(X509Certificate2 certificate, byte[] aaguid)
    {
        var units = certificate.SubjectName.EnumerateRelativeDistinguishedNames().Where(name => !name.HasMultipleElements)
            .Where(name => string.Equals(name.GetSingleElementType().Value, OrganizationalUnit, StringComparison.Ordinal));
        var isAttestation = certificate.Version == 3
            && units.Any(name => string.Equals(name.GetSingleElementValue(), "Authenticator Attestation", StringComparison.Ordinal))
            && certificate.Extensions.OfType<X509BasicConstraintsExtension>().SingleOrDefault() is { CertificateAuthority: false };
        if (!isAttestation)
            throw new WebAuthnException("The attestation certificate does not belong to an authenticator.");
        if (certificate.Extensions[AaguidExtension] is not { } extension)
            return;
        if (extension.Critical || !AsnDecoder.ReadOctetString(extension.RawData, AsnEncodingRules.DER, out _).AsSpan().SequenceEqual(aaguid))
            throw new WebAuthnException("The attestation certificate belongs to a different authenticator model.");
    }

    private static bool VerifyWith(X509Certificate2 certificate, int algorithm, byte[] data, byte[] signature)
    {
        switch (algorithm)
        {
            case (int)CoseAlgorithm.Es256:
                using (var key = certificate.GetECDsaPublicKey())
                    return key?.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence) ?? false;
            case (int)CoseAlgorithm.Rs256:
                using (var key = certificate.GetRSAPublicKey())
                    return key?.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) ?? false;
            default:
                throw new WebAuthnException("The attestation algorithm is not supported.");
        }
    }
}

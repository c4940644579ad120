using System.Formats.Cbor;
using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Cloudreve.Core.Accounts.Passkeys.WebAuthn;

/// <summary>Algorithms of signatures (RFC 9053, RFC 8812).</summary>
internal enum CoseAlgorithm
{
    /// <summary>ECDSA with P-256 and SHA-256.</summary>
    Es256 = -7,

    /// <summary>Ed25519.</summary>
    EdDsa = -8,

    /// <summary>RSASSA-PKCS1-v1_5 with SHA-256.</summary>
    Rs256 = -257,
}

/// <summary>The public key of a credential (RFC 9052, section 7).</summary>
internal abstract class CoseKey
{
    // Labels of RFC 9052 and RFC 9053.
    private const int KeyType = 1;
    private const int Algorithm = 3;
    private const int CurveOrModulus = -1;
    private const int XOrExponent = -2;
    private const int Y = -3;
    private const int TypeOctet = 1;
    private const int TypeElliptic = 2;
    private const int TypeRsa = 3;
    private const int CurveP256 = 1;
    private const int CurveEd25519 = 6;

    private const int MinModulusBytes = 256;
    private const int MaxModulusBytes = 1024;

    /// <summary>The accepted algorithms, the best one first.</summary>
    public static IReadOnlyList<CoseAlgorithm> Supported { get; } = [CoseAlgorithm.EdDsa, CoseAlgorithm.Es256, CoseAlgorithm.Rs256];

    /// <summary>The key's one algorithm.</summary>
    public abstract CoseAlgorithm Kind { get; }

    /// <summary>Verifies a signature against the key.</summary>
    /// <param name="data">The signed data.</param>
    public abstract bool Verify(byte[] data, byte[] signature);

    /// <summary>Parses a key.</summary>
    /// <param name="bytes">CBOR.</param>
    /// <exception cref="WebAuthnException">It is malformed, or of an unsupported kind.</exception>
    public static CoseKey Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var (numbers, strings) = ReadMap(bytes);
            return (numbers.GetValueOrDefault(KeyType), numbers.GetValueOrDefault(Algorithm)) switch
            {
                (TypeElliptic, (int)CoseAlgorithm.Es256) when numbers.GetValueOrDefault(CurveOrModulus) == CurveP256 =>
                    new EllipticKey(strings[XOrExponent], strings[Y]),
                (TypeOctet, (int)CoseAlgorithm.EdDsa) when numbers.GetValueOrDefault(CurveOrModulus) == CurveEd25519 =>
                    new EdwardsKey(strings[XOrExponent]),
                (TypeRsa, (int)CoseAlgorithm.Rs256) when strings[CurveOrModulus].Length is >= MinModulusBytes and <= MaxModulusBytes =>
                    new RsaKey(strings[CurveOrModulus], strings[XOrExponent]),
                _ => throw new WebAuthnException("The key type is not supported."),
            };
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException or KeyNotFoundException or CryptographicException or OverflowException)
        {
            throw new WebAuthnException("The public key is malformed.");
        }
    }

    private static (Dictionary<int, int> Numbers, Dictionary<int, byte[]> Strings) ReadMap(ReadOnlyMemory<byte> bytes)
    {
        var numbers = new Dictionary<int, int>();
        var strings = new Dictionary<int, byte[]>();
        var reader = new CborReader(bytes, CborConformanceMode.Ctap2Canonical);
        reader.ReadStartMap();
        while (reader.PeekState() != CborReaderState.EndMap)
        {
            var label = reader.ReadInt32();
            if (reader.PeekState() == CborReaderState.ByteString)
                strings[label] = reader.ReadByteString();
            else
                numbers[label] = reader.ReadInt32();
        }
        reader.ReadEndMap();
        return (numbers, strings);
    }

    private sealed class EllipticKey : CoseKey
    {
        private readonly ECParameters _key;

        public EllipticKey(byte[] x, byte[] y)
        {
            _key = new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x, Y = y } };
            // Refuses a point that is not on the curve.
            using var check = ECDsa.Create(_key);
        }

        public override CoseAlgorithm Kind => CoseAlgorithm.Es256;

        public override bool Verify(byte[] data, byte[] signature)
        {
            using var key = ECDsa.Create(_key);
            return key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
    }

    private sealed class RsaKey(byte[] modulus, byte[] exponent) : CoseKey
    {
        public override CoseAlgorithm Kind => CoseAlgorithm.Rs256;

        public override bool Verify(byte[] data, byte[] signature)
        {
            using var key = RSA.Create(new RSAParameters { Modulus = modulus, Exponent = exponent });
            return key.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        }
    }

    /// <summary>The framework has no Ed25519; the library is used to verify only, so none of our secrets depends on it.</summary>
    private sealed class EdwardsKey : CoseKey
    {
        private readonly byte[] _key;

        public EdwardsKey(byte[] key)
        {
            if (key.Length != Ed25519.PublicKeySize || !Ed25519.ValidatePublicKeyFull(key, 0))
                throw new CryptographicException("The point is not on the curve.");
            _key = key;
        }

        public override CoseAlgorithm Kind => CoseAlgorithm.EdDsa;

        public override bool Verify(byte[] data, byte[] signature) =>
            signature.Length == Ed25519.SignatureSize && Ed25519.Verify(signature, 0, _key, 0, data, 0, data.Length);
    }
}

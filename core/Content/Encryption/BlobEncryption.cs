using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Content.Encryption;

/// <summary>The key of one blob, in plain text.</summary>
/// <param name="Key">32 bytes.</param>
/// <param name="Iv">The counter block of the first byte, 16 bytes.</param>
public sealed record BlobKey(byte[] Key, byte[] Iv)
{
    /// <summary>The algorithm's name in the API.</summary>
    public const string Algorithm = "aes-256-ctr";

    /// <summary>Creates the cipher of this key.</summary>
    public CtrCipher CreateCipher() => new(Key, Iv);
}

/// <summary>
/// Keys of encrypted blobs. Each blob has its own, which is stored wrapped by the site's master key (AES-256-GCM), so the rows alone
/// do not open a blob.
/// </summary>
/// <param name="masterKeys">The master key.</param>
public sealed class BlobEncryption(MasterKeys masterKeys)
{
    private const int TagSize = 16;
    private const int NonceSize = 12;

    /// <summary>Creates the key of a new blob.</summary>
    /// <returns>The value of <see cref="EntityRecord.Encryption"/>.</returns>
    public async Task<string> CreateAsync(CancellationToken cancellationToken = default)
    {
        var iv = RandomNumberGenerator.GetBytes(CtrCipher.IvSize);
        var wrapped = Wrap(await masterKeys.GetAsync(cancellationToken), RandomNumberGenerator.GetBytes(CtrCipher.KeySize), iv);
        return JsonSerializer.Serialize(new WrappedKey(BlobKey.Algorithm, wrapped, iv), EncryptionJson.Default.WrappedKey);
    }

    /// <summary>Opens the key of a blob.</summary>
    /// <param name="encryption">The value of <see cref="EntityRecord.Encryption"/>.</param>
    /// <exception cref="CloudreveException">50002 when the master key is not the one that wrapped it.</exception>
    public async Task<BlobKey> OpenAsync(string encryption, CancellationToken cancellationToken = default)
    {
        try
        {
            var wrapped = JsonSerializer.Deserialize(encryption, EncryptionJson.Default.WrappedKey);
            if (wrapped is not { Algorithm: BlobKey.Algorithm })
                throw new CloudreveException(ErrorCode.EncryptionError, "The encryption of the content is not supported.");
            return new BlobKey(Unwrap(await masterKeys.GetAsync(cancellationToken), wrapped.Key, wrapped.Iv), wrapped.Iv);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or JsonException)
        {
            throw new CloudreveException(ErrorCode.EncryptionError, "The content cannot be decrypted with the site's master key.", e);
        }
    }

    private static byte[] Wrap(byte[] masterKey, byte[] key, byte[] iv)
    {
        var wrapped = new byte[NonceSize + TagSize + key.Length];
        RandomNumberGenerator.Fill(wrapped.AsSpan(0, NonceSize));
        using var gcm = new AesGcm(masterKey, TagSize);
        gcm.Encrypt(wrapped.AsSpan(0, NonceSize), key, wrapped.AsSpan(NonceSize + TagSize), wrapped.AsSpan(NonceSize, TagSize), iv);
        return wrapped;
    }

    private static byte[] Unwrap(byte[] masterKey, byte[] wrapped, byte[] iv)
    {
        if (wrapped.Length != NonceSize + TagSize + CtrCipher.KeySize || iv.Length != CtrCipher.IvSize)
            throw new CryptographicException("The stored encryption key has an invalid length.");
        var key = new byte[CtrCipher.KeySize];
        using var gcm = new AesGcm(masterKey, TagSize);
        gcm.Decrypt(wrapped.AsSpan(0, NonceSize), wrapped.AsSpan(NonceSize + TagSize), wrapped.AsSpan(NonceSize, TagSize), key, iv);
        return key;
    }
}

/// <summary>A blob's key as it is stored in its row.</summary>
internal sealed record WrappedKey(string Algorithm, byte[] Key, byte[] Iv);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(WrappedKey))]
internal sealed partial class EncryptionJson : JsonSerializerContext;

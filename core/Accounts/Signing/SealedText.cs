using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.Signing;

/// <summary>
/// Encrypts secrets that must be read again, such as those of authenticator apps, so that a copy of one table reveals none of them:
/// AES-256-GCM under a key that is derived from the site's secret. The context binds a text to its place.
/// </summary>
internal static class SealedText
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    /// <summary>Encrypts bytes.</summary>
    /// <param name="site">The site, for its secret.</param>
    /// <param name="context">The purpose and owner of the secret; must be the same when it is opened.</param>
    /// <param name="secret">The bytes.</param>
    public static string Seal(SiteSettings site, string context, ReadOnlySpan<byte> secret)
    {
        var sealedBytes = new byte[NonceBytes + TagBytes + secret.Length];
        RandomNumberGenerator.Fill(sealedBytes.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(DeriveKey(site), TagBytes);
        cipher.Encrypt(
            sealedBytes.AsSpan(0, NonceBytes), secret, sealedBytes.AsSpan(NonceBytes + TagBytes), sealedBytes.AsSpan(NonceBytes, TagBytes),
            Encoding.UTF8.GetBytes(context));
        return Base64Url.EncodeToString(sealedBytes);
    }

    /// <summary>Decrypts what <see cref="Seal"/> made.</summary>
    /// <param name="site">The site, for its secret.</param>
    /// <param name="context">The purpose and owner of the secret.</param>
    /// <param name="text">The encrypted bytes.</param>
    /// <exception cref="CryptographicException">The text was altered, or belongs to another context or site.</exception>
    public static byte[] Open(SiteSettings site, string context, string text)
    {
        var sealedBytes = Base64Url.DecodeFromChars(text);
        if (sealedBytes.Length < NonceBytes + TagBytes)
            throw new CryptographicException("The text is too short.");
        var secret = new byte[sealedBytes.Length - NonceBytes - TagBytes];
        using var cipher = new AesGcm(DeriveKey(site), TagBytes);
        cipher.Decrypt(
            sealedBytes.AsSpan(0, NonceBytes), sealedBytes.AsSpan(NonceBytes + TagBytes), sealedBytes.AsSpan(NonceBytes, TagBytes), secret,
            Encoding.UTF8.GetBytes(context));
        return secret;
    }

    private static byte[] DeriveKey(SiteSettings site)
    {
        var secret = site.Get(SiteSetting.TwoFactorKey) is { Length: > 0 } kept ? kept : site.Get(SiteSetting.SecretKey);
        return HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), 32, info: "cloudreve sealed text v1"u8.ToArray());
    }
}

using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.Signing;

/// <summary>
/// Signs paths of the site, so that anybody who holds the address may use it: <c>sign=&lt;base64url HMAC-SHA256&gt;:&lt;unix expiry&gt;</c>,
/// expiry 0 for never (contract, section 15). The key is derived from the site's secret and used for nothing else.
/// </summary>
/// <param name="clock">Determines what has expired.</param>
public sealed class UrlSigner(TimeProvider clock)
{
    /// <summary>The query parameter that carries a signature.</summary>
    public const string Parameter = "sign";

    private const string Purpose = "cloudreve signed url v1";

    /// <summary>Signs a path.</summary>
    /// <param name="site">The site, for its secret.</param>
    /// <param name="path">The path as it stands in the address, without host and query.</param>
    /// <param name="expires">The time the signature expires; null for never.</param>
    public static string Sign(SiteSettings site, string path, DateTimeOffset? expires)
    {
        var end = expires?.ToUnixTimeSeconds() ?? 0;
        return string.Create(CultureInfo.InvariantCulture, $"{Base64Url.EncodeToString(Compute(site, path, end))}:{end}");
    }

    /// <summary>Throws unless a path is signed.</summary>
    /// <param name="site">The site, for its secret.</param>
    /// <param name="path">The path of the request.</param>
    /// <param name="signature">The signature of the request; null for none.</param>
    /// <exception cref="CloudreveException">403 missing, 40071 wrong, 40005 expired.</exception>
    public void Verify(SiteSettings site, string path, string? signature)
    {
        if (string.IsNullOrEmpty(signature))
            throw new CloudreveException(ErrorCode.NoPermission, "The URL is not signed.");
        var colon = signature.LastIndexOf(':');
        // The hash is checked before the expiry, which is only meaningful once it is authenticated.
        if (colon < 0
            || !long.TryParse(signature.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var end)
            || !IsHash(site, path, end, signature.AsSpan(0, colon)))
            throw new CloudreveException(ErrorCode.BadSignature, "The signature of the URL is invalid.");
        if (end != 0 && clock.GetUtcNow().ToUnixTimeSeconds() >= end)
            throw new CloudreveException(ErrorCode.SignatureExpired, "The URL has expired.");
    }

    private static bool IsHash(SiteSettings site, string path, long end, ReadOnlySpan<char> text)
    {
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        return Base64Url.DecodeFromChars(text, given, out _, out var length) == OperationStatus.Done
            && CryptographicOperations.FixedTimeEquals(given[..length], Compute(site, path, end));
    }

    private static byte[] Compute(SiteSettings site, string path, long end)
    {
        var key = HMACSHA256.HashData(Encoding.UTF8.GetBytes(site.Get(SiteSetting.SecretKey)), Encoding.UTF8.GetBytes(Purpose));
        return HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{end}\n{path}")));
    }
}

using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cloudreve.Core.Accounts.Signing;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Functions.Api.Files.Uploads;

/// <summary>
/// Addresses of the site that only the client that began an upload knows. They are signed instead of stored, and are outside the API's
/// prefix, since they are not part of the API: to clients they are a storage provider's.
/// </summary>
internal static class UploadAddresses
{
    /// <summary>
    /// The query parameter with the version of the placeholder's row. It is a hint: with another value the row is read again.
    /// </summary>
    public const string PlaceholderParameter = "at";

    private const string SecretPurpose = "cloudreve upload callback v1";

    /// <summary>The path at which a client reports that all chunks are sent.</summary>
    public static string CompletePath(Guid id) => $"/uploads/{id:D}/complete";

    /// <summary>The path to which a client sends the only chunk of an empty file, since Azure refuses an empty block.</summary>
    public static string EmptyPath(Guid id) => $"/uploads/{id:D}/empty";

    /// <summary>A whole address, signed.</summary>
    public static string Sign(HttpContext http, SiteSettings site, string path, UploadSession session)
    {
        var signature = Uri.EscapeDataString(UrlSigner.Sign(site, path, session.ExpiresAt));
        var hint = session.PlaceholderETag.Length == 0 ? "" : $"&{PlaceholderParameter}={Uri.EscapeDataString(session.PlaceholderETag)}";
        return $"{Edge.SiteUrls.Base(http, site, primary: false)}{path}?{UrlSigner.Parameter}={signature}{hint}";
    }

    /// <summary>The last part of an upload's callback address.</summary>
    /// <param name="site">The site, for its secret.</param>
    public static string SecretOf(SiteSettings site, Guid id)
    {
        var key = HMACSHA256.HashData(Encoding.UTF8.GetBytes(site.Get(SiteSetting.SecretKey)), Encoding.UTF8.GetBytes(SecretPurpose));
        return Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(id.ToString("N", CultureInfo.InvariantCulture))));
    }

    /// <summary>Throws unless a secret matches an upload's.</summary>
    /// <param name="site">The site, for its secret.</param>
    /// <param name="secret">The secret that the request carries.</param>
    /// <exception cref="CloudreveException">40011.</exception>
    public static void Verify(SiteSettings site, Guid id, string secret)
    {
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(SecretOf(site, id)), Encoding.UTF8.GetBytes(secret)))
            throw new CloudreveException(ErrorCode.UploadSessionExpired, "The upload session does not exist or has expired.");
    }
}

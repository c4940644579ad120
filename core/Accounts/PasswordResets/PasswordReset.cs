using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts.AccountMails;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.PasswordResets;

/// <summary>
/// Lets users replace a password that they have forgotten, with a link that comes by mail (contract, section 6). The link's secret is
/// stored nowhere: it is derived from the request, the account's password and the site's secret, so that nobody who reads the tables
/// can make one, and a change of the password invalidates it.
/// </summary>
/// <param name="requests">The requests for mails.</param>
public sealed class PasswordReset(UserStore users, MailRequests requests)
{
    /// <summary>Lifetime of a link.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(3600);

    private const int SecretLength = 32;

    /// <summary>Requests the mail. At most five transactions.</summary>
    /// <param name="siteUrl">Scheme and host of the link.</param>
    /// <param name="email">The account's mail address.</param>
    /// <param name="language">Locale code; null for the account's.</param>
    /// <exception cref="CloudreveException">40021 unknown, 40017 banned, 40018 not activated, 40028 no mail server.</exception>
    public async Task AskAsync(SiteSettings site, string siteUrl, string email, string? language, CancellationToken cancellationToken = default)
    {
        MailRequests.RequireMail(site);
        var user = await users.FindByEmailAsync(email, cancellationToken)
            ?? throw new CloudreveException(ErrorCode.UserNotFound, "No account exists for this email address.");
        PasswordSignIn.CheckStatus(user);
        await requests.AskAsync(AccountMailKind.Reset, user, siteUrl, language, Lifetime, cancellationToken);
    }

    /// <summary>
    /// Replaces the password and consumes the link, atomically. Three transactions, besides a hash. All refresh tokens end.
    /// </summary>
    /// <param name="secret">The link's secret.</param>
    /// <param name="password">The new password.</param>
    /// <param name="client">The client that makes the request.</param>
    /// <exception cref="CloudreveException">40001 invalid password, 40030 the link is wrong, used or too old, 40017 banned, 40018 not
    /// activated.</exception>
    public async Task<User> FinishAsync(SiteSettings site, long userId, string secret, string password, ClientAddress client, CancellationToken cancellationToken = default)
    {
        PasswordRules.Check(password);
        var request = await requests.FindAsync(AccountMailKind.Reset, userId, cancellationToken) ?? throw Expired();
        var user = await users.FindAsync(userId, cancellationToken) ?? throw Expired();
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(SecretOf(site, user, request)), Encoding.UTF8.GetBytes(secret)))
            throw Expired();
        PasswordSignIn.CheckStatus(user);
        var hash = await PasswordHasher.HashAsync(password, client, cancellationToken);
        try
        {
            return await users.ReplaceAsync(
                user with { PasswordHash = hash, IsEmailVerified = true }, batch => batch.Delete(request.RowKey, request.ETag), cancellationToken);
        }
        catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
        {
            // The link was used by another call, or the account changed meanwhile: another link can be requested. Unless it was our own write, whose
            // response was lost: no other password has this hash.
            return await users.FindAsync(userId, cancellationToken) is { } current && current.PasswordHash == hash ? current : throw Expired();
        }
    }

    /// <summary>The secret of a request's link.</summary>
    /// <param name="site">The site, for its secret.</param>
    internal static string SecretOf(SiteSettings site, User user, Row request)
    {
        var key = HMACSHA256.HashData(Encoding.UTF8.GetBytes(site.Get(SiteSetting.SecretKey)), "cloudreve password reset v1"u8);
        var content = string.Create(CultureInfo.InvariantCulture, $"{user.Id}\n{request.RequiredText(MailRequests.Nonce)}\n{user.PasswordHash}");
        return Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(content)))[..SecretLength];
    }

    private static CloudreveException Expired() => new(ErrorCode.TemporaryLinkExpired, "The link is invalid or has expired.");
}

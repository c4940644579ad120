using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts.Mails;
using Cloudreve.Core.Accounts.Mails.Smtp;
using Cloudreve.Core.Accounts.PasswordResets;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Accounts.Signing;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Accounts.AccountMails;

/// <summary>
/// Writes and sends the requested mails. A mail whose request has ended, or that its account no longer needs, is
/// dropped. Harmless to repeat: the mail is the same each time.
/// </summary>
/// <param name="settings">Templates and the mail server.</param>
/// <param name="quota">Knows how much storage an account uses.</param>
/// <param name="sender">Sends.</param>
/// <param name="logger">Receives what was not sent.</param>
public sealed class AccountMailer(
    SettingStore settings, UserStore users, MailRequests requests, QuotaLedger quota, SmtpSender sender, ILogger<AccountMailer> logger)
{
    // The path of the API that the front end calls from the page of the link.
    private const string ActivationPath = "/api/v4/user/activate/";

    /// <summary>Sends a mail.</summary>
    /// <param name="message">The message of the mail queue.</param>
    /// <exception cref="Exception">The mail server failed: the message must be retried.</exception>
    public async Task SendAsync(string message, CancellationToken cancellationToken = default)
    {
        if (Read(message) is not { } mail || await requests.FindAsync(mail, cancellationToken) is not { } request)
            return;
        var site = await settings.GetAsync(cancellationToken);
        if (SmtpSettings.Of(site) is not { } smtp || await users.FindAsync(mail.UserId, cancellationToken) is not { } user || !IsNeeded(mail, user))
            return;
        try
        {
            await sender.SendAsync(smtp, await WriteAsync(site, mail, user, request, cancellationToken), cancellationToken);
        }
        catch (MailRefusedException e)
        {
            logger.LogWarning("A mail to user {UserId} was not sent. {Reason}", user.Id, e.Message);
        }
    }

    /// <summary>
    /// The text that the signature of an activation link covers: the path, and the password that the account had when the mail was requested.
    /// Someone who signs up with another person's address must not have its owner activate a password that the owner does not know.
    /// </summary>
    /// <param name="encodedUserId">The account's encoded id.</param>
    public static string ActivationTextOf(string encodedUserId, User user) =>
        ActivationTextOf(encodedUserId, PasswordHasher.Fingerprint(user.PasswordHash));

    private static string ActivationTextOf(string encodedUserId, string password) => $"{ActivationPath}{encodedUserId}\n{password}";

    private static AccountMail? Read(string message)
    {
        try
        {
            return JsonSerializer.Deserialize(message, AccountMailJson.Default.AccountMail);
        }
        catch (JsonException)
        {
            // It would be no valid message the next time either.
            return null;
        }
    }

    private static bool IsNeeded(AccountMail mail, User user) => mail.Kind switch
    {
        AccountMailKind.Activation => user.Status == UserStatus.Inactive,
        _ => user.Status == UserStatus.Active,
    };

    private async Task<OutgoingMail> WriteAsync(SiteSettings site, AccountMail mail, User user, Row request, CancellationToken cancellationToken)
    {
        var (json, fallback) = mail.Kind == AccountMailKind.Activation
            ? (site.Get(MailSetting.ActivationTemplate), MailDefaults.Activation)
            : (site.Get(MailSetting.ResetTemplate), MailDefaults.Reset);
        var template = MailTemplate.Choose(json, fallback, mail.Language ?? user.Settings.Language);
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["CommonContext.SiteBasic.Name"] = site.Get(SiteSetting.SiteName),
            ["CommonContext.SiteBasic.Description"] = site.Get(AppearanceSetting.Description),
            ["CommonContext.SiteBasic.ID"] = site.Get(SiteSetting.SiteId),
            ["CommonContext.Logo.Normal"] = Absolute(mail.SiteUrl, site.Get(SiteSetting.Logo)),
            ["CommonContext.Logo.Light"] = Absolute(mail.SiteUrl, site.Get(SiteSetting.LogoLight)),
            ["CommonContext.SiteUrl"] = mail.SiteUrl,
            ["User.ID"] = site.HashIds.Encode(user.Id, HashIdKind.User),
            ["User.Email"] = user.Email,
            ["User.Nick"] = user.Nick,
            ["Url"] = LinkOf(site, mail, user, request),
        };
        if (template.Body.Contains("User.Storage", StringComparison.Ordinal))
            values["User.Storage"] = (await quota.GetUsedAsync(user.Id, cancellationToken)).ToString(CultureInfo.InvariantCulture);
        return new OutgoingMail(IdOf(mail), user.Email, user.Nick, template.RenderTitle(values), template.RenderBody(values));
    }

    private static string LinkOf(SiteSettings site, AccountMail mail, User user, Row request)
    {
        var id = site.HashIds.Encode(user.Id, HashIdKind.User);
        if (mail.Kind == AccountMailKind.Reset)
            return $"{mail.SiteUrl}/session/reset?id={id}&secret={PasswordReset.SecretOf(site, user, request)}";
        var signature = UrlSigner.Sign(site, ActivationTextOf(id, request.RequiredText(MailRequests.Password)), request.Time(SessionSweep.ExpiresAt));
        return $"{mail.SiteUrl}/session/activate?id={id}&sign={Uri.EscapeDataString(signature)}";
    }

    private static string Absolute(string siteUrl, string address) => address.StartsWith('/') ? siteUrl + address : address;

    private static string IdOf(AccountMail mail)
    {
        var content = string.Create(CultureInfo.InvariantCulture, $"{mail.Kind} {mail.UserId} {mail.Nonce}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)).AsSpan(0, 16));
    }
}

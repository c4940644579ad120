using System.Globalization;
using System.Net.Sockets;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;
using MailKit.Security;

namespace Cloudreve.Core.Accounts.Mails.Smtp;

/// <summary>Sends a mail with settings that an administrator has entered but not yet stored.</summary>
/// <param name="sender">Sends it.</param>
public sealed class TestMail(SmtpSender sender)
{
    private const int MaxText = 1_000;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private static readonly Setting[] s_used =
    [
        MailSetting.SmtpHost, MailSetting.SmtpPort, MailSetting.SmtpUser, MailSetting.SmtpPassword, MailSetting.SmtpEncryption, MailSetting.FromName,
        MailSetting.FromAddress, MailSetting.ReplyTo,
    ];

    // A change of one of these requires the password to be entered: it could otherwise be sent to any server.
    private static readonly Setting[] s_owners = [MailSetting.SmtpHost, MailSetting.SmtpPort, MailSetting.SmtpUser, MailSetting.SmtpEncryption];

    /// <summary>Sends the mail.</summary>
    /// <param name="site">The stored settings.</param>
    /// <param name="entered">Texts that replace stored ones, by key; other keys are left out.</param>
    /// <param name="to">The recipient.</param>
    /// <exception cref="CloudreveException">40001 for invalid settings, 40028 when the server does not accept the mail.</exception>
    public async Task SendAsync(SiteSettings site, IReadOnlyDictionary<string, string?> entered, string to, CancellationToken cancellationToken = default)
    {
        var settings = SmtpSettings.Of(Merge(site, entered)) ?? throw new CloudreveException(ErrorCode.BadParameter, "Enter the mail server and the sender's address first.");
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Timeout);
        var name = site.Get(SiteSetting.SiteName);
        var mail = new OutgoingMail(
            Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture), to, "", $"Test mail of {name}".ReplaceLineEndings(" "),
            "<p>This is a test mail. The settings of the mail server work.</p>");
        try
        {
            await sender.SendAsync(settings, mail, timeout.Token);
        }
        catch (MailRefusedException e)
        {
            throw Failed(e.Message, e);
        }
        catch (AuthenticationException e)
        {
            throw Failed("The mail server refused the user name or the password.", e);
        }
        catch (SslHandshakeException e)
        {
            throw Failed("No secure connection to the mail server could be made; check port and encryption.", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed("The mail server took too long to answer.", e);
        }
        catch (Exception e) when (e is IOException or SocketException or TimeoutException or MailKit.ProtocolException or MailKit.CommandException or NotSupportedException)
        {
            throw Failed("The mail server cannot be reached, or broke off the conversation.", e);
        }
    }

    private static SiteSettings Merge(SiteSettings site, IReadOnlyDictionary<string, string?> entered)
    {
        var texts = s_used.ToDictionary(setting => setting.Key, site.TextOf, StringComparer.Ordinal);
        foreach (var setting in s_used)
        {
            if (!entered.TryGetValue(setting.Key, out var text) || text is null || (setting == MailSetting.SmtpPassword && text.Length == 0))
                continue;
            if (text.Length > MaxText || !setting.IsValid(text))
                throw new CloudreveException(ErrorCode.BadParameter, $"The value of '{setting.Key}' is malformed or too long.");
            texts[setting.Key] = text;
        }
        var hasPassword = entered.GetValueOrDefault(MailSetting.SmtpPassword.Key) is { Length: > 0 };
        if (!hasPassword && s_owners.Any(setting => texts[setting.Key] != site.TextOf(setting)))
            texts[MailSetting.SmtpPassword.Key] = "";
        return new SiteSettings(texts);
    }

    private static CloudreveException Failed(string message, Exception reason) => new(ErrorCode.MailFailed, message, reason);
}

using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.Mails.Smtp;

/// <summary>Settings for sending mail.</summary>
public sealed record SmtpSettings
{
    /// <summary>The server.</summary>
    public required string Host { get; init; }

    /// <summary>The server's port.</summary>
    public required int Port { get; init; }

    /// <summary>The user name; empty to send without signing in.</summary>
    public string User { get; init; } = "";

    /// <summary>The password.</summary>
    public string Password { get; init; } = "";

    /// <summary>True if the connection starts with TLS; otherwise it is upgraded to TLS when the server offers it.</summary>
    public bool StartsWithTls { get; init; }

    /// <summary>The sender's address.</summary>
    public required string FromAddress { get; init; }

    /// <summary>The sender's name.</summary>
    public string FromName { get; init; } = "";

    /// <summary>The reply-to address; empty for the sender's address.</summary>
    public string ReplyTo { get; init; } = "";

    /// <summary>The time that an idle connection is kept.</summary>
    public TimeSpan KeepAlive { get; init; }

    /// <summary>The site's settings of mail; null when the site sends none.</summary>
    public static SmtpSettings? Of(SiteSettings site)
    {
        var user = site.Get(MailSetting.SmtpUser);
        var from = site.Get(MailSetting.FromAddress) is { Length: > 0 } address ? address : user;
        if (site.Get(MailSetting.SmtpHost) is not { Length: > 0 } host || from.Length == 0)
            return null;
        return new SmtpSettings
        {
            Host = host,
            Port = (int)Math.Min(site.Get(MailSetting.SmtpPort), ushort.MaxValue),
            User = user,
            Password = site.Get(MailSetting.SmtpPassword),
            StartsWithTls = site.Get(MailSetting.SmtpEncryption),
            FromAddress = from,
            FromName = site.Get(MailSetting.FromName),
            ReplyTo = site.Get(MailSetting.ReplyTo),
            KeepAlive = site.Get(MailSetting.KeepAlive),
        };
    }
}

using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.Mails;

/// <summary>The settings of outgoing mail; keys are the contract's (section 24).</summary>
public static class MailSetting
{
    /// <summary>The sender's name.</summary>
    public static readonly Setting<string> FromName = Setting.Text("fromName", "Cloudreve");

    /// <summary>The sender's address; the key's spelling is the contract's.</summary>
    public static readonly Setting<string> FromAddress = Setting.Text("fromAdress");

    /// <summary>The server; empty when the site sends no mail.</summary>
    public static readonly Setting<string> SmtpHost = Setting.Text("smtpHost");

    /// <summary>The server's port.</summary>
    public static readonly Setting<long> SmtpPort = Setting.Number("smtpPort", 25, min: 1);

    /// <summary>The user name; empty to send without signing in.</summary>
    public static readonly Setting<string> SmtpUser = Setting.Text("smtpUser");

    /// <summary>The password.</summary>
    public static readonly Setting<string> SmtpPassword = Setting.Text("smtpPass", isSecret: true);

    /// <summary>True if the connection starts with TLS; otherwise it is upgraded to TLS when the server offers it.</summary>
    public static readonly Setting<bool> SmtpEncryption = Setting.Flag("smtpEncryption", defaultValue: false);

    /// <summary>The reply-to address; empty for the sender's address.</summary>
    public static readonly Setting<string> ReplyTo = Setting.Text("replyTo");

    /// <summary>The time that an idle connection is kept for the next mail.</summary>
    public static readonly Setting<TimeSpan> KeepAlive = Setting.Seconds("mail_keepalive", 30);

    /// <summary>The mail that asks to confirm an address, as a JSON list of {language, title, body}.</summary>
    public static readonly Setting<string> ActivationTemplate = Setting.Json("mail_activation_template", MailDefaults.Activation, AreTemplates);

    /// <summary>The mail that lets a password be replaced, as a JSON list of {language, title, body}.</summary>
    public static readonly Setting<string> ResetTemplate = Setting.Json("mail_reset_template", MailDefaults.Reset, AreTemplates);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        FromName, FromAddress, SmtpHost, SmtpPort, SmtpUser, SmtpPassword, SmtpEncryption, ReplyTo, KeepAlive, ActivationTemplate, ResetTemplate,
    ];

    private static bool AreTemplates(string text) => MailTemplate.Parse(text) is not null;
}

namespace Cloudreve.Core.Accounts.Mails;

/// <summary>The mails of a site that has no templates of its own.</summary>
internal static class MailDefaults
{
    /// <summary>Asks to confirm a mail address.</summary>
    public const string Activation = """
        [{"language":"en-US","title":"[{{ .CommonContext.SiteBasic.Name }}] Confirm your email address","body":"<p>Hello {{ .User.Nick }},</p><p>Someone signed up at <a href=\"{{ .CommonContext.SiteUrl }}\">{{ .CommonContext.SiteBasic.Name }}</a> with the address {{ .User.Email }}. If this was you, confirm your address within 24 hours:</p><p><a href=\"{{ .Url }}\">Confirm my address</a></p><p>If this was not you, you can ignore this email.</p>"},{"language":"zh-CN","title":"[{{ .CommonContext.SiteBasic.Name }}] 确认您的邮箱地址","body":"<p>{{ .User.Nick }}，您好：</p><p>有人使用邮箱 {{ .User.Email }} 在 <a href=\"{{ .CommonContext.SiteUrl }}\">{{ .CommonContext.SiteBasic.Name }}</a> 注册了账号。如果是您本人，请在 24 小时内确认：</p><p><a href=\"{{ .Url }}\">确认邮箱地址</a></p><p>如果不是您本人，无需任何操作。</p>"},{"language":"de-DE","title":"[{{ .CommonContext.SiteBasic.Name }}] Bitte bestätigen Sie Ihre Adresse","body":"<p>Guten Tag {{ .User.Nick }},</p><p>mit der Adresse {{ .User.Email }} hat sich jemand bei <a href=\"{{ .CommonContext.SiteUrl }}\">{{ .CommonContext.SiteBasic.Name }}</a> angemeldet. Waren Sie es, dann bestätigen Sie das binnen 24 Stunden:</p><p><a href=\"{{ .Url }}\">Adresse bestätigen</a></p><p>Waren Sie es nicht, brauchen Sie nichts zu tun.</p>"}]
        """;

    /// <summary>Lets the user replace a forgotten password.</summary>
    public const string Reset = """
        [{"language":"en-US","title":"[{{ .CommonContext.SiteBasic.Name }}] Set a new password","body":"<p>Hello {{ .User.Nick }},</p><p>Someone requested a new password for your account at <a href=\"{{ .CommonContext.SiteUrl }}\">{{ .CommonContext.SiteBasic.Name }}</a>. If this was you, set it within one hour:</p><p><a href=\"{{ .Url }}\">Set a new password</a></p><p>If this was not you, you can ignore this email: your password stays the same.</p>"},{"language":"zh-CN","title":"[{{ .CommonContext.SiteBasic.Name }}] 设置新密码","body":"<p>{{ .User.Nick }}，您好：</p><p>有人请求重置您在 <a href=\"{{ .CommonContext.SiteUrl }}\">{{ .CommonContext.SiteBasic.Name }}</a> 的账号密码。如果是您本人，请在一小时内设置新密码：</p><p><a href=\"{{ .Url }}\">设置新密码</a></p><p>如果不是您本人，无需任何操作，原密码仍然有效。</p>"},{"language":"de-DE","title":"[{{ .CommonContext.SiteBasic.Name }}] Neues Kennwort setzen","body":"<p>Guten Tag {{ .User.Nick }},</p><p>jemand hat ein neues Kennwort für Ihr Konto bei <a href=\"{{ .CommonContext.SiteUrl }}\">{{ .CommonContext.SiteBasic.Name }}</a> verlangt. Waren Sie es, dann setzen Sie es binnen einer Stunde:</p><p><a href=\"{{ .Url }}\">Neues Kennwort setzen</a></p><p>Waren Sie es nicht, brauchen Sie nichts zu tun: das alte Kennwort gilt weiter.</p>"}]
        """;
}

using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.Captchas;

/// <summary>Checks whether a human has answered: one implementation for each kind of captcha.</summary>
internal interface ICaptchaVerifier
{
    /// <summary>The kind, a value of <see cref="CaptchaSetting.Type"/>.</summary>
    string Type { get; }

    /// <summary>Checks an answer. An answer counts once, right or wrong.</summary>
    Task<bool> VerifyAsync(SiteSettings site, CaptchaAnswer answer, CancellationToken cancellationToken);
}

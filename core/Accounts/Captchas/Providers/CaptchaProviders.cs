namespace Cloudreve.Core.Accounts.Captchas.Providers;

/// <summary>The endpoints at which providers verify tokens, as they document them. Cap's address is a setting of the site.</summary>
public sealed record CaptchaProviders
{
    /// <summary>reCAPTCHA, under the name that works in every country.</summary>
    public Uri Recaptcha { get; init; } = new("https://www.recaptcha.net/recaptcha/api/siteverify");

    /// <summary>Turnstile.</summary>
    public Uri Turnstile { get; init; } = new("https://challenges.cloudflare.com/turnstile/v0/siteverify");
}

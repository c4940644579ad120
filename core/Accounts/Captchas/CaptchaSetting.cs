using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.Captchas;

/// <summary>The settings of captchas; keys and defaults are the contract's (sections 6 and 24).</summary>
public static class CaptchaSetting
{
    /// <summary>The captcha type of the built-in picture.</summary>
    public const string Picture = "normal";

    /// <summary>The captcha type of reCAPTCHA.</summary>
    public const string Recaptcha = "recaptcha";

    /// <summary>The captcha type of Turnstile.</summary>
    public const string Turnstile = "turnstile";

    /// <summary>The captcha type of Cap.</summary>
    public const string Cap = "cap";

    /// <summary>The kind of captcha; a kind that does not exist counts as the picture.</summary>
    public static readonly Setting<string> Type = Setting.Choice("captcha_type", Picture, Recaptcha, Turnstile, Cap);

    /// <summary>True if signing in needs a captcha.</summary>
    public static readonly Setting<bool> OnLogin = Setting.Flag("login_captcha", defaultValue: false);

    /// <summary>True if signing up needs a captcha.</summary>
    public static readonly Setting<bool> OnSignUp = Setting.Flag("reg_captcha", defaultValue: false);

    /// <summary>True if resetting a password needs a captcha.</summary>
    public static readonly Setting<bool> OnReset = Setting.Flag("forget_captcha", defaultValue: false);

    /// <summary>True if reporting abuse needs a captcha.</summary>
    public static readonly Setting<bool> OnAbuseReport = Setting.Flag("abuse_report_captcha", defaultValue: false);

    /// <summary>The content of the picture: 0 digits, 1 letters, 2 a sum, 3 digits and letters.</summary>
    public static readonly Setting<string> Mode = Setting.Choice("captcha_mode", "3", "0", "1", "2");

    /// <summary>Number of characters in the picture.</summary>
    public static readonly Setting<long> Length = Setting.Number("captcha_CaptchaLen", 6, min: 1);

    /// <summary>Width of the picture in pixels.</summary>
    public static readonly Setting<long> Width = Setting.Number("captcha_width", 240, min: 1);

    /// <summary>Height of the picture in pixels.</summary>
    public static readonly Setting<long> Height = Setting.Number("captcha_height", 60, min: 1);

    /// <summary>True if the picture has small characters that do not count.</summary>
    public static readonly Setting<bool> NoiseText = Setting.Flag("captcha_IsShowNoiseText", defaultValue: false);

    /// <summary>True if the picture has dots.</summary>
    public static readonly Setting<bool> NoiseDots = Setting.Flag("captcha_IsShowNoiseDot", defaultValue: true);

    /// <summary>True if the picture has bands.</summary>
    public static readonly Setting<bool> HollowLines = Setting.Flag("captcha_IsShowHollowLine", defaultValue: false);

    /// <summary>True if the picture has thin lines.</summary>
    public static readonly Setting<bool> SlimLines = Setting.Flag("captcha_IsShowSlimeLine", defaultValue: true);

    /// <summary>True if the picture has waves.</summary>
    public static readonly Setting<bool> SineLines = Setting.Flag("captcha_IsShowSineLine", defaultValue: false);

    /// <summary>The site key of reCAPTCHA, which browsers use.</summary>
    public static readonly Setting<string> RecaptchaKey = Setting.Text("captcha_ReCaptchaKey");

    /// <summary>The secret of reCAPTCHA.</summary>
    public static readonly Setting<string> RecaptchaSecret = Setting.Text("captcha_ReCaptchaSecret", isSecret: true);

    /// <summary>The site key of Turnstile, which browsers use.</summary>
    public static readonly Setting<string> TurnstileKey = Setting.Text("captcha_turnstile_site_key");

    /// <summary>The secret of Turnstile.</summary>
    public static readonly Setting<string> TurnstileSecret = Setting.Text("captcha_turnstile_site_secret", isSecret: true);

    /// <summary>The address of the Cap server.</summary>
    public static readonly Setting<string> CapInstance = Setting.Text("captcha_cap_instance_url");

    /// <summary>The site key of Cap, which browsers use.</summary>
    public static readonly Setting<string> CapKey = Setting.Text("captcha_cap_site_key");

    /// <summary>The secret of Cap.</summary>
    public static readonly Setting<string> CapSecret = Setting.Text("captcha_cap_secret_key", isSecret: true);

    /// <summary>The address from which browsers load Cap's program.</summary>
    public static readonly Setting<string> CapAssets = Setting.Text("captcha_cap_asset_server", "jsdelivr");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Type, OnLogin, OnSignUp, OnReset, OnAbuseReport, Mode, Length, Width, Height, NoiseText, NoiseDots, HollowLines, SlimLines, SineLines,
        RecaptchaKey, RecaptchaSecret, TurnstileKey, TurnstileSecret, CapInstance, CapKey, CapSecret, CapAssets,
    ];
}

using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.OpenId;

/// <summary>
/// The settings of identity providers. The contract names the fields that clients see and no keys: these are chosen in the same style. Microsoft
/// Entra ID is the OpenID Connect provider whose issuer is <c>https://login.microsoftonline.com/TENANT/v2.0</c>.
/// </summary>
public static class OpenIdSetting
{
    /// <summary>True if users may sign in with Logto.</summary>
    public static readonly Setting<bool> LogtoEnabled = Setting.Flag("sso_enabled", defaultValue: false);

    /// <summary>The address of the Logto service.</summary>
    public static readonly Setting<string> LogtoEndpoint = Setting.Text("sso_endpoint");

    /// <summary>The site's id at Logto.</summary>
    public static readonly Setting<string> LogtoClientId = Setting.Text("sso_client_id");

    /// <summary>The site's secret at Logto.</summary>
    public static readonly Setting<string> LogtoSecret = Setting.Text("sso_client_secret", isSecret: true);

    /// <summary>The label of Logto's button.</summary>
    public static readonly Setting<string> LogtoName = Setting.Text("sso_display_name");

    /// <summary>The icon on the button of Logto.</summary>
    public static readonly Setting<string> LogtoIcon = Setting.Text("sso_icon");

    /// <summary>True if users may sign in with QQ.</summary>
    public static readonly Setting<bool> QqEnabled = Setting.Flag("qq_enabled", defaultValue: false);

    /// <summary>The address of the QQ service.</summary>
    public static readonly Setting<string> QqEndpoint = Setting.Text("qq_endpoint", "https://graph.qq.com");

    /// <summary>The site's id at QQ.</summary>
    public static readonly Setting<string> QqClientId = Setting.Text("qq_app_id");

    /// <summary>The site's secret at QQ.</summary>
    public static readonly Setting<string> QqSecret = Setting.Text("qq_app_key", isSecret: true);

    /// <summary>True if users may sign in with an OpenID Connect provider.</summary>
    public static readonly Setting<bool> OidcEnabled = Setting.Flag("oidc_enabled", defaultValue: false);

    /// <summary>The issuer of the provider.</summary>
    public static readonly Setting<string> OidcIssuer = Setting.Text("oidc_issuer");

    /// <summary>The site's id at the provider.</summary>
    public static readonly Setting<string> OidcClientId = Setting.Text("oidc_client_id");

    /// <summary>The site's secret at the provider.</summary>
    public static readonly Setting<string> OidcSecret = Setting.Text("oidc_client_secret", isSecret: true);

    /// <summary>The scopes that the site requests from the provider.</summary>
    public static readonly Setting<string> OidcScope = Setting.Text("oidc_scope", "openid profile email");

    /// <summary>The label of the provider's button.</summary>
    public static readonly Setting<string> OidcName = Setting.Text("oidc_display_name");

    /// <summary>The icon on the button of the provider.</summary>
    public static readonly Setting<string> OidcIcon = Setting.Text("oidc_icon");

    /// <summary>
    /// True if mail addresses of the OpenID Connect provider count as verified although the provider does not say so. Only for a directory of
    /// one's own: elsewhere users can enter any address.
    /// </summary>
    public static readonly Setting<bool> OidcTrustEmail = Setting.Flag("oidc_trust_email", defaultValue: false);

    /// <summary>
    /// Values of <c>amr</c> and <c>acr</c>, comma-separated, by which the OpenID Connect provider says that it asked for a second factor
    /// (<c>mfa</c>, <c>otp</c>, ...): such a sign-in needs no code of this site. Empty: accounts with a second factor always need a code.
    /// </summary>
    public static readonly Setting<string> OidcTrustedFactors = Setting.Text("oidc_trusted_amr");

    /// <summary>True if signing out also ends the session at Logto.</summary>
    public static readonly Setting<bool> LogtoSignOut = Setting.Flag("sso_sign_out", defaultValue: true);

    /// <summary>True if signing out also ends the session at the OpenID Connect provider.</summary>
    public static readonly Setting<bool> OidcSignOut = Setting.Flag("oidc_sign_out", defaultValue: true);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        LogtoEnabled, LogtoEndpoint, LogtoClientId, LogtoSecret, LogtoName, LogtoIcon, QqEnabled, QqEndpoint, QqClientId, QqSecret,
        OidcEnabled, OidcIssuer, OidcClientId, OidcSecret, OidcScope, OidcName, OidcIcon, OidcTrustEmail, OidcTrustedFactors, LogtoSignOut, OidcSignOut,
    ];
}

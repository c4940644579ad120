using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts;

/// <summary>The settings of accounts and their pictures; keys and defaults are the contract's (sections 5, 6 and 24).</summary>
public static class AccountSetting
{
    /// <summary>True if people may sign up.</summary>
    public static readonly Setting<bool> RegisterEnabled = Setting.Flag("register_enabled", defaultValue: true);

    /// <summary>The group of those who sign up.</summary>
    public static readonly Setting<long> DefaultGroup = Setting.Number("default_group", Group.UserId, min: 1);

    /// <summary>True if a new user must confirm the mail address before the account works.</summary>
    public static readonly Setting<bool> EmailActivation = Setting.Flag("email_active", defaultValue: false);

    /// <summary>True if passkeys may be used.</summary>
    public static readonly Setting<bool> PasskeysEnabled = Setting.Flag("authn_enabled", defaultValue: true);

    /// <summary>True if signed-in users see the mail addresses of others.</summary>
    public static readonly Setting<bool> ExposeEmail = Setting.Flag("expose_user_email", defaultValue: true);

    /// <summary>Maximum size of a user's picture, in bytes.</summary>
    public static readonly Setting<long> AvatarMaxSize = Setting.Number("avatar_size", 4_194_304);

    /// <summary>Width and height in pixels to which pictures of users are scaled.</summary>
    public static readonly Setting<long> AvatarSide = Setting.Number("avatar_size_l", 200, min: 1);

    /// <summary>The location of users' pictures: the prefix of their blob names.</summary>
    public static readonly Setting<string> AvatarPath = Setting.Text("avatar_path", "avatar");

    /// <summary>The server of pictures that belong to mail addresses.</summary>
    public static readonly Setting<string> GravatarServer = Setting.Text("gravatar_server", "https://www.gravatar.com");

    /// <summary>The time that clients may cache pictures and other content that is the same for everybody.</summary>
    public static readonly Setting<TimeSpan> PublicMaxAge = Setting.Seconds("public_resource_maxage", 86_400);

    /// <summary>
    /// The share of the usual budgets that a client has for failed sign-ins, sign-ups and the like, in percent; 0 for no limit. For sites whose
    /// visitors share one address.
    /// </summary>
    public static readonly Setting<long> ClientBudgetPercent = Setting.Number("client_budget_percent", 100);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        RegisterEnabled, DefaultGroup, EmailActivation, PasskeysEnabled, ExposeEmail,
        AvatarMaxSize, AvatarSide, AvatarPath, GravatarServer, PublicMaxAge, ClientBudgetPercent,
    ];
}

using Cloudreve.Core.Accounts;
using Cloudreve.Functions.Api.Session.Passkeys;

namespace Cloudreve.Functions.Api.Users.Settings;

/// <summary>A user's settings (contract, section 6).</summary>
internal sealed record PreferencesResponse(bool VersionRetentionEnabled, bool Passwordless, bool TwoFaEnabled, bool DisableViewSync)
{
    /// <summary>Extensions of which versions are kept; left out for all.</summary>
    public IReadOnlyList<string>? VersionRetentionExt { get; init; }

    /// <summary>Number of versions that are kept; 0 for no limit.</summary>
    public int? VersionRetentionMax { get; init; }

    /// <summary>Identity providers that the user may sign in with.</summary>
    public IReadOnlyList<OpenIdLinkResponse>? OpenId { get; init; }

    /// <summary>Passkeys.</summary>
    public IReadOnlyList<PasskeyResponse>? Passkeys { get; init; }

    /// <summary>The newest sign-ins.</summary>
    public IReadOnlyList<LoginActivityResponse>? LoginActivity { get; init; }

    /// <summary>The share links that the profile shows.</summary>
    public string? ShareLinksInProfile { get; init; }

    /// <summary>Grants to applications.</summary>
    public IReadOnlyList<OAuthGrantResponse>? OauthGrants { get; init; }

    /// <summary>Storage that was bought.</summary>
    public IReadOnlyList<StoragePackResponse> StoragePacks { get; init; } = [];

    /// <summary>Points.</summary>
    public long Credit { get; init; }

    /// <summary>Describes an account, without data that is stored elsewhere.</summary>
    public static PreferencesResponse Of(User user) =>
        new(user.Settings.VersionRetentionEnabled, user.PasswordHash is null, user.HasTwoFactor, user.Settings.DisableViewSync)
        {
            VersionRetentionExt = user.Settings.VersionRetentionExt,
            VersionRetentionMax = user.Settings.VersionRetentionMax,
            ShareLinksInProfile = user.Settings.ShareLinksInProfile,
        };
}

using Cloudreve.Core.Accounts.Preferences;

namespace Cloudreve.Functions.Api.Users.Settings;

/// <summary>The body of a change; fields that are left out, or null, stay as they are.</summary>
internal sealed record PatchPreferencesRequest
{
    /// <summary>The display name.</summary>
    public string? Nick { get; init; }

    /// <summary>Locale code.</summary>
    public string? Language { get; init; }

    /// <summary>A CSS colour.</summary>
    public string? PreferredTheme { get; init; }

    /// <summary>True if replaced contents are kept.</summary>
    public bool? VersionRetentionEnabled { get; init; }

    /// <summary>Extensions of which versions are kept.</summary>
    public IReadOnlyList<string>? VersionRetentionExt { get; init; }

    /// <summary>Number of versions that are kept.</summary>
    public int? VersionRetentionMax { get; init; }

    /// <summary>The password until now.</summary>
    public string? CurrentPassword { get; init; }

    /// <summary>The password from now on.</summary>
    public string? NewPassword { get; init; }

    /// <summary>True if a second factor is set up.</summary>
    public bool? TwoFaEnabled { get; init; }

    /// <summary>A code of the authenticator app.</summary>
    public string? TwoFaCode { get; init; }

    /// <summary>True if folder views are kept on the client only.</summary>
    public bool? DisableViewSync { get; init; }

    /// <summary>The share links that the profile shows.</summary>
    public string? ShareLinksInProfile { get; init; }

    /// <summary>Reads the settings; the password and the second factor are changed separately.</summary>
    public PreferenceChange Read() => new()
    {
        Nick = Nick,
        Language = Language,
        PreferredTheme = PreferredTheme,
        VersionRetentionEnabled = VersionRetentionEnabled,
        VersionRetentionExt = VersionRetentionExt,
        VersionRetentionMax = VersionRetentionMax,
        DisableViewSync = DisableViewSync,
        ShareLinksInProfile = ShareLinksInProfile,
    };
}

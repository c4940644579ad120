using System.Text.RegularExpressions;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Text;

namespace Cloudreve.Core.Accounts.Preferences;

/// <summary>A user's changes to the account (contract, section 6); null leaves a value as it is.</summary>
public sealed partial record PreferenceChange
{
    private const int MaxText = 255;
    private const int MaxExtensions = 1000;

    // For all extensions together: they are read with the account.
    private const int MaxExtensionCharacters = 16_000;

    /// <summary>The display name, 1 to 255 characters.</summary>
    public string? Nick { get; init; }

    /// <summary>Locale code, 1 to 255 characters.</summary>
    public string? Language { get; init; }

    /// <summary>A CSS colour.</summary>
    public string? PreferredTheme { get; init; }

    /// <summary>True if replaced contents are kept as versions.</summary>
    public bool? VersionRetentionEnabled { get; init; }

    /// <summary>Extensions of which versions are kept; empty for all.</summary>
    public IReadOnlyList<string>? VersionRetentionExt { get; init; }

    /// <summary>Number of versions that are kept; 0 for no limit.</summary>
    public int? VersionRetentionMax { get; init; }

    /// <summary>True if folder views are kept on the client only.</summary>
    public bool? DisableViewSync { get; init; }

    /// <summary>The share links that the profile shows: empty, <c>all_share</c> or <c>hide_share</c>.</summary>
    public string? ShareLinksInProfile { get; init; }

    /// <summary>The hash of a new password.</summary>
    public string? PasswordHash { get; init; }

    /// <summary>True if the request changes nothing.</summary>
    public bool IsEmpty => this == new PreferenceChange();

    /// <summary>Throws for values that may not be set.</summary>
    /// <exception cref="CloudreveException">40001.</exception>
    public void Check()
    {
        Require(Nick is not { } nick || (nick.CountCharacters() <= MaxText && !string.IsNullOrWhiteSpace(nick) && !nick.Any(char.IsControl)), "nick");
        Require(Language is not { } language || language.CountCharacters() is > 0 and <= MaxText, "language");
        Require(PreferredTheme is not { } theme || Color().IsMatch(theme), "theme");
        Require(VersionRetentionMax is null or >= 0, "number of versions");
        Require(
            VersionRetentionExt is not { } list
                || (list.Count <= MaxExtensions && list.All(ext => ext.CountCharacters() is > 0 and <= MaxText) && list.Sum(ext => ext.Length) <= MaxExtensionCharacters),
            "list of extensions");
        Require(ShareLinksInProfile is null or "" or "all_share" or "hide_share", "visibility of share links");
    }

    /// <summary>The account with the changes; the same one when there is none.</summary>
    public User ApplyTo(User user)
    {
        if (IsEmpty)
            return user;
        var settings = user.Settings;
        return user with
        {
            Nick = Nick ?? user.Nick,
            PasswordHash = PasswordHash ?? user.PasswordHash,
            Settings = settings with
            {
                Language = Language ?? settings.Language,
                PreferredTheme = PreferredTheme ?? settings.PreferredTheme,
                VersionRetentionEnabled = VersionRetentionEnabled ?? settings.VersionRetentionEnabled,
                VersionRetentionExt = VersionRetentionExt is { } list ? list.Count == 0 ? null : list : settings.VersionRetentionExt,
                VersionRetentionMax = VersionRetentionMax ?? settings.VersionRetentionMax,
                DisableViewSync = DisableViewSync ?? settings.DisableViewSync,
                ShareLinksInProfile = ShareLinksInProfile ?? settings.ShareLinksInProfile,
            },
        };
    }

    private static void Require(bool isFine, string what)
    {
        if (!isFine)
            throw new CloudreveException(ErrorCode.BadParameter, $"The {what} is not allowed.");
    }

    [GeneratedRegex(
        "^(#[0-9a-fA-F]{3,8}|[a-zA-Z]{3,30}|(rgb|rgba|hsl|hsla)\\([0-9.,%\\s/]{3,60}\\))$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Color();
}

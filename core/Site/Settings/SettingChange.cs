using System.Text.Json;
using Cloudreve.Core.Accounts.Tokens;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Site.Settings;

/// <summary>Settings that an administrator wants to change (contract, section 24).</summary>
public static class SettingChange
{
    /// <summary>Maximum number of settings that may be changed at once: they are stored atomically.</summary>
    public const int MaxSettings = 100;

    /// <summary>The longest text, in characters.</summary>
    public const int MaxText = 150_000;

    /// <summary>Maximum number of characters of all texts in one transaction, however they are escaped.</summary>
    public const int MaxTotal = 500_000;

    private const string Mask = "********";

    // Other values would make files unreadable, end every session, or change every address that was handed out.
    private static readonly HashSet<string> Fixed = new(StringComparer.Ordinal)
    {
        SiteSetting.SecretKey.Key, SiteSetting.TwoFactorKey.Key, SiteSetting.HashIdSalt.Key, SiteSetting.SiteId.Key, SiteSetting.EncryptMasterKey.Key,
        TokenSetting.Keys.Key,
    };

    private static readonly HashSet<string> Hidden = new(StringComparer.Ordinal)
    {
        SiteSetting.SecretKey.Key, SiteSetting.TwoFactorKey.Key, SiteSetting.EncryptMasterKey.Key, TokenSetting.Keys.Key,
    };

    private static readonly Dictionary<string, Setting> Known = SiteSetting.All.ToDictionary(setting => setting.Key, StringComparer.Ordinal);

    /// <summary>The setting of a key; null when the site has none.</summary>
    /// <param name="key">The key; null for none.</param>
    public static Setting? Find(string? key) => key is null ? null : Known.GetValueOrDefault(key);

    /// <summary>
    /// The placeholder for a secret that is set: clients show it, and send it back with a form that was not changed there. The keys of the site
    /// itself do not even have that (contract, section 24), except the one that the administration has a field for.
    /// </summary>
    /// <param name="site">The stored settings.</param>
    /// <returns>Null for settings that must not be mentioned, and for a secret that is not set.</returns>
    public static string? ShowSecret(Setting setting, SiteSettings site) =>
        Hidden.Contains(setting.Key) || site.TextOf(setting).Length == 0 ? null : Mask;

    /// <summary>Checks a change whole.</summary>
    /// <param name="values">New texts by key; JSON may hold null for a text.</param>
    /// <param name="site">The stored settings: a form also sends those that it leaves unchanged.</param>
    /// <returns>The texts to store; none when nothing changed.</returns>
    /// <exception cref="CloudreveException">
    /// 40001: too many, or one is unknown, fixed, malformed or beyond what the operator allows; the message names it.
    /// </exception>
    public static IReadOnlyDictionary<string, string> Check(IReadOnlyDictionary<string, string?> values, SiteSettings site)
    {
        if (values.Count is 0 or > MaxSettings || values.Values.Sum(text => (long)(text?.Length ?? 0)) > MaxTotal)
            throw new CloudreveException(ErrorCode.BadParameter, "Change between 1 and 100 settings at a time, with at most 500,000 characters in total.");
        var changes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, text) in values)
        {
            if (Find(key) is not { } setting)
                throw new CloudreveException(ErrorCode.BadParameter, $"Unknown setting '{key}'.");
            if (IsUnchanged(setting, text, site))
                continue;
            if (Fixed.Contains(key))
                throw new CloudreveException(ErrorCode.BadParameter, $"The setting '{key}' cannot be changed.");
            if (text is null || text.Length > MaxText || !Fits(setting, text))
                throw new CloudreveException(ErrorCode.BadParameter, $"The value of '{key}' is malformed or too long.");
            // Forms send back the placeholder; that changes nothing.
            if (text != site.TextOf(setting) && !site.Allows(setting, text))
                throw new CloudreveException(ErrorCode.BadParameter, $"The server's operator does not allow this value of '{key}'.");
            changes[key] = text;
        }
        CheckPrograms(changes, site);
        return changes;
    }

    /// <summary>A switch that could have no effect is refused, so that no request waits for thumbnails that nothing makes.</summary>
    private static void CheckPrograms(IReadOnlyDictionary<string, string> changes, SiteSettings site)
    {
        foreach (var (enabled, program) in ThumbnailSetting.Programs)
        {
            if (changes.GetValueOrDefault(enabled.Key) is not { } text || text == site.TextOf(enabled) || !enabled.Read(text))
                continue;
            if (!site.Allows(program, changes.GetValueOrDefault(program.Key) ?? site.TextOf(program)))
                throw new CloudreveException(ErrorCode.BadParameter, $"The server's operator does not allow the program that '{enabled.Key}' needs.");
        }
    }

    private static bool IsUnchanged(Setting setting, string? text, SiteSettings site) => setting.IsSecret
        ? string.Equals(text, ShowSecret(setting, site), StringComparison.Ordinal) && text is not null
        : Fixed.Contains(setting.Key) && string.Equals(text, site.TextOf(setting), StringComparison.Ordinal);

    /// <summary>A setting whose default is JSON accepts JSON of the same kind: clients would fail with anything else.</summary>
    private static bool Fits(Setting setting, string text) =>
        (!setting.IsJson || SettingJson.IsWhole(text, setting.DefaultText[0] == '[' ? JsonValueKind.Array : JsonValueKind.Object))
        && setting.IsValid(text)
        && (setting != SiteSetting.SiteUrl || AreAddresses(text));

    private static bool AreAddresses(string text)
    {
        var addresses = text.Split(',', StringSplitOptions.TrimEntries);
        return addresses.All(address => Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0);
    }
}

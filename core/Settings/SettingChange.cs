using System.Text.Json;
using Cloudreve.Core.Errors;
using Cloudreve.Core.Identity.Tokens;

namespace Cloudreve.Core.Settings;

/// <summary>Settings that an administrator wants to change (contract, section 24).</summary>
public static class SettingChange
{
    /// <summary>How many may be changed at once: they are stored all or none.</summary>
    public const int MaxSettings = 100;

    /// <summary>The longest text, in characters.</summary>
    public const int MaxText = 150_000;

    /// <summary>The characters of all texts that one transaction holds, however they are escaped.</summary>
    public const int MaxTotal = 500_000;

    // Other values would make files unreadable, end every session, or change every address that was handed out.
    private static readonly HashSet<string> Fixed = new(StringComparer.Ordinal)
    {
        SiteSetting.SecretKey.Key, SiteSetting.HashIdSalt.Key, SiteSetting.SiteId.Key, SiteSetting.EncryptMasterKey.Key, TokenSetting.Keys.Key,
    };

    private static readonly Dictionary<string, Setting> Known = SiteSetting.All.ToDictionary(setting => setting.Key, StringComparer.Ordinal);

    /// <summary>The setting of a key; null when the site has none.</summary>
    /// <param name="key">The key; null for none.</param>
    public static Setting? Find(string? key) => key is null ? null : Known.GetValueOrDefault(key);

    /// <summary>Checks a change whole.</summary>
    /// <param name="values">New texts by key; JSON may hold null for a text.</param>
    /// <exception cref="CloudreveException">40001: too many, or one is unknown, fixed or malformed; the message names it.</exception>
    public static void Check(IReadOnlyDictionary<string, string?> values)
    {
        if (values.Count is 0 or > MaxSettings || values.Values.Sum(text => (long)(text?.Length ?? 0)) > MaxTotal)
            throw new CloudreveException(ErrorCode.BadParameter, "Change between 1 and 100 settings at a time, with at most 500,000 characters in total.");
        foreach (var (key, text) in values)
        {
            if (Find(key) is not { } setting)
                throw new CloudreveException(ErrorCode.BadParameter, $"Unknown setting '{key}'.");
            if (Fixed.Contains(key))
                throw new CloudreveException(ErrorCode.BadParameter, $"The setting '{key}' cannot be changed.");
            if (text is null || text.Length > MaxText || !setting.IsValid(text) || !HasKindOfDefault(setting, text) || (setting == SiteSetting.SiteUrl && !AreAddresses(text)))
                throw new CloudreveException(ErrorCode.BadParameter, $"The value of '{key}' is malformed or too long.");
        }
    }

    /// <summary>A setting whose default is JSON takes JSON of the same kind: clients would fail with anything else.</summary>
    private static bool HasKindOfDefault(Setting setting, string text)
    {
        var kind = KindOf(setting.DefaultText);
        return kind is not (JsonValueKind.Object or JsonValueKind.Array) || KindOf(text) == kind;
    }

    private static JsonValueKind KindOf(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind;
        }
        catch (JsonException)
        {
            return JsonValueKind.Undefined;
        }
    }

    private static bool AreAddresses(string text)
    {
        var addresses = text.Split(',', StringSplitOptions.TrimEntries);
        return addresses.All(address => Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0);
    }
}

using Cloudreve.Core.Infrastructure.Ids;

namespace Cloudreve.Core.Site.Settings;

/// <summary>The settings of the site at one moment.</summary>
public sealed class SiteSettings
{
    private readonly IReadOnlyDictionary<string, string> _stored;
    private readonly OperatorRules _rules;

    /// <summary>Wraps what is stored.</summary>
    /// <param name="stored">Texts by key; defaults apply to the rest.</param>
    /// <param name="rules">The resources that settings may reach on the machine; null for none.</param>
    public SiteSettings(IReadOnlyDictionary<string, string> stored, OperatorRules? rules = null)
    {
        _stored = stored;
        _rules = rules ?? new OperatorRules();
        HashIds = new HashIdCodec(Get(SiteSetting.HashIdSalt));
        Urls =
        [
            .. Get(SiteSetting.SiteUrl).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(url => Uri.TryCreate(url, UriKind.Absolute, out var parsed) ? parsed : null)
                .OfType<Uri>(),
        ];
    }

    /// <summary>Encodes and decodes ids with the site's salt.</summary>
    public HashIdCodec HashIds { get; }

    /// <summary>The site's addresses; the first is the primary one.</summary>
    public IReadOnlyList<Uri> Urls { get; }

    /// <summary>The value of a setting.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    public T Get<T>(Setting<T> setting) => setting.Reach == SettingReach.None || _rules.Allows(setting, TextOf(setting))
        ? setting.Read(_stored.GetValueOrDefault(setting.Key))
        : setting.Read("");

    /// <summary>Checks whether the operator allows a setting to have a value.</summary>
    /// <param name="text">The value.</param>
    public bool Allows(Setting setting, string text) => _rules.Allows(setting, text);

    /// <summary>The text of a setting as it is stored, or its default, even if the operator does not allow it.</summary>
    public string TextOf(Setting setting) => _stored.GetValueOrDefault(setting.Key) ?? setting.DefaultText;
}

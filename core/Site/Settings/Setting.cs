using System.Globalization;

namespace Cloudreve.Core.Site.Settings;

/// <summary>A site setting: its key, its default and how its stored text is read (contract, section 24).</summary>
/// <param name="key">The key that the administration uses.</param>
/// <param name="defaultText">The default text while none is stored.</param>
/// <param name="isSecret">True if the value must never leave the server.</param>
public abstract class Setting(string key, string defaultText, bool isSecret)
{
    /// <summary>The key that the administration uses.</summary>
    public string Key { get; } = key;

    /// <summary>The default text while none is stored.</summary>
    public string DefaultText { get; } = defaultText;

    /// <summary>True if the value is secret and must never leave the server.</summary>
    public bool IsSecret { get; } = isSecret;

    /// <summary>True if the value is JSON, an object or a list.</summary>
    public bool IsJson { get; } = SettingJson.IsOfParts(defaultText);

    /// <summary>The resources outside the site that the value reaches; it counts as empty unless <see cref="OperatorRules"/> allow it.</summary>
    public SettingReach Reach { get; init; }

    /// <summary>Checks whether a text is a valid value of the setting.</summary>
    public abstract bool IsValid(string text);

    internal static Setting<string> Text(string key, string defaultText = "", bool isSecret = false) =>
        new(key, defaultText, isSecret, text => (true, text));

    /// <summary>JSON with a model. A stored value is read as far as possible; only changes have to match.</summary>
    internal static Setting<string> Json(string key, string defaultText, Func<string, bool> fits) =>
        new(key, defaultText, isSecret: false, text => (true, text), fits);

    internal static Setting<string> Guarded(string key, SettingReach reach, string defaultText = "") =>
        new(key, defaultText, isSecret: false, text => (true, text)) { Reach = reach };

    internal static Setting<string> Choice(string key, params IReadOnlyList<string> values) =>
        new(key, values[0], isSecret: false, text => (values.Contains(text), text));

    internal static Setting<bool> Flag(string key, bool defaultValue) =>
        new(key, defaultValue ? "1" : "0", isSecret: false, text => (true, text.ToUpperInvariant() is "1" or "TRUE" or "YES" or "ON"));

    internal static Setting<long> Number(string key, long defaultValue, long min = 0) =>
        new(key, defaultValue.ToString(CultureInfo.InvariantCulture), isSecret: false, text =>
            (long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number >= min, number));

    internal static Setting<TimeSpan> Seconds(string key, long defaultSeconds) =>
        new(key, defaultSeconds.ToString(CultureInfo.InvariantCulture), isSecret: false, text =>
            long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= int.MaxValue
                ? (true, TimeSpan.FromSeconds(seconds))
                : (false, default));
}

/// <summary>A site setting with a type.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
public sealed class Setting<T> : Setting
{
    private readonly Func<string, (bool Valid, T Value)> _parse;
    private readonly Func<string, bool>? _fits;

    internal Setting(string key, string defaultText, bool isSecret, Func<string, (bool Valid, T Value)> parse, Func<string, bool>? fits = null)
        : base(key, defaultText, isSecret)
    {
        _parse = parse;
        _fits = fits;
        Default = parse(defaultText).Value;
    }

    /// <summary>The default value while none is stored.</summary>
    public T Default { get; }

    /// <inheritdoc/>
    public override bool IsValid(string text) => _parse(text).Valid && _fits?.Invoke(text) != false;

    /// <summary>Reads a stored text; a text of the wrong form is ignored, so that a mistake cannot stop the site.</summary>
    /// <param name="text">The stored text; null for none.</param>
    public T Read(string? text) => text is not null && _parse(text) is (true, var value) ? value : Default;
}

using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.Tokens;

/// <summary>The settings of the keys that sign tokens.</summary>
internal static class TokenSetting
{
    /// <summary>The keys, as JSON, unless a key vault holds them; none until they are changed for the first time.</summary>
    public static readonly Setting<string> Keys = Setting.Text("token_signing_keys", isSecret: true);

    /// <summary>The time that a key signs before another takes its place.</summary>
    public static readonly Setting<TimeSpan> KeyLifetime = Setting.Seconds("token_signing_key_ttl", 7_776_000);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [Keys, KeyLifetime];
}

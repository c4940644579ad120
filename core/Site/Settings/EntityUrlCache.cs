using System.Globalization;

namespace Cloudreve.Core.Site.Settings;

/// <summary>The download addresses that processes hand out again for a while. Each process keeps its own, under the number of a setting.</summary>
/// <param name="settings">Hold the number.</param>
public sealed class EntityUrlCache(SettingStore settings)
{
    /// <summary>
    /// Makes all processes create new addresses: this one at once, others within <see cref="SettingStore.MaxAge"/>. Addresses that clients have
    /// work until they expire. Two transactions.
    /// </summary>
    public Task ClearAsync(CancellationToken cancellationToken = default)
    {
        var next = (string?)null;
        return settings.ChangeAsync(SiteSetting.EntityUrlGeneration.Key, stored => next ??= Next(stored), cancellationToken);
    }

    private static string Next(string stored) =>
        ((SiteSetting.EntityUrlGeneration.Read(stored) % int.MaxValue) + 1).ToString(CultureInfo.InvariantCulture);
}

using Cloudreve.Core.Settings;

namespace Cloudreve.Core.Identity.Tokens;

/// <summary>Where the keys that sign tokens are kept.</summary>
public interface ITokenKeyStore
{
    /// <summary>What was stored last, perhaps some minutes ago; null or empty for the site's own secret.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<string?> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Stores the keys in place of what was stored.</summary>
    /// <param name="keys">The keys, as text.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task WriteAsync(string keys, CancellationToken cancellationToken);
}

/// <summary>Keeps the keys as a setting of the site.</summary>
/// <param name="settings">The settings.</param>
internal sealed class SettingTokenKeyStore(SettingStore settings) : ITokenKeyStore
{
    /// <inheritdoc/>
    public async ValueTask<string?> ReadAsync(CancellationToken cancellationToken) =>
        (await settings.GetAsync(cancellationToken)).Get(TokenSetting.Keys);

    /// <inheritdoc/>
    public Task WriteAsync(string keys, CancellationToken cancellationToken) =>
        settings.SetAsync(new Dictionary<string, string>(StringComparer.Ordinal) { [TokenSetting.Keys.Key] = keys }, cancellationToken);
}

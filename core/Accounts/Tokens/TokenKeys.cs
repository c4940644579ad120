using Cloudreve.Core.Accounts.Tokens.Stores;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.Tokens;

/// <summary>The keys that sign tokens. Changing keys adds one and signs nobody out.</summary>
public sealed class TokenKeys
{
    private readonly ITokenKeyStore _store;
    private readonly SettingStore _settings;
    private readonly TimeProvider _clock;

    /// <summary>Creates the keys; reads nothing yet.</summary>
    /// <param name="settings">The lifetime of keys.</param>
    /// <param name="clock">Determines which key signs.</param>
    internal TokenKeys(ITokenKeyStore store, SettingStore settings, TimeProvider clock) => (_store, _settings, _clock) = (store, settings, clock);

    /// <summary>Tidies up the store of the keys, and adds a key when the latest has signed for the configured time.</summary>
    /// <returns>True if a key was added.</returns>
    /// <exception cref="CloudreveException">50001: the keys cannot be read.</exception>
    public async Task<bool> MaintainAsync(CancellationToken cancellationToken = default)
    {
        await _store.TidyAsync(cancellationToken);
        var site = await _settings.GetAsync(cancellationToken);
        var latest = (await GetAsync(cancellationToken)).Keys[^1];
        // The age of the first key is unknown, so it is replaced at once: after that the site's secret signs no tokens.
        if (_clock.GetUtcNow() < latest.ActiveFrom + site.Get(TokenSetting.KeyLifetime))
            return false;
        await RotateAsync(cancellationToken);
        return true;
    }

    /// <summary>Adds a key, which signs from <see cref="TokenKeyRing.ActivationDelay"/> on.</summary>
    /// <exception cref="CloudreveException">50001: the keys cannot be changed.</exception>
    public Task RotateAsync(CancellationToken cancellationToken = default) => _store.AddAsync(TokenKey.Draw(_clock.GetUtcNow()), cancellationToken);

    /// <summary>The keys.</summary>
    /// <exception cref="CloudreveException">50001: they cannot be read.</exception>
    internal ValueTask<TokenKeyRing> GetAsync(CancellationToken cancellationToken) => _store.ReadAsync(cancellationToken);

    /// <summary>The keys, for a token whose key is unknown.</summary>
    /// <param name="known">The keys that are known.</param>
    /// <exception cref="CloudreveException">50001: there may be other keys, and they cannot be read.</exception>
    internal ValueTask<TokenKeyRing> GetAgainAsync(TokenKeyRing known, CancellationToken cancellationToken) =>
        _store.ReadAgainAsync(known, cancellationToken);
}

using Cloudreve.Core.Settings;

namespace Cloudreve.Core.Identity.Tokens;

/// <summary>
/// The keys that sign tokens. A new site has one, its secret (contract, section 5); changing keys adds another and signs nobody out.
/// </summary>
/// <param name="settings">Where they are kept, with the site's secret and the lifetime of keys.</param>
/// <param name="clock">Tells which key signs.</param>
public sealed class TokenKeys(SettingStore settings, TimeProvider clock)
{
    /// <summary>The id of the key that a site begins with.</summary>
    internal const string FirstId = "site";

    private volatile Parsed? _last;

    /// <summary>Adds a key when the latest has signed for the set time. No transaction beyond the settings, one to add a key.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether a key was added.</returns>
    public async Task<bool> MaintainAsync(CancellationToken cancellationToken = default)
    {
        var site = await settings.GetAsync(cancellationToken);
        var latest = (await GetAsync(cancellationToken)).Keys[^1];
        // Of the first key it is not known when it began, so it is replaced at once: after that the site's secret signs no tokens.
        if (clock.GetUtcNow() < latest.ActiveFrom + site.Get(TokenSetting.KeyLifetime))
            return false;
        await RotateAsync(cancellationToken);
        return true;
    }

    /// <summary>Adds a key, which signs from <see cref="TokenKeyRing.ActivationDelay"/> on.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task RotateAsync(CancellationToken cancellationToken = default) =>
        await settings.SetAsync(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [TokenSetting.Keys.Key] = (await GetAsync(cancellationToken)).WithNewKey(clock.GetUtcNow()).Write(),
            },
            cancellationToken);

    /// <summary>The keys.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    internal async ValueTask<TokenKeyRing> GetAsync(CancellationToken cancellationToken)
    {
        var site = await settings.GetAsync(cancellationToken);
        var text = site.Get(TokenSetting.Keys);
        if (_last is { } last && string.Equals(last.Text, text, StringComparison.Ordinal))
            return last.Ring;
        if (TokenKeyRing.Read(text) is not { } ring)
            return new TokenKeyRing([new TokenKey(FirstId, site.Get(SiteSetting.SecretKey), DateTimeOffset.MinValue)]);
        _last = new Parsed(text, ring);
        return ring;
    }

    private sealed record Parsed(string Text, TokenKeyRing Ring);
}

using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.Tokens.Stores;

/// <summary>Keys in the settings. A site begins with one, its secret (contract, section 5), and without a row.</summary>
/// <param name="clock">Determines which keys no longer verify anything.</param>
internal sealed class SettingKeyStore(SettingStore settings, TimeProvider clock) : ITokenKeyStore
{
    /// <summary>The id of the key that a site begins with.</summary>
    public const string FirstId = "site";

    /// <summary>The row's content once the keys are in a vault: no keys, and not "none yet" either.</summary>
    public const string Moved = "moved to a key vault";

    private volatile Parsed? _last;

    /// <inheritdoc/>
    public bool IsInSettings => true;

    public async ValueTask<TokenKeyRing> ReadAsync(CancellationToken cancellationToken)
    {
        var site = await settings.GetAsync(cancellationToken);
        var text = site.Get(TokenSetting.Keys);
        if (_last is { } last && string.Equals(last.Text, text, StringComparison.Ordinal))
            return last.Ring;
        var ring = Read(text, site);
        _last = new Parsed(text, ring);
        return ring;
    }

    /// <summary>The same keys: cached settings are never as old as a key is when it begins to sign.</summary>
    /// <param name="known">The keys that are known.</param>
    public ValueTask<TokenKeyRing> ReadAgainAsync(TokenKeyRing known, CancellationToken cancellationToken) => ValueTask.FromResult(known);

    /// <summary>
    /// Adds a key, without those that no longer verify anything. Two transactions, unless others change the row at the same moment.
    /// </summary>
    public async Task AddAsync(TokenKey key, CancellationToken cancellationToken)
    {
        var site = await settings.GetAsync(cancellationToken);
        await settings.ChangeAsync(
            TokenSetting.Keys.Key,
            text => Read(text, site) is var ring && ring.Keys.Contains(key) ? null : ring.With(key).At(clock.GetUtcNow()).Write(),
            cancellationToken);
    }

    /// <summary>Removes keys that no longer verify anything. One transaction, two if there are any.</summary>
    public async Task TidyAsync(CancellationToken cancellationToken)
    {
        var site = await settings.GetAsync(cancellationToken);
        await settings.ChangeAsync(
            TokenSetting.Keys.Key,
            text => text.Length > 0 && Read(text, site) is var ring && ring.At(clock.GetUtcNow()) is var rest && rest.Keys.Count < ring.Keys.Count
                ? rest.Write()
                : null,
            cancellationToken);
    }

    /// <summary>The keys that a row holds.</summary>
    /// <param name="text">The row's text; empty for none.</param>
    /// <param name="site">The site, whose secret is the first key.</param>
    /// <exception cref="CloudreveException">50001: the keys are in a vault. No other key replaces them.</exception>
    public static TokenKeyRing Read(string text, SiteSettings site) => text == Moved
        ? throw new CloudreveException(ErrorCode.DatabaseError, "The signing keys are in a key vault that is not configured for this app.")
        : TokenKeyRing.Read(text) ?? new TokenKeyRing([new TokenKey(FirstId, site.Get(SiteSetting.SecretKey), DateTimeOffset.MinValue)]);

    private sealed record Parsed(string Text, TokenKeyRing Ring);
}

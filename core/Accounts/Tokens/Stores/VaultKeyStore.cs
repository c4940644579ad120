using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Accounts.Tokens.Stores;

/// <summary>
/// Keys in a key vault. Those of the settings are copied when they are missing there. While the vault does not respond, a process continues
/// with the keys that it knows, for <see cref="TokenKeyRing.LongestOutage"/> at most; one that knows none fails. No other key ever takes
/// their place.
/// </summary>
internal sealed class VaultKeyStore : ITokenKeyStore
{
    /// <summary>The maximum age of cached keys while the vault responds: well below <see cref="TokenKeyRing.ActivationDelay"/>.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(5);

    /// <summary>The minimum interval between two reads for unknown keys, and between two tries while the vault does not respond.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    /// <summary>The time that a process without keys fails at once after the vault did not respond.</summary>
    public static readonly TimeSpan ColdPause = TimeSpan.FromSeconds(5);

    // Callers wait for a read.
    private static readonly TimeSpan LongestRead = TimeSpan.FromSeconds(15);

    private readonly VaultKeys _vault;
    private readonly SettingStore _settings;
    private readonly TimeProvider _clock;
    private readonly ILogger<VaultKeyStore> _logger;
    private readonly SharedAttempt<Known> _loading;
    private volatile Known? _known;
    private volatile bool _hasChanged;
    private volatile Failure? _failure;

    /// <summary>Reads nothing yet.</summary>
    /// <param name="settings">The settings, which may hold keys still.</param>
    /// <param name="clock">Determines how old the keys are.</param>
    /// <param name="logger">Receives the reason that the vault could not be read.</param>
    public VaultKeyStore(VaultKeys vault, SettingStore settings, TimeProvider clock, ILogger<VaultKeyStore> logger)
    {
        (_vault, _settings, _clock, _logger) = (vault, settings, clock, logger);
        _loading = new SharedAttempt<Known>(LoadAsync, LongestRead, clock);
    }

    /// <inheritdoc/>
    public bool IsInSettings => false;

    public ValueTask<TokenKeyRing> ReadAsync(CancellationToken cancellationToken) =>
        _known is { } known && IsFresh(known, MaxAge)
            ? new ValueTask<TokenKeyRing>(known.Ring)
            : new ValueTask<TokenKeyRing>(RefreshAsync(MaxAge, cancellationToken));

    public async ValueTask<TokenKeyRing> ReadAgainAsync(TokenKeyRing known, CancellationToken cancellationToken)
    {
        if (_known is { } newer && newer.Ring != known)
            return newer.Ring;
        var ring = await RefreshAsync(Pause, cancellationToken);
        // A key that signs is known to everybody, unless the vault could not be read for as long as keys wait before they sign.
        return _known is { } current && _clock.GetElapsedTime(current.ReadAt) < TokenKeyRing.ActivationDelay ? ring : throw Unavailable();
    }

    /// <summary>Adds a key. One request.</summary>
    /// <exception cref="CloudreveException">50001: the vault does not accept it.</exception>
    public async Task AddAsync(TokenKey key, CancellationToken cancellationToken)
    {
        try
        {
            await _vault.AddAsync(key, cancellationToken);
        }
        catch (StorageException e)
        {
            throw new CloudreveException(ErrorCode.DatabaseError, "The signing keys cannot be changed; try again later.", e);
        }
        _failure = null;
        _hasChanged = true;
    }

    /// <summary>Adds a key when all are disabled, and ends the move from the settings once the vault has all of their keys.</summary>
    /// <exception cref="CloudreveException">50001: the vault cannot be read or does not accept a key.</exception>
    public async Task TidyAsync(CancellationToken cancellationToken)
    {
        var site = await _settings.GetAsync(cancellationToken);
        var content = await CopyAsync(site, cancellationToken);
        if (content.Keys.Count == 0)
            await AddAsync(TokenKey.Draw(_clock.GetUtcNow()), cancellationToken);
        // What the settings hold at this moment decides: an instance that does not know of the vault yet may have added a key.
        await _settings.ChangeAsync(
            TokenSetting.Keys.Key,
            text => text != SettingKeyStore.Moved && SettingKeyStore.Read(text, site).Keys.All(key => content.Ids.Contains(key.Id))
                ? SettingKeyStore.Moved
                : null,
            cancellationToken);
    }

    private static CloudreveException Unavailable(Exception? reason = null) =>
        new(ErrorCode.DatabaseError, "The signing keys cannot be read; try again later.", reason);

    private bool IsFresh(Known known, TimeSpan maxAge) => !_hasChanged && _clock.GetElapsedTime(known.ReadAt) < maxAge;

    private Known? Usable() => _known is { } known && _clock.GetElapsedTime(known.ReadAt) < TokenKeyRing.LongestOutage ? known : null;

    private async Task<TokenKeyRing> RefreshAsync(TimeSpan maxAge, CancellationToken cancellationToken)
    {
        if (Usable() is { } known && IsFresh(known, maxAge))
            return known.Ring;
        if (_failure is { } failure && _clock.GetElapsedTime(failure.At) < (Usable() is null ? ColdPause : Pause))
            return Usable()?.Ring ?? throw Unavailable();
        return (await _loading.Join().OrKnownAsync(Usable, cancellationToken)).Ring;
    }

    /// <summary>The keys of the vault; the cached ones if it cannot be read.</summary>
    private async Task<Known> LoadAsync(CancellationToken cancellationToken)
    {
        // The age counts from before the read, and a change during the read requires another one.
        var startedAt = _clock.GetTimestamp();
        _hasChanged = false;
        VaultContent content;
        try
        {
            content = await CopyAsync(await _settings.GetAsync(cancellationToken), cancellationToken);
        }
        catch (Exception e) when (e is StorageException or CloudreveException or OperationCanceledException)
        {
            _logger.LogWarning(e, "The signing keys could not be read from the key vault.");
            _failure = new Failure(_clock.GetTimestamp());
            return Usable() ?? throw Unavailable(e);
        }
        if (content.Keys.Count == 0)
        {
            // An operator did that on purpose: known keys are as invalid as unknown ones.
            _known = null;
            _failure = new Failure(_clock.GetTimestamp());
            throw new CloudreveException(ErrorCode.DatabaseError, "All signing keys are disabled in the key vault.");
        }
        _failure = null;
        return _known = new Known(new TokenKeyRing(content.Keys), startedAt);
    }

    /// <summary>
    /// Reads the vault, and first copies to it the keys that only the settings hold. So users who signed in before the move stay signed in.
    /// </summary>
    private async Task<VaultContent> CopyAsync(SiteSettings site, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        var content = await _vault.ReadAsync(now, cancellationToken);
        var text = site.Get(TokenSetting.Keys);
        if (text == SettingKeyStore.Moved)
        {
            return content.Ids.Count > 0
                ? content
                : throw new CloudreveException(ErrorCode.DatabaseError, "The key vault no longer contains the signing keys.");
        }
        var missing = SettingKeyStore.Read(text, site).Keys.Where(key => !content.Ids.Contains(key.Id)).ToList();
        foreach (var key in missing)
            await _vault.AddAsync(key, cancellationToken);
        return missing.Count == 0 ? content : await _vault.ReadAsync(now, cancellationToken);
    }

    private sealed record Known(TokenKeyRing Ring, long ReadAt);

    private sealed record Failure(long At);
}

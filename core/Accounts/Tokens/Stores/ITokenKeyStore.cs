using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Accounts.Tokens.Stores;

/// <summary>
/// The store of the keys that sign tokens. Keys are only ever added: of two instances that add one at the same moment, both keys are kept. Every
/// instance knows a key before <see cref="TokenKeyRing.ActivationDelay"/> has passed, or knows that it may not.
/// </summary>
internal interface ITokenKeyStore
{
    /// <summary>True if the keys are stored in a setting of the site, so that a change of settings can replace all of them.</summary>
    bool IsInSettings { get; }

    /// <summary>The keys.</summary>
    /// <exception cref="CloudreveException">50001: the keys cannot be read.</exception>
    ValueTask<TokenKeyRing> ReadAsync(CancellationToken cancellationToken);

    /// <summary>The keys, for a token whose key is unknown; reads again only now and then.</summary>
    /// <param name="known">The keys that are known.</param>
    /// <exception cref="CloudreveException">50001: there may be other keys, and they cannot be read.</exception>
    ValueTask<TokenKeyRing> ReadAgainAsync(TokenKeyRing known, CancellationToken cancellationToken);

    /// <summary>Adds a key.</summary>
    Task AddAsync(TokenKey key, CancellationToken cancellationToken);

    /// <summary>Tidies up the store of the keys; for a daily run.</summary>
    Task TidyAsync(CancellationToken cancellationToken);
}

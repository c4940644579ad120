using Cloudreve.Core.Infrastructure.Caching;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Cloudreve.Core.Accounts.OpenId.Providers;

/// <summary>The metadata and keys of one provider, as they were at most <see cref="MaxAge"/> ago.</summary>
internal sealed class ProviderMetadata
{
    /// <summary>The maximum age of cached metadata.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromHours(1);

    /// <summary>The minimum interval between extra reads for a token that names an unknown key: anybody can make such tokens.</summary>
    public static readonly TimeSpan RenewalInterval = TimeSpan.FromSeconds(30);

    // Keys that a provider has withdrawn verify no longer than this. Two documents are read, from a remote server.
    private static readonly AgeLimits Limits = new(MaxAge, TimeSpan.FromHours(2)) { ReadTimeout = TimeSpan.FromSeconds(15) };

    private readonly AgedValue<OpenIdConnectConfiguration> _current;
    private readonly TimeProvider _clock;
    private readonly Lock _turn = new();
    private long? _renewedAt;

    /// <summary>Reads nothing yet.</summary>
    /// <param name="client">Calls the provider.</param>
    /// <param name="issuer">The provider.</param>
    /// <param name="clock">Determines the age of what was read.</param>
    public ProviderMetadata(ProviderClient client, string issuer, TimeProvider clock)
    {
        _clock = clock;
        // A provider on the same machine is one for development.
        var retriever = new HttpDocumentRetriever(client.Http) { RequireHttps = !new Uri(issuer).IsLoopback };
        _current = new AgedValue<OpenIdConnectConfiguration>(
            token => OpenIdConnectConfigurationRetriever.GetAsync(issuer + "/.well-known/openid-configuration", retriever, token), Limits, clock);
    }

    /// <summary>The metadata.</summary>
    public ValueTask<OpenIdConnectConfiguration> GetAsync(CancellationToken cancellationToken) => _current.GetAsync(cancellationToken);

    /// <summary>Makes the next reader read again, unless that was done recently.</summary>
    /// <returns>True if it will.</returns>
    public bool TryRenew()
    {
        lock (_turn)
        {
            if (_renewedAt is { } before && _clock.GetElapsedTime(before) < RenewalInterval)
                return false;
            _renewedAt = _clock.GetTimestamp();
        }
        _current.Forget();
        return true;
    }
}

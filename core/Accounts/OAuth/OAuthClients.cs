using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Accounts.OAuth;

/// <summary>
/// The OAuth clients: those that are built in, and the rows of the administration, which also replace built-in ones that it has
/// changed. Read in one transaction and kept for <see cref="MaxAge"/>.
/// </summary>
public sealed class OAuthClients
{
    /// <summary>The maximum age of the cached clients.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(60);

    /// <summary>The desktop application; others use its id as well. Existing applications have it built in.</summary>
    public static readonly Guid DesktopId = Guid.ParseExact("393a1839-f52e-498e-9972-e77cc2241eee", "D");

    /// <summary>The application for phones, which has the id built in.</summary>
    public static readonly Guid MobileId = Guid.ParseExact("220db97a-44a3-44f7-99b6-d767262b4daa", "D");

    // A client that was disabled must not continue for long.
    private static readonly AgeLimits Limits = new(MaxAge, TimeSpan.FromMinutes(2));

    private const string Partition = "oauth";

    // Contract, section 7.
    private static readonly TimeSpan SystemRefreshLifetime = TimeSpan.FromSeconds(7_776_000);

    private static readonly IReadOnlyList<OAuthClient> System =
    [
        BuiltIn(1, DesktopId, "Cloudreve Desktop", "/callback/desktop"),
        BuiltIn(2, MobileId, "Cloudreve for iOS", "/callback/ios"),
    ];

    private readonly StorageLayout _layout;
    private readonly AgedValue<IReadOnlyDictionary<Guid, OAuthClient>> _clients;

    /// <summary>Creates the catalog; reads nothing yet.</summary>
    /// <param name="clock">Determines the age of what was read.</param>
    public OAuthClients(StorageLayout layout, TimeProvider clock)
    {
        _layout = layout;
        _clients = new AgedValue<IReadOnlyDictionary<Guid, OAuthClient>>(ReadAsync, Limits, clock);
    }

    /// <summary>A client that may be used; null when there is none.</summary>
    /// <param name="clientId">The client's public id.</param>
    public async ValueTask<OAuthClient?> FindEnabledAsync(Guid clientId, CancellationToken cancellationToken = default) =>
        (await _clients.GetAsync(cancellationToken)).TryGetValue(clientId, out var client) && client.IsEnabled ? client : null;

    /// <summary>A client that may be used.</summary>
    /// <param name="clientId">The client's public id, a uuid.</param>
    /// <exception cref="CloudreveException">404: there is no such client.</exception>
    public async ValueTask<OAuthClient> GetEnabledAsync(string clientId, CancellationToken cancellationToken = default) =>
        (Guid.TryParseExact(clientId, "D", out var id) ? await FindEnabledAsync(id, cancellationToken) : null)
        ?? throw new CloudreveException(ErrorCode.NotFound, "The application does not exist.");

    /// <summary>All clients.</summary>
    public async ValueTask<IReadOnlyCollection<OAuthClient>> ListAsync(CancellationToken cancellationToken = default) =>
        [.. (await _clients.GetAsync(cancellationToken)).Values.OrderBy(client => client.Id)];

    /// <summary>Adds or replaces a client. One transaction.</summary>
    public async Task SaveAsync(OAuthClient client, CancellationToken cancellationToken = default)
    {
        await _layout.Site.UpsertAsync(client.Describe(Partition), cancellationToken);
        _clients.Forget();
    }

    /// <summary>Removes the row of a client; a built-in one gets its original values back. One transaction. Harmless to repeat.</summary>
    internal async Task DeleteAsync(Guid clientId, CancellationToken cancellationToken)
    {
        await _layout.Site.DeleteAsync(Partition, clientId.ToString("D"), cancellationToken: cancellationToken);
        _clients.Forget();
    }

    /// <summary>All clients as they are now. One transaction.</summary>
    internal async Task<IReadOnlyCollection<OAuthClient>> ListLatestAsync()
    {
        _clients.Forget();
        return await ListAsync();
    }

    // Applications on users' devices cannot keep a secret (RFC 8252, 8.5): a secret that they send is in every copy of them.
    private static OAuthClient BuiltIn(int id, Guid clientId, string name, string redirectPath) => new()
    {
        Id = id,
        ClientId = clientId,
        Name = name,
        RedirectUris = [redirectPath],
        Scopes = OAuthScopes.All,
        RefreshLifetime = SystemRefreshLifetime,
        IsSystem = true,
    };

    private async Task<IReadOnlyDictionary<Guid, OAuthClient>> ReadAsync(CancellationToken cancellationToken)
    {
        var clients = System.ToDictionary(client => client.ClientId);
        await foreach (var row in _layout.Site.QueryAsync(new RowRange(Partition), cancellationToken))
        {
            var client = OAuthClient.Read(row);
            clients[client.ClientId] = client;
        }
        return clients;
    }
}

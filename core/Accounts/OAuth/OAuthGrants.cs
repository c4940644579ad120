using System.Text.Json;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Accounts.OAuth;

/// <summary>A grant of a user to an OAuth client.</summary>
/// <param name="Scopes">The granted scopes.</param>
/// <param name="LastUsedAt">The time the client last exchanged a code; null for never.</param>
public sealed record OAuthGrant(Guid ClientId, IReadOnlyList<string> Scopes, DateTimeOffset? LastUsedAt);

/// <summary>Grants of users to OAuth clients: one row for each grant, in the user's partition.</summary>
/// <param name="clock">Stamps the use of grants.</param>
public sealed class OAuthGrants(StorageLayout layout, OAuthClients clients, TimeProvider clock)
{
    private const int MaxRecent = 10_000;
    private const string Prefix = "grant-";
    private const string Scopes = "scopes";
    private const string UsedAt = "used";

    private readonly BoundedCache<(long UserId, Guid ClientId), RecentGrant> _recent = new(MaxRecent, clock);

    /// <summary>The grants of a user. One transaction.</summary>
    public async Task<IReadOnlyList<OAuthGrant>> ListAsync(long userId, CancellationToken cancellationToken = default)
    {
        var grants = new List<OAuthGrant>();
        await foreach (var row in layout.Users.QueryAsync(RowRange.Prefix(UserRows.Partition(userId), Prefix), cancellationToken))
            grants.Add(Read(row));
        return grants;
    }

    /// <summary>A user's grant to a client; null when there is none. One transaction.</summary>
    public async Task<OAuthGrant?> FindAsync(long userId, Guid clientId, CancellationToken cancellationToken = default) =>
        await layout.Users.FindAsync(UserRows.Partition(userId), KeyOf(clientId), cancellationToken) is { } row ? Read(row) : null;

    /// <summary>
    /// A user's grant to a client as it was at most <see cref="UserStore.MaxAge"/> ago; null when there was none. No transaction for one
    /// that was read recently.
    /// </summary>
    internal async ValueTask<OAuthGrant?> FindRecentAsync(long userId, Guid clientId, CancellationToken cancellationToken)
    {
        // Grants die with their client.
        if (await clients.FindEnabledAsync(clientId, cancellationToken) is null)
            return null;
        if (_recent.Find((userId, clientId)) is { } kept)
            return kept.Grant;
        var grant = await FindAsync(userId, clientId, cancellationToken);
        _recent.Keep((userId, clientId), new RecentGrant(grant), clock.GetUtcNow() + UserStore.MaxAge);
        return grant;
    }

    /// <summary>Grants scopes beside those that were granted before. Two transactions, one when there is nothing to add.</summary>
    /// <param name="scopes">The granted scopes.</param>
    public async Task WidenAsync(long userId, Guid clientId, IReadOnlyCollection<string> scopes, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var row = await layout.Users.FindAsync(UserRows.Partition(userId), KeyOf(clientId), cancellationToken);
            var known = row is null ? [] : Read(row).Scopes;
            if (row is not null && scopes.All(known.Contains))
                return;
            var widened = row?.CopyTo(row.PartitionKey, row.RowKey) ?? new Row(UserRows.Partition(userId), KeyOf(clientId));
            widened[Scopes] = JsonSerializer.Serialize([.. known.Union(scopes, StringComparer.Ordinal)], OAuthJson.Default.IReadOnlyListString);
            try
            {
                if (row is null)
                    await layout.Users.InsertAsync(widened, cancellationToken);
                else
                    await layout.Users.ReplaceAsync(widened, row.ETag, cancellationToken);
                _recent.Forget((userId, clientId));
                return;
            }
            catch (StorageException e) when (e is StorageExistsException or StorageChangedException or StorageNotFoundException)
            {
                // A competing call granted or withdrew in between: its grant is widened.
            }
        }
    }

    /// <summary>
    /// The scopes of its token that a client may still use: null when the grant was withdrawn or narrowed, or the client is disabled. One
    /// transaction.
    /// </summary>
    /// <param name="held">The scopes in the client's token.</param>
    internal async Task<ClientScopes?> RenewAsync(long userId, ClientScopes held, CancellationToken cancellationToken)
    {
        var grant = await FindAsync(userId, held.ClientId, cancellationToken);
        if (grant is null || !held.Scopes.All(grant.Scopes.Contains) || await clients.FindEnabledAsync(held.ClientId, cancellationToken) is not { } client)
            return null;
        return held with { RefreshLifetime = client.RefreshLifetime };
    }

    /// <summary>Records that a client used its grant; does nothing when there is none. One transaction.</summary>
    internal async Task NoteUseAsync(long userId, Guid clientId, CancellationToken cancellationToken)
    {
        try
        {
            await layout.Users.MergeAsync(new Row(UserRows.Partition(userId), KeyOf(clientId)) { [UsedAt] = clock.GetUtcNow() }, "*", cancellationToken);
        }
        catch (StorageNotFoundException)
        {
            // Withdrawn in between.
        }
    }

    /// <summary>
    /// Withdraws a grant: the client's tokens stop working, in other processes after at most <see cref="UserStore.MaxAge"/>. Two transactions,
    /// one when there is none.
    /// </summary>
    /// <returns>False when there was none.</returns>
    public async Task<bool> WithdrawAsync(long userId, Guid clientId, CancellationToken cancellationToken = default)
    {
        // The removal itself is inconclusive: when its first response is lost, the second reports that nothing was there.
        if (await FindAsync(userId, clientId, cancellationToken) is null)
            return false;
        await layout.Users.DeleteAsync(UserRows.Partition(userId), KeyOf(clientId), cancellationToken: cancellationToken);
        _recent.Forget((userId, clientId));
        return true;
    }

    /// <summary>
    /// Number of users who have granted something to a client. Reads the table of accounts: a transaction for each 1,000 grants, and more where
    /// rows are far apart.
    /// </summary>
    internal async Task<long> CountAsync(Guid clientId, CancellationToken cancellationToken) =>
        await layout.Users.ScanAsync($"RowKey eq '{KeyOf(clientId)}'", cancellationToken).CountAsync(cancellationToken);

    /// <summary>Withdraws all grants to a client: as <see cref="CountAsync"/>, and a transaction for each grant. Harmless to repeat.</summary>
    internal async Task ClearAsync(Guid clientId, CancellationToken cancellationToken)
    {
        await foreach (var row in layout.Users.ScanAsync($"RowKey eq '{KeyOf(clientId)}'", cancellationToken))
            await layout.Users.DeleteAsync(row.PartitionKey, row.RowKey, cancellationToken: cancellationToken);
    }

    private static string KeyOf(Guid clientId) => Prefix + clientId.ToString("D");

    private static OAuthGrant Read(Row row) =>
        new(Guid.ParseExact(row.RowKey[Prefix.Length..], "D"), OAuthClient.ReadList(row, Scopes), row.Time(UsedAt));

    private sealed record RecentGrant(OAuthGrant? Grant);
}

using System.Globalization;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Accounts.OpenId;

/// <summary>The link of a user to a provider, which the user may sign in with.</summary>
/// <param name="LinkedAt">Since when.</param>
public sealed record OpenIdLink(OpenIdProvider Provider, DateTimeOffset LinkedAt);

/// <summary>
/// Links between identities and users: a row in the user's partition for each provider, and one under the identity with the user's id. A link
/// holds while both name each other. The identity's row is written first and removed last, so a crash leaves at most one that names a user who
/// does not name it: that one may be taken over.
/// </summary>
/// <param name="clock">Stamps links.</param>
public sealed class OpenIdLinks(StorageLayout layout, UserStore users, TimeProvider clock)
{
    // Just before the account's own row, so that one transaction reads both.
    private const string Prefix = "!openid-";

    private const int MaxKept = 10_000;
    private const string OwnerKey = "!openid";
    private const string Identity = "identity";
    private const string LinkedAt = "linked";

    // Identities hardly ever change owners, and an owner counts only if the user's row names the identity as well.
    private static readonly TimeSpan OwnerAge = TimeSpan.FromHours(12);

    private readonly BoundedCache<OpenIdIdentity, Owner> _owners = new(MaxKept, clock);
    private readonly BoundedCache<OpenIdIdentity, Owner> _confirmed = new(MaxKept, clock);

    /// <summary>A user's links. One transaction.</summary>
    public async Task<IReadOnlyList<OpenIdLink>> ListAsync(long userId, CancellationToken cancellationToken = default)
    {
        var links = new List<OpenIdLink>();
        await foreach (var row in layout.Users.QueryAsync(RowRange.Prefix(UserRows.Partition(userId), Prefix), cancellationToken))
            links.Add(new OpenIdLink((OpenIdProvider)int.Parse(row.RowKey.AsSpan(Prefix.Length), CultureInfo.InvariantCulture), row.Time(LinkedAt) ?? default));
        return links;
    }

    /// <summary>The user of an identity; null when it is linked to nobody. Two transactions.</summary>
    public async Task<User?> FindUserAsync(OpenIdIdentity identity, CancellationToken cancellationToken = default)
    {
        if (await layout.Users.FindAsync(OwnerPartition(identity.Key), OwnerKey, cancellationToken) is not { } row)
            return null;
        var owner = new Owner(row.RequiredNumber(UserRows.OwnerId));
        _owners.Keep(identity, owner, clock.GetUtcNow() + OwnerAge);
        return await ConfirmAsync(owner, identity, cancellationToken);
    }

    /// <summary>
    /// The user of an identity, account and link as they were at most <see cref="UserStore.MaxAge"/> ago; null when it is linked to nobody.
    /// For identifying callers. No transaction for one that was read recently, one for an identity that this process knows, two otherwise.
    /// </summary>
    public async ValueTask<User?> FindRecentUserAsync(OpenIdIdentity identity, CancellationToken cancellationToken = default)
    {
        if (_confirmed.Find(identity) is { } confirmed)
            return await users.FindRecentAsync(confirmed.UserId, cancellationToken);
        return _owners.Find(identity) is { } owner && await ConfirmAsync(owner, identity, cancellationToken) is { } user
            ? user
            : await FindUserAsync(identity, cancellationToken);
    }

    /// <summary>Links an identity with a user. Two transactions, more where a crash left rows behind.</summary>
    /// <exception cref="CloudreveException">40066: the user has another identity of the provider. 40067: the identity is another user's.</exception>
    public async Task LinkAsync(long userId, OpenIdIdentity identity, CancellationToken cancellationToken = default)
    {
        await ClaimAsync(userId, identity, cancellationToken);
        var link = new Row(UserRows.Partition(userId), KeyOf(identity.Provider)) { [Identity] = identity.Key, [LinkedAt] = clock.GetUtcNow() };
        try
        {
            await layout.Users.InsertAsync(link, cancellationToken);
        }
        catch (StorageExistsException)
        {
            if (await NamesAsync(userId, identity, cancellationToken))
                return;
            await ReleaseAsync(userId, identity.Key, cancellationToken);
            throw new CloudreveException(ErrorCode.OpenIdBound, "Your account is already linked to another identity of this provider.");
        }
    }

    /// <summary>Removes a link. Four transactions.</summary>
    /// <returns>False when there was none.</returns>
    public async Task<bool> UnlinkAsync(long userId, OpenIdProvider provider, CancellationToken cancellationToken = default)
    {
        if (await layout.Users.FindAsync(UserRows.Partition(userId), KeyOf(provider), cancellationToken) is not { } link
            || !await layout.Users.DeleteAsync(link.PartitionKey, link.RowKey, link.ETag, cancellationToken))
            return false;
        await ReleaseAsync(userId, link.RequiredText(Identity), cancellationToken);
        return true;
    }

    private static string OwnerPartition(string identity) => "o" + identity;

    private static string KeyOf(OpenIdProvider provider) => Prefix + ((int)provider).ToString(CultureInfo.InvariantCulture);

    private static bool Names(Row? link, OpenIdIdentity identity) => string.Equals(link?.Text(Identity), identity.Key, StringComparison.Ordinal);

    private async Task<bool> NamesAsync(long userId, OpenIdIdentity identity, CancellationToken cancellationToken) =>
        Names(await layout.Users.FindAsync(UserRows.Partition(userId), KeyOf(identity.Provider), cancellationToken), identity);

    /// <summary>The account that an identity's row names, if it names the identity in turn. One transaction.</summary>
    private async Task<User?> ConfirmAsync(Owner owner, OpenIdIdentity identity, CancellationToken cancellationToken)
    {
        var until = clock.GetUtcNow() + UserStore.MaxAge;
        var (user, link) = await users.FindWithAsync(owner.UserId, KeyOf(identity.Provider), cancellationToken);
        if (user is null || !Names(link, identity))
            return null;
        _confirmed.Keep(identity, owner, until);
        return user;
    }

    private async Task ClaimAsync(long userId, OpenIdIdentity identity, CancellationToken cancellationToken)
    {
        var claim = new Row(OwnerPartition(identity.Key), OwnerKey) { [UserRows.OwnerId] = userId };
        while (true)
        {
            try
            {
                await layout.Users.InsertAsync(claim, cancellationToken);
                return;
            }
            catch (StorageExistsException)
            {
                // Another user's, or left by a crash.
            }
            if (await layout.Users.FindAsync(claim.PartitionKey, OwnerKey, cancellationToken) is not { } known)
                continue;
            var owner = known.RequiredNumber(UserRows.OwnerId);
            if (owner == userId)
                return;
            if (await NamesAsync(owner, identity, cancellationToken))
                throw new CloudreveException(ErrorCode.OpenIdBoundElsewhere, "The identity is already linked to another account.");
            try
            {
                await layout.Users.ReplaceAsync(claim, known.ETag, cancellationToken);
                return;
            }
            catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
            {
                // A competing call took it over, or its owner released it.
            }
        }
    }

    /// <summary>Removes an identity's row, unless another user has claimed it since this one released it.</summary>
    private async Task ReleaseAsync(long userId, string identity, CancellationToken cancellationToken)
    {
        if (await layout.Users.FindAsync(OwnerPartition(identity), OwnerKey, cancellationToken) is not { } claim
            || claim.RequiredNumber(UserRows.OwnerId) != userId)
            return;
        try
        {
            await layout.Users.DeleteAsync(claim.PartitionKey, OwnerKey, claim.ETag, cancellationToken);
        }
        catch (StorageChangedException)
        {
            // Taken over just now.
        }
    }

    private sealed record Owner(long UserId);
}

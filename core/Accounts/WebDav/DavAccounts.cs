using System.Globalization;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Boolsets;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Accounts.WebDav;

/// <summary>A user's specification of a WebDAV account.</summary>
/// <param name="Name">The display name.</param>
/// <param name="Root">The folder that its clients see as the root.</param>
/// <param name="Options">The set of <see cref="DavAccountOption"/>.</param>
public sealed record DavAccountTerms(string Name, FileUri Root, Boolset Options);

/// <summary>A page of a user's accounts.</summary>
/// <param name="Accounts">The newest first.</param>
/// <param name="NextToken">The token to continue with; null on the last page.</param>
public sealed record DavAccountPage(IReadOnlyList<DavAccount> Accounts, string? NextToken);

/// <summary>The WebDAV accounts of users.</summary>
/// <param name="layout">The storage of the rows.</param>
/// <param name="clock">Stamps new ones.</param>
public sealed class DavAccounts(StorageLayout layout, IdAllocator ids, TimeProvider clock)
{
    /// <summary>Maximum number of accounts of a user; all are read to find out which one a password belongs to.</summary>
    public const int MaxAccounts = 200;

    private const int MaxKept = 10_000;

    private readonly BoundedCache<long, IReadOnlyList<DavAccount>> _recent = new(MaxKept, clock);

    /// <summary>A page of a user's accounts. One transaction.</summary>
    /// <param name="pageSize">At most how many.</param>
    /// <param name="token">The token of the page before; null for the first.</param>
    /// <exception cref="CloudreveException">40001 for an invalid token.</exception>
    public async Task<DavAccountPage> ListAsync(long userId, int pageSize, string? token, CancellationToken cancellationToken = default)
    {
        var range = RowRange.Prefix(UserRows.Partition(userId), DavAccount.Prefix);
        if (token is not null)
        {
            range = long.TryParse(token, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var last) && last >= 0
                ? range.Behind(DavAccount.KeyOf(last))
                : throw new CloudreveException(ErrorCode.BadParameter, "The page token is invalid.");
        }
        var rows = (await layout.Users.QueryPageAsync(range, pageSize + 1, null, cancellationToken)).Rows;
        var accounts = rows.Take(pageSize).Select(row => DavAccount.Read(row, userId)).ToList();
        return new DavAccountPage(accounts, rows.Count > pageSize ? accounts[^1].Id.ToString("x", CultureInfo.InvariantCulture) : null);
    }

    /// <summary>
    /// All accounts of a user as they were at most <see cref="UserStore.MaxAge"/> ago. No transaction for those that were read recently, one
    /// otherwise.
    /// </summary>
    internal async ValueTask<IReadOnlyList<DavAccount>> FindRecentAsync(long userId, CancellationToken cancellationToken)
    {
        if (_recent.Find(userId) is { } known)
            return known;
        var until = clock.GetUtcNow() + UserStore.MaxAge;
        var accounts = await ReadAsync(userId, cancellationToken);
        _recent.Keep(userId, accounts, until);
        return accounts;
    }

    /// <summary>Creates an account. Two transactions.</summary>
    /// <param name="terms">The new terms.</param>
    /// <exception cref="CloudreveException">40001: the user has the maximum number.</exception>
    public async Task<DavAccount> CreateAsync(long userId, DavAccountTerms terms, CancellationToken cancellationToken = default)
    {
        if ((await ReadAsync(userId, cancellationToken)).Count >= MaxAccounts)
            throw new CloudreveException(ErrorCode.BadParameter, $"You already have {MaxAccounts} WebDAV accounts. Delete one first.");
        var account = new DavAccount
        {
            Id = await ids.NextAsync(IdKind.DavAccount, cancellationToken),
            UserId = userId,
            Name = terms.Name,
            Root = terms.Root,
            Options = terms.Options,
            CreatedAt = clock.GetUtcNow(),
            Salt = DavAccount.DrawSalt(),
        };
        // Nobody else has the id: an existing row is our own first try, whose response was lost.
        await layout.Users.UpsertAsync(account.Describe(), cancellationToken);
        _recent.Forget(userId);
        return account;
    }

    /// <summary>Changes an account; its password stays. Two transactions, more for each competing call.</summary>
    /// <param name="terms">The new terms.</param>
    /// <returns>The account; null when the user has no such account.</returns>
    public async Task<DavAccount?> ChangeAsync(long userId, long id, DavAccountTerms terms, CancellationToken cancellationToken = default)
    {
        while (await layout.Users.FindAsync(UserRows.Partition(userId), DavAccount.KeyOf(id), cancellationToken) is { } row)
        {
            var changed = DavAccount.Read(row, userId) with { Name = terms.Name, Root = terms.Root, Options = terms.Options };
            try
            {
                await layout.Users.ReplaceAsync(changed.Describe(), row.ETag, cancellationToken);
                _recent.Forget(userId);
                return changed;
            }
            catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
            {
                // A competing change, or our own, whose response was lost: read again.
            }
        }
        return null;
    }

    /// <summary>
    /// Deletes an account: its clients are refused from now on, by other processes after at most <see cref="UserStore.MaxAge"/>. Two
    /// transactions.
    /// </summary>
    /// <returns>False when the user has no such account.</returns>
    public async Task<bool> DeleteAsync(long userId, long id, CancellationToken cancellationToken = default)
    {
        // The removal itself is inconclusive: when its first response is lost, the second reports that nothing was there.
        if (await layout.Users.FindAsync(UserRows.Partition(userId), DavAccount.KeyOf(id), cancellationToken) is null)
            return false;
        await layout.Users.DeleteAsync(UserRows.Partition(userId), DavAccount.KeyOf(id), cancellationToken: cancellationToken);
        _recent.Forget(userId);
        return true;
    }

    private async Task<IReadOnlyList<DavAccount>> ReadAsync(long userId, CancellationToken cancellationToken)
    {
        var rows = await layout.Users.QueryPageAsync(
            RowRange.Prefix(UserRows.Partition(userId), DavAccount.Prefix), MaxAccounts + 1, null, cancellationToken);
        return [.. rows.Rows.Select(row => DavAccount.Read(row, userId))];
    }
}

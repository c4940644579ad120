using System.Globalization;
using Cloudreve.Core.Accounts.Preferences;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Tables.Numbered;
using Cloudreve.Core.Infrastructure.Text;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Accounts.Administration;

/// <summary>Sort orders of a list of accounts.</summary>
public enum UserOrder
{
    /// <summary>The id.</summary>
    Id,

    /// <summary>The nickname.</summary>
    Nick,

    /// <summary>The mail address.</summary>
    Email,

    /// <summary>Bytes in use.</summary>
    Storage,
}

/// <summary>Selects the accounts of a list; null for all.</summary>
/// <param name="Status">The state of the account.</param>
/// <param name="Nick">A part of the nickname, in any case.</param>
/// <param name="Email">A part of the mail address, in any case.</param>
public sealed record UserFilter(UserStatus? Status = null, long? GroupId = null, string? Nick = null, string? Email = null);

/// <summary>An account and the bytes that it uses.</summary>
/// <param name="Used">Bytes in use.</param>
public sealed record ListedUser(User User, long Used);

/// <summary>An administrator's changes to an account; null leaves a value as it is.</summary>
public sealed record UserChange
{
    /// <summary>The mail address.</summary>
    public string? Email { get; init; }

    /// <summary>The display name.</summary>
    public string? Nick { get; init; }

    /// <summary>The state of the account.</summary>
    public UserStatus? Status { get; init; }

    /// <summary>The group.</summary>
    public int? GroupId { get; init; }

    /// <summary>The hash of a new password.</summary>
    public string? PasswordHash { get; init; }

    /// <summary>True to remove the picture.</summary>
    public bool RemovesAvatar { get; init; }

    /// <summary>True to remove the second factor.</summary>
    public bool RemovesTwoFactor { get; init; }
}

/// <summary>Operations of administrators on accounts (contract, section 24).</summary>
public sealed class UserAdministration
{
    private readonly StorageLayout _layout;
    private readonly UserStore _users;
    private readonly SiteCatalog _catalog;
    private readonly QuotaLedger _quota;
    private readonly UserIndex _index;
    private readonly NumberedRows _rows;

    /// <summary>Creates the service; sends nothing.</summary>
    /// <param name="quota">The bytes in use.</param>
    /// <param name="ids">Knows the assigned ids.</param>
    /// <param name="clock">Determines the age of what is known.</param>
    public UserAdministration(StorageLayout layout, UserStore users, SiteCatalog catalog, QuotaLedger quota, IdAllocator ids, TimeProvider clock)
    {
        _layout = layout;
        _users = users;
        _catalog = catalog;
        _quota = quota;
        _index = new UserIndex(layout);
        _rows = new NumberedRows(layout.Users, ids, IdKind.User, UserIndex.Prefix, null, clock);
    }

    /// <summary>
    /// A page of accounts. In order of id, by state and group, it costs what <see cref="NumberedRows"/> does, and two transactions for each
    /// account of the page. Other orders and parts of texts read the whole index, one transaction for each 1,000 accounts; the order by
    /// storage as many more for the table of quotas.
    /// </summary>
    /// <param name="filter">Selects the accounts.</param>
    /// <param name="mostSorted">Maximum number of accounts that may be sorted or searched.</param>
    /// <exception cref="CloudreveException">40001: there are too many to be sorted or searched.</exception>
    public async Task<NumberedItems<ListedUser>> ListAsync(
        ListWindow page, UserFilter filter, UserOrder order, long mostSorted, CancellationToken cancellationToken = default)
    {
        var condition = ConditionOf(filter);
        var isSearched = filter.Nick is not null || filter.Email is not null;
        NumberedItems<UserIndex.Entry> entries;
        if (order == UserOrder.Id && !isSearched)
        {
            var rows = await _rows.ListAsync(page, condition, cancellationToken);
            entries = rows.With<UserIndex.Entry>([.. rows.Items.Select(UserIndex.Read)]);
        }
        else
        {
            var found = await SortedRows.GatherAsync(_rows.ScanAsync(condition, cancellationToken).Select(UserIndex.Read), mostSorted, cancellationToken);
            found = [.. found.Where(entry => Holds(entry.Nick, filter.Nick) && Holds(entry.Email, filter.Email))];
            entries = order switch
            {
                UserOrder.Nick => SortedRows.Take(found, page, entry => CanonicalText.Of(entry.Nick).ToUpperInvariant(), entry => entry.Id),
                UserOrder.Email => SortedRows.Take(found, page, entry => entry.Email, entry => entry.Id),
                UserOrder.Storage => await SortByStorageAsync(found, page, cancellationToken),
                _ => SortedRows.Take(found, page, entry => entry.Id, entry => entry.Id),
            };
        }
        return entries.With<ListedUser>(await SortedRows.ReadAsync(entries.Items, ReadListedAsync, cancellationToken));
    }

    /// <summary>An account. Two transactions.</summary>
    /// <exception cref="CloudreveException">40021: there is none, or it is being removed.</exception>
    public async Task<ListedUser> GetAsync(long id, CancellationToken cancellationToken = default) =>
        await FindAsync(id, cancellationToken) is { } user ? await WithUsedAsync(user, cancellationToken) : throw NotFound();

    /// <summary>Creates an account. Some six transactions.</summary>
    /// <param name="user">The initial values.</param>
    /// <exception cref="CloudreveException">40001 malformed, 40032 the mail address has an account, 40039 no such group.</exception>
    public async Task<ListedUser> CreateAsync(NewUser user, CancellationToken cancellationToken = default)
    {
        CheckEmail(user.Email);
        new PreferenceChange { Nick = user.Nick }.Check();
        await CheckGroupAsync(user.GroupId, cancellationToken);
        return new ListedUser(await _users.CreateAsync(user, cancellationToken), 0);
    }

    /// <summary>Changes an account: everything or nothing. Some five transactions, five more for another mail address.</summary>
    /// <param name="actor">The administrator.</param>
    /// <exception cref="CloudreveException">
    /// 40001 malformed, 40021 no such account, 40032 the mail address has an account, 40039 no such group, 40042 the group of the first or
    /// the own account, 40043 any other lock-out of the first or the own account, 40089 what applications may not do.
    /// </exception>
    public async Task<ListedUser> UpdateAsync(Caller actor, long id, UserChange change, CancellationToken cancellationToken = default)
    {
        var user = await FindAsync(id, cancellationToken) ?? throw NotFound();
        if (change.Email is { } email)
            CheckEmail(email);
        if (change.Nick is { } nick && nick != user.Nick)
            new PreferenceChange { Nick = nick }.Check();
        if (change.GroupId is { } groupId && groupId != user.GroupId)
            await CheckNewGroupAsync(actor, groupId, cancellationToken);
        AccountProtection.Check(actor, user, change);
        var updated = await _users.UpdateWithMailAsync(
            id,
            change.Email ?? user.Email,
            current =>
            {
                if (current.IsLeaving)
                    throw NotFound();
                AccountProtection.Check(actor, current, change);
                return Apply(change, current);
            },
            cancellationToken);
        return await WithUsedAsync(updated, cancellationToken);
    }

    /// <summary>Number of accounts, as far as they are counted.</summary>
    public Task<long> CountAsync(CancellationToken cancellationToken = default) => _rows.CountAsync(null, cancellationToken);

    /// <summary>Number of accounts in a group, as far as they are counted.</summary>
    public Task<long> CountGroupAsync(int groupId, CancellationToken cancellationToken = default) =>
        _rows.CountAsync(ConditionOf(new UserFilter(GroupId: groupId)), cancellationToken);

    private static User Apply(UserChange change, User user) => user with
    {
        Nick = change.Nick ?? user.Nick,
        Status = change.Status ?? user.Status,
        GroupId = change.GroupId ?? user.GroupId,
        PasswordHash = change.PasswordHash ?? user.PasswordHash,
        Avatar = change.RemovesAvatar ? "" : user.Avatar,
        TwoFactorSecret = change.RemovesTwoFactor ? null : user.TwoFactorSecret,
    };

    private static string? ConditionOf(UserFilter filter)
    {
        var status = filter.Status is { } state ? string.Create(CultureInfo.InvariantCulture, $"{UserIndex.Status} eq {(int)state}") : null;
        var group = filter.GroupId is { } id ? string.Create(CultureInfo.InvariantCulture, $"{UserIndex.Group} eq {Math.Min(id, int.MaxValue)}") : null;
        return (status, group) switch
        {
            (null, _) => group,
            (_, null) => status,
            _ => $"{status} and {group}",
        };
    }

    private static bool Holds(string text, string? part) =>
        part is null || CanonicalText.Of(text).Contains(CanonicalText.Of(part), StringComparison.OrdinalIgnoreCase);

    private static void CheckEmail(string email)
    {
        if (!MailAddressRules.Allow(email.Trim()))
            throw new CloudreveException(ErrorCode.BadParameter, "The email address is invalid.");
    }

    private static CloudreveException NotFound() => new(ErrorCode.UserNotFound, "The user does not exist.");

    private async ValueTask CheckNewGroupAsync(Caller actor, int groupId, CancellationToken cancellationToken)
    {
        await CheckGroupAsync(groupId, cancellationToken);
        if ((await _catalog.GetGroupAsync(groupId, cancellationToken)).Allows(GroupPermission.IsAdmin))
            actor.RefuseApplication();
    }

    private async ValueTask CheckGroupAsync(int groupId, CancellationToken cancellationToken)
    {
        if ((await _catalog.GetGroupAsync(groupId, cancellationToken)).Id == Group.AnonymousId)
            throw new CloudreveException(ErrorCode.BadParameter, "The group of anonymous visitors cannot have members.");
    }

    private async Task<User?> FindAsync(long id, CancellationToken cancellationToken) =>
        await _users.FindAsync(id, cancellationToken) is { IsLeaving: false } user ? user : null;

    private async Task<ListedUser> WithUsedAsync(User user, CancellationToken cancellationToken) =>
        new(user, await _quota.GetUsedAsync(user.Id, cancellationToken));

    private async Task<ListedUser?> ReadListedAsync(UserIndex.Entry entry, CancellationToken cancellationToken)
    {
        if (await FindAsync(entry.Id, cancellationToken) is not { } user)
            return null;
        // A crash happened between the index and the account.
        if (UserIndex.EntryOf(user) != entry)
            await _index.WriteAsync(user, cancellationToken);
        return await WithUsedAsync(user, cancellationToken);
    }

    private async Task<NumberedItems<UserIndex.Entry>> SortByStorageAsync(
        List<UserIndex.Entry> entries, ListWindow page, CancellationToken cancellationToken)
    {
        var used = new Dictionary<long, long>();
        await foreach (var row in _layout.Quotas.ScanAsync(QuotaLedger.TotalsFilter, cancellationToken))
        {
            if (QuotaLedger.TotalOf(row) is { } total)
                used[total.UserId] = total.Bytes;
        }
        return SortedRows.Take(entries, page, entry => used.GetValueOrDefault(entry.Id), entry => entry.Id);
    }
}

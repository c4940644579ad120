using System.Runtime.CompilerServices;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Text;
using Cloudreve.Core.Site.Bootstrap;

namespace Cloudreve.Core.Accounts;

/// <summary>The initial values of a new account.</summary>
/// <param name="Email">The mail address, in any case.</param>
/// <param name="PasswordHash">The hashed password; null for none.</param>
public sealed record NewUser(string Email, string? PasswordHash, int GroupId)
{
    /// <summary>The display name; null for the mail address up to its @.</summary>
    public string? Nick { get; init; }

    /// <summary>The state of the account.</summary>
    public UserStatus Status { get; init; }

    /// <summary>True if the mail address is known to belong to the user.</summary>
    public bool IsEmailVerified { get; init; }

    /// <summary>The language that the user's client speaks; null when unknown.</summary>
    public string? Language { get; init; }
}

/// <summary>The accounts.</summary>
/// <param name="ids">Gives ids to new accounts.</param>
/// <param name="roots">Makes their root folders.</param>
/// <param name="clock">Stamps new accounts.</param>
public sealed class UserStore(StorageLayout layout, IdAllocator ids, DriveRoots roots, TimeProvider clock)
{
    /// <summary>The maximum age of what <see cref="FindRecentAsync"/> returns.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(15);

    private readonly RecentUsers _recent = new(clock);
    private readonly UserIndex _index = new(layout);
    private readonly MailClaims _mails = new(layout);

    /// <summary>The form in which mail addresses are stored and compared.</summary>
    /// <param name="email">A mail address.</param>
    public static string NormalizeEmail(string email) => CanonicalText.Of(email.Trim()).ToLowerInvariant();

    /// <summary>Finds an account; null when there is none. One transaction.</summary>
    public async Task<User?> FindAsync(long id, CancellationToken cancellationToken = default)
    {
        var readAt = clock.GetTimestamp();
        var row = await layout.Users.FindAsync(UserRows.Partition(id), UserRows.Account, cancellationToken);
        return row is null ? null : _recent.Keep(UserRows.Read(row), readAt);
    }

    /// <summary>Finds an account together with a row of its partition whose key comes shortly before the account's. One transaction.</summary>
    /// <param name="rowKey">The other row's key.</param>
    /// <returns>The account and the row; null where there is none.</returns>
    internal async Task<(User? User, Row? Other)> FindWithAsync(long id, string rowKey, CancellationToken cancellationToken)
    {
        var readAt = clock.GetTimestamp();
        var range = new RowRange(UserRows.Partition(id), rowKey, RowRange.After(UserRows.Account));
        var rows = (await layout.Users.QueryPageAsync(range, cancellationToken: cancellationToken)).Rows;
        return (
            rows.FirstOrDefault(row => row.RowKey == UserRows.Account) is { } account ? _recent.Keep(UserRows.Read(account), readAt) : null,
            rows.FirstOrDefault(row => row.RowKey == rowKey));
    }

    /// <summary>
    /// Finds an account as it was at most <see cref="MaxAge"/> ago, a little longer while storage is slow: no transaction for one that was
    /// read recently, and one for all who ask at the same time. For identifying callers; where a decision depends on the latest state use
    /// <see cref="FindAsync"/>.
    /// </summary>
    public ValueTask<User?> FindRecentAsync(long id, CancellationToken cancellationToken = default) =>
        _recent.TryFind(id, out var recent)
            ? new ValueTask<User?>(recent)
            : new ValueTask<User?>(_recent.ReadAsync(id, FindAsync, cancellationToken));

    /// <summary>Finds the account of a mail address; null when there is none. Two transactions.</summary>
    /// <param name="email">The mail address, in any case.</param>
    public async Task<User?> FindByEmailAsync(string email, CancellationToken cancellationToken = default) =>
        await FindIdByEmailAsync(email, cancellationToken) is { } id ? await FindOwnerAsync(id, email, cancellationToken) : null;

    /// <summary>
    /// Creates an account with its root folder. A crash in between leaves a mail address that belongs to an id without
    /// account; the next try for that address continues with the same id, so an address never has two accounts.
    /// </summary>
    /// <param name="user">The initial values.</param>
    /// <exception cref="CloudreveException">40032: the mail address has an account.</exception>
    public async Task<User> CreateAsync(NewUser user, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var id = await ids.NextAsync(IdKind.User, cancellationToken);
            // The first id is the first administrator's, whose row may have been created without the allocator.
            if (id != User.FirstId && await TryCreateAsync(id, user, cancellationToken) is { } created)
                return created;
        }
    }

    /// <summary>Creates the first account, or finds it. Harmless to repeat and to run concurrently.</summary>
    /// <param name="user">The initial values if it does not exist.</param>
    internal async Task<User> EnsureFirstAsync(NewUser user, CancellationToken cancellationToken)
    {
        if (await FindAsync(User.FirstId, cancellationToken) is { } existing)
        {
            await roots.CreateAsync(User.FirstId, cancellationToken);
            return existing;
        }
        try
        {
            if (await TryCreateAsync(User.FirstId, user, cancellationToken) is { } created)
                return created;
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.MailInUse)
        {
            // Another process created it in between; the check below finds out.
        }
        return await FindAsync(User.FirstId, cancellationToken) ?? throw MailClaims.Taken();
    }

    internal async Task<long?> FindIdByEmailAsync(string email, CancellationToken cancellationToken) =>
        await _mails.FindOwnerAsync(await FindStoredFormAsync(email, cancellationToken), cancellationToken);

    /// <summary>
    /// The form of a mail address in which its account stores it. Earlier releases stored letters with accents as they came, so such addresses are
    /// looked for in all forms that a keyboard makes: one transaction for each; none for others.
    /// </summary>
    /// <param name="email">The mail address, in any case.</param>
    /// <returns>The canonical form where no account has another one.</returns>
    internal async Task<string> FindStoredFormAsync(string email, CancellationToken cancellationToken)
    {
        var plain = email.Trim().ToLowerInvariant();
        string[] forms = [.. new[] { NormalizeEmail(email), plain, CanonicalText.Decomposed(plain) }.Distinct(StringComparer.Ordinal)];
        if (forms.Length == 1)
            return forms[0];
        var owners = await Task.WhenAll(forms.Select(form => _mails.FindOwnerAsync(form, cancellationToken)));
        return forms.Where((_, i) => owners[i] is not null).FirstOrDefault(forms[0]);
    }

    private async Task<User?> FindOwnerAsync(long id, string email, CancellationToken cancellationToken) =>
        await FindAsync(id, cancellationToken) is { } user && NormalizeEmail(user.Email) == NormalizeEmail(email) ? user : null;

    /// <summary>Creates an account under an id; null when another account has the id.</summary>
    private async Task<User?> TryCreateAsync(long id, NewUser user, CancellationToken cancellationToken)
    {
        var email = await FindStoredFormAsync(user.Email, cancellationToken);
        var claimed = await _mails.ClaimForNewAsync(email, id, cancellationToken);
        await roots.CreateAsync(claimed, cancellationToken);
        var created = new User
        {
            Id = claimed,
            Email = email,
            IsEmailVerified = user.IsEmailVerified,
            Nick = user.Nick ?? email[..Math.Max(email.IndexOf('@', StringComparison.Ordinal), 1)],
            Status = user.Status,
            GroupId = user.GroupId,
            PasswordHash = user.PasswordHash,
            CreatedAt = clock.GetUtcNow(),
            Settings = new UserSettings { VersionRetentionEnabled = true, VersionRetentionMax = 10, Language = user.Language },
        };
        try
        {
            await _index.WriteAsync(created, cancellationToken);
            var etag = await layout.Users.InsertAsync(UserRows.Describe(created), cancellationToken);
            return created with { ETag = etag, UpdatedAt = created.CreatedAt };
        }
        catch (StorageExistsException)
        {
            // Our own insert whose response was lost, a competing call for the same address that came first, or an account that has the
            // id under another address.
            var found = await FindAsync(claimed, cancellationToken);
            if (found?.Email != email)
                return null;
            return found.CreatedAt == created.CreatedAt && found.PasswordHash == created.PasswordHash ? found : throw MailClaims.Taken();
        }
    }

    /// <summary>
    /// Changes an account, except its mail address: two transactions, two more for each competing call, and one for a change of what lists of
    /// accounts show.
    /// </summary>
    /// <param name="change">Builds the new account from the current one; may be called again. Throwing ends the call.</param>
    /// <exception cref="CloudreveException">40021 when there is no such account.</exception>
    public Task<User> UpdateAsync(long id, Func<User, User> change, CancellationToken cancellationToken = default) =>
        ChangeAsync(id, (_, current) => new ValueTask<User>(change(current)), cancellationToken);

    private async Task<User> ChangeAsync(long id, Func<Row, User, ValueTask<User>> change, CancellationToken cancellationToken)
    {
        // Two callers may make the same change: without a name of its own, one would take the other's write for its own.
        var write = Guid.NewGuid();
        while (true)
        {
            var row = await layout.Users.FindAsync(UserRows.Partition(id), UserRows.Account, cancellationToken)
                ?? throw new CloudreveException(ErrorCode.UserNotFound, "The user does not exist.");
            var current = UserRows.Read(row);
            // The response to our own write was lost: a second write may be refused.
            if (UserRows.WriteOf(row) == write)
                return current;
            var changed = await change(row, current);
            if (ReferenceEquals(changed, current))
                return current;
            try
            {
                if (UserIndex.Differs(current, changed))
                    await _index.WriteAsync(changed, cancellationToken);
                var readAt = clock.GetTimestamp();
                await layout.Users.ReplaceAsync(UserRows.Describe(changed, write), row.ETag, cancellationToken);
                return _recent.Keep(changed, readAt);
            }
            catch (StorageChangedException)
            {
                // A competing call came first: its change is kept.
            }
        }
    }

    /// <summary>Changes an account and its mail address: eight transactions.</summary>
    /// <param name="email">The new address, in any case.</param>
    /// <param name="change">Builds the new account from the current one; see <see cref="UpdateAsync"/>.</param>
    /// <exception cref="CloudreveException">40021 when there is no such account; 40032: another account has the address.</exception>
    internal async Task<User> UpdateWithMailAsync(long id, string email, Func<User, User> change, CancellationToken cancellationToken)
    {
        var address = await FindStoredFormAsync(email, cancellationToken);
        var left = new HashSet<string>(StringComparer.Ordinal);
        var isFirst = true;
        var updated = await ChangeAsync(
            id,
            async (row, current) =>
            {
                var changed = change(current);
                if (current.Email == address)
                    return changed;
                await _mails.ClaimAsync(address, row, id, mayTakeOver: isFirst, cancellationToken);
                isFirst = false;
                left.Add(current.Email);
                return changed with { Email = address, IsEmailVerified = false };
            },
            cancellationToken);
        foreach (var previous in left)
            await _mails.ReleaseLeftAsync(previous, id, cancellationToken);
        return updated;
    }

    /// <summary>Frees a mail address, unless another account has it. Two transactions. Harmless to repeat.</summary>
    internal Task ReleaseMailAsync(string email, long id, CancellationToken cancellationToken) => _mails.ReleaseAsync(email, id, cancellationToken);

    /// <summary>Removes the row of an account. Two transactions. Harmless to repeat.</summary>
    internal async Task DeleteAsync(long id, CancellationToken cancellationToken)
    {
        await _index.DeleteAsync(id, cancellationToken);
        await layout.Users.DeleteAsync(UserRows.Partition(id), UserRows.Account, cancellationToken: cancellationToken);
        _recent.Forget(id);
    }

    /// <summary>Replaces an account as it was read, together with other rows of its partition: atomically. One transaction.</summary>
    /// <param name="changed">The new account, with the version that it was made of.</param>
    /// <param name="add">Adds what else is to be done.</param>
    /// <exception cref="StorageChangedException">The account or another row has changed since.</exception>
    internal async Task<User> ReplaceAsync(User changed, Action<TableBatch> add, CancellationToken cancellationToken)
    {
        var batch = new TableBatch(UserRows.Partition(changed.Id)).Replace(UserRows.Describe(changed), changed.ETag);
        add(batch);
        var readAt = clock.GetTimestamp();
        var etags = await layout.Users.SubmitAsync(batch, cancellationToken);
        var stored = changed with { ETag = etags[0] ?? "" };
        return _recent.Keep(stored, readAt);
    }

    /// <summary>Adds all accounts to the index of accounts, which older sites lack. A transaction for each account.</summary>
    internal async Task ListAllAsync(CancellationToken cancellationToken)
    {
        await BoundedParallel.ForEachAsync(
            layout.Users.ScanAsync($"RowKey eq '{UserRows.Account}'", cancellationToken),
            ListUpgrade.Writers,
            (row, token) => _index.WriteAsync(UserRows.Read(row), token),
            cancellationToken);
    }

    /// <summary>The ids of all accounts: at least one transaction for each 1,000 rows of the table.</summary>
    /// <param name="cancellationToken">Cancels the scan.</param>
    public async IAsyncEnumerable<long> ScanIdsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var row in layout.Users.ScanAsync($"RowKey eq '{UserRows.Account}'", cancellationToken))
            yield return row.RequiredNumber(UserRows.Columns.Id);
    }
}

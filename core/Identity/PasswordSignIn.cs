using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Errors;
using Cloudreve.Core.Tables;

namespace Cloudreve.Core.Identity;

/// <summary>
/// Signs users in by password. Guessing is limited per account and across instances: after <see cref="MaxFailures"/> failures
/// within <see cref="Window"/> the account takes no password until the window has passed. The refusal looks like a wrong
/// password, so that it tells nothing about the account.
/// </summary>
/// <param name="layout">Where failures are kept.</param>
/// <param name="users">The accounts.</param>
/// <param name="clock">Tells when a window ends.</param>
public sealed class PasswordSignIn(StorageLayout layout, UserStore users, TimeProvider clock)
{
    /// <summary>How many failures a window allows.</summary>
    public const int MaxFailures = 10;

    /// <summary>How long failures count, from the first one.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    /// <summary>The shortest and longest password of a sign-in, in characters.</summary>
    public const int MinPassword = 4, MaxPassword = 128;

    private const string Count = "count";
    private const string Since = "since";

    // Guesses for one account wait for each other, so that many at once cannot all be checked before the first is counted.
    // The number of turns also bounds the memory that hashing takes at once (19 MiB each).
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, 8).Select(_ => new SemaphoreSlim(1, 1))];

    /// <summary>Checks mail address and password. Two transactions, one more to forget earlier failures or to count a new one.</summary>
    /// <param name="email">The mail address, in any case.</param>
    /// <param name="password">The password.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="CloudreveException">40001 malformed, 40080 wrong, 40017 banned, 40018 not activated.</exception>
    public async Task<User> SignInAsync(string email, string password, CancellationToken cancellationToken = default)
    {
        if (email.Length > 320 || password.Length is < MinPassword or > MaxPassword)
            throw new CloudreveException(ErrorCode.BadParameter, "The mail address or password has an impossible length.");
        var normalized = UserStore.NormalizeEmail(email);
        var turn = _turns[(uint)string.GetHashCode(normalized, StringComparison.Ordinal) % _turns.Length];
        await turn.WaitAsync(cancellationToken);
        try
        {
            // An unknown address goes the same way as a known one, so that both take the same time.
            var id = await users.FindIdByEmailAsync(normalized, cancellationToken) ?? 0;
            return await CheckAsync(id, normalized, password, cancellationToken);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<User> CheckAsync(long id, string email, string password, CancellationToken cancellationToken)
    {
        var rows = (await layout.Users.QueryPageAsync(RowRange.Prefix(UserRows.Partition(id), UserRows.SignInPrefix), 10, null, cancellationToken)).Rows;
        var account = rows.FirstOrDefault(row => row.RowKey == UserRows.Account);
        var failures = rows.FirstOrDefault(row => row.RowKey == UserRows.FailedSignIns);
        var user = account is null ? null : UserRows.Read(account);
        if (user?.Email != email)
            user = null;
        var isRight = PasswordHasher.Verify(password, user?.PasswordHash);
        if (user is null || IsExhausted(failures))
            throw Refused();
        if (!isRight)
        {
            await CountFailureAsync(id, failures, cancellationToken);
            throw Refused();
        }
        if (failures is not null)
            await layout.Users.DeleteAsync(failures.PartitionKey, failures.RowKey, cancellationToken: cancellationToken);
        CheckStatus(user);
        return user;
    }

    /// <summary>Throws for an account that may not sign in.</summary>
    /// <param name="user">The account.</param>
    /// <exception cref="CloudreveException">40017 banned, 40018 not activated.</exception>
    public static void CheckStatus(User user)
    {
        if (user.IsBanned)
            throw new CloudreveException(ErrorCode.UserBanned, "This account is banned.");
        if (user.Status != UserStatus.Active)
            throw new CloudreveException(ErrorCode.UserInactive, "This account is not activated.");
    }

    private static CloudreveException Refused() =>
        new(ErrorCode.LoginFailed, "Wrong mail address or password. After many failures wait a quarter of an hour.");

    private bool IsOpen(Row failures) => failures.Time(Since) is { } since && clock.GetUtcNow() < since + Window;

    private bool IsExhausted(Row? failures) => failures is not null && IsOpen(failures) && failures.Number(Count) >= MaxFailures;

    private async Task CountFailureAsync(long id, Row? failures, CancellationToken cancellationToken)
    {
        while (true)
        {
            var counts = failures is not null && IsOpen(failures);
            var updated = new Row(UserRows.Partition(id), UserRows.FailedSignIns)
            {
                [Count] = counts ? failures!.RequiredNumber(Count) + 1 : 1L,
                [Since] = counts ? failures!.Time(Since) : clock.GetUtcNow(),
            };
            try
            {
                if (failures is null)
                    await layout.Users.InsertAsync(updated, cancellationToken);
                else
                    await layout.Users.ReplaceAsync(updated, failures.ETag, cancellationToken);
                return;
            }
            catch (StorageException e) when (e is StorageExistsException or StorageChangedException or StorageNotFoundException)
            {
                // Another instance counted in between.
                failures = await layout.Users.FindAsync(updated.PartitionKey, updated.RowKey, cancellationToken);
            }
        }
    }
}

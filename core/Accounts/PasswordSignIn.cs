using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Text;

namespace Cloudreve.Core.Accounts;

/// <summary>
/// Signs users in by password. Guessing is limited for each mail address, whether it has an account or not; a refusal looks like a
/// wrong password, so that it reveals nothing about the account. A client that has failed too often, with whichever accounts, may only sign in
/// to those that it has signed in to before: so nobody can lock out other users who share the address.
/// </summary>
/// <param name="layout">The storage of mail addresses and attempts.</param>
/// <param name="limiter">Limits guessing of one account.</param>
/// <param name="budgets">Limits the failures of one client.</param>
/// <param name="pressure">Is notified of guesses that come from many addresses.</param>
public sealed class PasswordSignIn(StorageLayout layout, UserStore users, AttemptLimiter limiter, ClientBudgets budgets, SignInPressure pressure)
{
    /// <summary>The shortest and longest password of a sign-in, in characters.</summary>
    public const int MinPassword = 4, MaxPassword = 128;

    private readonly GuessTurns _turns = new();

    /// <summary>
    /// Checks mail address and password. Two transactions, two more to count a failure, one more to remember an address for the first time in
    /// a day. One hash in any case, unless the attempt is refused unchecked. One transaction for a client that has failed too often.
    /// </summary>
    /// <param name="email">The mail address, in any case.</param>
    /// <param name="client">The client that makes the attempt.</param>
    /// <param name="hasSolvedAsync">
    /// Checks whether the client has solved a captcha; called only while the account is guessed from many addresses. Null for a client that
    /// has none.
    /// </param>
    /// <exception cref="CloudreveException">
    /// 40001 malformed, 40080 wrong, 40017 banned, 40018 not activated, 40026 a captcha is needed, 429 while too many sign in, or after too
    /// many failures of the client.
    /// </exception>
    public async Task<User> SignInAsync(
        string email, string password, ClientAddress client, Func<CancellationToken, Task<bool>>? hasSolvedAsync = null,
        CancellationToken cancellationToken = default)
    {
        if (email.Length > 320 || password.CountCharacters() is < MinPassword or > MaxPassword)
            throw new CloudreveException(ErrorCode.BadParameter, "The email address or password has an invalid length.");
        var normalized = await users.FindStoredFormAsync(email, cancellationToken);
        var (verdict, user) = await CheckInTurnAsync(normalized, password, client, hasSolved: false, cancellationToken);
        if (verdict == AttemptVerdict.NeedsCaptcha && hasSolvedAsync is not null)
        {
            // Outside of the account's turn: a captcha provider may be slow.
            if (!await hasSolvedAsync(cancellationToken))
                throw new CloudreveException(ErrorCode.CaptchaWrong, "There have been many failed attempts. Reload the page and solve the captcha to sign in.");
            (_, user) = await CheckInTurnAsync(normalized, password, client, hasSolved: true, cancellationToken);
        }
        return user ?? throw Refused();
    }

    /// <summary>
    /// Checks the password of a signed-in user, under the same limits as a sign-in. One transaction, one more to count a failure.
    /// </summary>
    /// <param name="client">The client that makes the attempt.</param>
    /// <returns>True if it is right; also false when there have been too many attempts.</returns>
    public Task<bool> ConfirmAsync(User user, string password, ClientAddress client, CancellationToken cancellationToken = default) =>
        _turns.RunAsync(
            user.Email,
            client,
            async () =>
            {
                var key = new AttemptKey(UserRows.MailPartition(user.Email), UserRows.FailedSignIns);
                var attempts = await layout.Users.FindAsync(key.Partition, key.RowKey, cancellationToken);
                return limiter.Allows(attempts, client)
                    && await CompareAsync(password, user.PasswordHash, new Guess(key, attempts, client, IsKnown: true, HasSolved: false), cancellationToken);
            },
            cancellationToken);

    /// <summary>Throws for an account that may not sign in.</summary>
    /// <exception cref="CloudreveException">40017 banned, 40018 not activated.</exception>
    public static void CheckStatus(User user)
    {
        if (user.IsBanned)
            throw new CloudreveException(ErrorCode.UserBanned, "This account is banned.");
        if (user.Status != UserStatus.Active)
            throw new CloudreveException(ErrorCode.UserInactive, "This account has not been activated.");
    }

    private static CloudreveException Refused() =>
        new(ErrorCode.LoginFailed, "Wrong email address or password. After too many failed attempts, wait 15 minutes.");

    private Task<(AttemptVerdict Verdict, User? User)> CheckInTurnAsync(
        string email, string password, ClientAddress client, bool hasSolved, CancellationToken cancellationToken) =>
        _turns.RunAsync(email, client, () => CheckAsync(email, password, client, hasSolved, cancellationToken), cancellationToken);

    private async Task<(AttemptVerdict Verdict, User? User)> CheckAsync(
        string email, string password, ClientAddress client, bool hasSolved, CancellationToken cancellationToken)
    {
        using var attempt = await budgets.TryBeginAsync(ClientBudget.FailedSignIns, client, cancellationToken);
        var key = new AttemptKey(UserRows.MailPartition(email), UserRows.FailedSignIns);
        var rows = (await layout.Users.QueryPageAsync(RowRange.Prefix(key.Partition, UserRows.SignInPrefix), 10, null, cancellationToken)).Rows;
        var mail = rows.FirstOrDefault(row => row.RowKey == UserRows.Mail);
        var attempts = rows.FirstOrDefault(row => row.RowKey == UserRows.FailedSignIns) ?? (mail is null ? limiter.FindUnknown(key) : null);
        if (attempt is null && !limiter.Knows(attempts, client))
            throw await budgets.RefuseAsync(ClientBudget.FailedSignIns, client, cancellationToken);
        var verdict = limiter.Judge(attempts, client, hasSolved);
        if (verdict != AttemptVerdict.Allowed)
        {
            if (verdict == AttemptVerdict.NeedsCaptcha)
                pressure.Note();
            return (verdict, null);
        }
        // An unknown address takes the same path as a known one, so that both take the same time.
        var id = mail?.RequiredNumber(UserRows.OwnerId) ?? 0;
        var user = await users.FindAsync(id, cancellationToken);
        var hash = user?.Email == email ? user.PasswordHash : null;
        var isRight = await CompareAsync(password, hash, new Guess(key, attempts, client, mail is not null, hasSolved), cancellationToken);
        if (attempt is not null)
            await attempt.EndAsync(isFailure: !isRight, cancellationToken);
        if (!isRight)
            return (verdict, null);
        CheckStatus(user!);
        return (verdict, user);
    }

    private async Task<bool> CompareAsync(string password, string? hash, Guess guess, CancellationToken cancellationToken)
    {
        var isRight = await PasswordHasher.VerifyAsync(password, hash, guess.Client, cancellationToken);
        if (isRight)
            await limiter.CountSuccessAsync(guess.Key, guess.Attempts, guess.Client, cancellationToken);
        else if (guess.IsKnown)
            await limiter.CountFailureAsync(guess.Key, guess.Attempts, guess.Client, cancellationToken, guess.HasSolved);
        else
            await limiter.CountUnknownFailureAsync(guess.Key, guess.Attempts, guess.Client, cancellationToken, guess.HasSolved);
        return isRight;
    }

    /// <summary>The counters and client of a guess.</summary>
    /// <param name="Key">The key under which it is counted.</param>
    /// <param name="Attempts">The attempts before; null for none.</param>
    /// <param name="Client">Its client address.</param>
    /// <param name="IsKnown">True if an account has the mail address.</param>
    /// <param name="HasSolved">True if the client has solved a captcha.</param>
    private readonly record struct Guess(AttemptKey Key, Row? Attempts, ClientAddress Client, bool IsKnown, bool HasSolved);
}

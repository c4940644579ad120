using System.Security.Cryptography;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts.Signing;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.TwoFactor;

/// <summary>
/// The second factor: codes of an authenticator app (contract, section 6). A code works once, and guessing is limited as that of
/// passwords is.
/// </summary>
/// <param name="layout">The storage of unconfirmed secrets, and of attempts.</param>
/// <param name="settings">The site's secret, which encrypts those of the apps.</param>
/// <param name="limiter">Limits guessing of one account's codes.</param>
/// <param name="budgets">Limits wrong codes of one client.</param>
/// <param name="clock">Determines which code is the current one.</param>
public sealed class TwoFactorAuth(
    StorageLayout layout, SettingStore settings, UserStore users, AttemptLimiter limiter, ClientBudgets budgets, TimeProvider clock)
{
    /// <summary>The time that a new secret waits for its first code.</summary>
    public static readonly TimeSpan PreparationLifetime = TimeSpan.FromSeconds(600);

    private const string Prepared = "2fa";
    private const string Secret = "secret";

    private readonly GuessTurns _turns = new();

    /// <summary>Generates a secret for a user's app, replacing an earlier one. One transaction.</summary>
    /// <returns>The secret in base32.</returns>
    public async Task<string> PrepareAsync(User user, CancellationToken cancellationToken = default)
    {
        var secret = RandomNumberGenerator.GetBytes(Totp.SecretBytes);
        var row = new Row(PreparationPartition(user.Id), Prepared)
        {
            [Secret] = SealedText.Seal(await settings.GetAsync(cancellationToken), ContextOf(user.Id), secret),
            [SessionSweep.ExpiresAt] = clock.GetUtcNow() + PreparationLifetime,
        };
        await layout.Sessions.UpsertAsync(row, cancellationToken);
        return Base32.Encode(secret);
    }

    /// <summary>Enables the second factor with the first code of the prepared secret. Five transactions.</summary>
    /// <param name="client">The client that makes the attempt.</param>
    /// <exception cref="CloudreveException">
    /// 40001: it is enabled already. 50005: no secret was prepared, or it has expired. 40022: the code is wrong.
    /// </exception>
    public async Task EnableAsync(User user, string? code, ClientAddress client, CancellationToken cancellationToken = default)
    {
        if (user.HasTwoFactor)
            throw new CloudreveException(ErrorCode.BadParameter, "Two-factor authentication is already enabled.");
        var prepared = await layout.Sessions.FindAsync(PreparationPartition(user.Id), Prepared, cancellationToken);
        if (prepared is null || prepared.Time(SessionSweep.ExpiresAt) is not { } end || end <= clock.GetUtcNow())
            throw new CloudreveException(ErrorCode.InternalSetting, "Two-factor setup was not started. Please start again.");
        var text = prepared.RequiredText(Secret);
        await TakeAsync(user.Id, code, client, current => current.HasTwoFactor ? null : text, (current, step) => current with
        {
            TwoFactorSecret = text,
            TwoFactorStep = step,
        }, cancellationToken);
        await layout.Sessions.DeleteAsync(prepared.PartitionKey, prepared.RowKey, cancellationToken: cancellationToken);
    }

    /// <summary>Disables the second factor with a code. Three transactions; none if it is disabled.</summary>
    /// <param name="client">The client that makes the attempt.</param>
    /// <exception cref="CloudreveException">40022: the code is wrong. 429: the client has given too many wrong ones.</exception>
    public async Task DisableAsync(User user, string? code, ClientAddress client, CancellationToken cancellationToken = default)
    {
        if (user.HasTwoFactor)
        {
            await TakeAsync(
                user.Id, code, client, current => current.TwoFactorSecret, (current, _) => current with { TwoFactorSecret = null, TwoFactorStep = 0 },
                cancellationToken);
        }
    }

    /// <summary>Consumes a code at sign-in; it cannot be reused. Three transactions.</summary>
    /// <param name="client">The client that makes the attempt.</param>
    /// <returns>The user.</returns>
    /// <exception cref="CloudreveException">
    /// 40022: the code is wrong, or there is no second factor. 429: the client has given too many wrong ones.
    /// </exception>
    internal Task<User> ConfirmAsync(long userId, string? code, ClientAddress client, CancellationToken cancellationToken) =>
        TakeAsync(userId, code, client, current => current.TwoFactorSecret, (current, step) => current with { TwoFactorStep = step }, cancellationToken);

    private static string PreparationPartition(long userId) => "user-" + UserRows.Partition(userId);

    private static string ContextOf(long userId) => "totp " + UserRows.Partition(userId);

    private static CloudreveException Wrong() => new(ErrorCode.WrongTwoFactorCode, "Wrong code. After too many failed attempts, wait 15 minutes.");

    private Task<User> TakeAsync(
        long userId, string? code, ClientAddress client, Func<User, string?> secretOf, Func<User, long, User> change, CancellationToken cancellationToken) =>
        _turns.RunAsync(
            UserRows.Partition(userId), client, () => TakeInTurnAsync(userId, code, client, secretOf, change, cancellationToken), cancellationToken);

    /// <summary>Checks a code and changes the account atomically, so that of two uses of a code only one succeeds.</summary>
    private async Task<User> TakeInTurnAsync(
        long userId, string? code, ClientAddress client, Func<User, string?> secretOf, Func<User, long, User> change, CancellationToken cancellationToken)
    {
        using var attempt = await budgets.BeginAsync(ClientBudget.WrongCodes, client, cancellationToken);
        var site = await settings.GetAsync(cancellationToken);
        var key = new AttemptKey(UserRows.Partition(userId), UserRows.FailedCodes);
        var attempts = await layout.Users.FindAsync(key.Partition, key.RowKey, cancellationToken);
        if (!limiter.Allows(attempts, client))
            throw Wrong();
        try
        {
            var user = await users.UpdateAsync(
                userId,
                current => secretOf(current) is { } text
                    && Totp.FindStep(SealedText.Open(site, ContextOf(userId), text), code ?? "", clock.GetUtcNow(), current.TwoFactorStep) is { } step
                        ? change(current, step)
                        : throw Wrong(),
                cancellationToken);
            if (attempts is not null)
                await limiter.CountSuccessAsync(key, attempts, client, cancellationToken);
            await attempt.EndAsync(isFailure: false, cancellationToken);
            return user;
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.WrongTwoFactorCode)
        {
            await limiter.CountFailureAsync(key, attempts, client, cancellationToken);
            await attempt.EndAsync(isFailure: true, cancellationToken);
            throw;
        }
    }
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Sharing;

/// <summary>
/// Compares passwords of links under the limits of <see cref="AttemptLimiter"/>, which all processes share. Guesses of one link wait
/// for each other, so that many at once do not get around the limits.
/// </summary>
/// <param name="layout">The storage of attempts.</param>
/// <param name="limiter">Limits those of one link.</param>
/// <param name="budgets">Limits those of one client.</param>
/// <param name="clock">Ends what is remembered.</param>
public sealed class ShareGuesses(StorageLayout layout, AttemptLimiter limiter, ClientBudgets budgets, TimeProvider clock)
{
    private const string Attempts = "attempts";
    private const int MaxKept = 100_000;

    // Visitors open one folder after another; the password of a link never changes.
    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(5);

    private readonly GuessTurns _turns = new();
    private readonly BoundedCache<(long ShareId, string Client, string Password), bool> _opened = new(MaxKept, clock);

    /// <summary>
    /// Checks a password for a link. No transaction for a link without one and for a password that was right a moment ago; otherwise one, and
    /// two more to count a failure, one more to count a success where there were failures.
    /// </summary>
    /// <param name="client">The client that makes the guess.</param>
    /// <param name="password">The guess; empty for none, which is not counted.</param>
    /// <exception cref="CloudreveException">429: the client has given too many wrong passwords, of whichever links.</exception>
    internal async ValueTask<bool> IsRightAsync(Share share, ClientAddress client, string password, CancellationToken cancellationToken)
    {
        if (share.Password.Length == 0)
            return true;
        // No link has such a password, so it does not count as a guess.
        if (password.Length is 0 or > ShareLinks.MaxPassword)
            return false;
        if (_opened.Find((share.Id, client.Key, password)))
            return true;
        var id = share.Id.ToString("x", CultureInfo.InvariantCulture);
        return await _turns.RunAsync(id, client, () => CheckAsync(share, new AttemptKey("share-" + id, Attempts), client, password, cancellationToken), cancellationToken);
    }

    private async Task<bool> CheckAsync(Share share, AttemptKey key, ClientAddress client, string password, CancellationToken cancellationToken)
    {
        using var attempt = await budgets.BeginAsync(ClientBudget.WrongSharePasswords, client, cancellationToken);
        var row = await layout.Users.FindAsync(key.Partition, key.RowKey, cancellationToken);
        if (!limiter.Allows(row, client))
            return false;
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(share.Password), Encoding.UTF8.GetBytes(password)))
        {
            await limiter.CountFailureAsync(key, row, client, cancellationToken);
            await attempt.EndAsync(isFailure: true, cancellationToken);
            return false;
        }
        await attempt.EndAsync(isFailure: false, cancellationToken);
        if (row is not null)
            await limiter.CountSuccessAsync(key, row, client, cancellationToken);
        _opened.Keep((share.Id, client.Key, password), true, clock.GetUtcNow() + s_memory);
        return true;
    }
}

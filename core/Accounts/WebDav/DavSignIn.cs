using System.Security.Cryptography;
using System.Text;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.WebDav;

/// <summary>The identity of a WebDAV client.</summary>
/// <param name="UserId">The user of the mail address; 0 when there is none.</param>
/// <param name="Account">The account that the password belongs to; null when it is wrong.</param>
public readonly record struct DavLogin(long UserId, DavAccount? Account);

/// <summary>
/// Identifies the user whose name and password a WebDAV client sends with each of its requests. Passwords are 160 random bits, so comparing
/// takes no slow hash, a right one is always let in, and failures are counted apart from those of sign-ins: a client that keeps an outdated
/// password must not keep its owner from signing in.
/// </summary>
/// <param name="layout">The storage of failures.</param>
/// <param name="limiter">Limits guessing of one user's passwords.</param>
/// <param name="budgets">Limits the failures of one client.</param>
/// <param name="clock">Ages what a process knows.</param>
public sealed class DavSignIn(
    StorageLayout layout, UserStore users, DavAccounts accounts, AttemptLimiter limiter, ClientBudgets budgets, TimeProvider clock)
{
    private const string Failures = "dav-attempts";
    private const int MaxName = 320;
    private const int MaxKept = 10_000;

    private readonly BoundedCache<string, long?> _owners = new(MaxKept, clock);
    private readonly BoundedCache<(long AccountId, string Secret), byte[]> _hashes = new(MaxKept, clock);
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    /// <summary>
    /// Compares name and password. No transaction for a client that was let in recently, two otherwise; two more to count a failure, none for a
    /// client that has failed too often.
    /// </summary>
    /// <param name="site">The site, for its secret.</param>
    /// <param name="email">The user's mail address, in any case.</param>
    /// <param name="client">The client that makes the request.</param>
    /// <exception cref="CloudreveException">429 after too many failures.</exception>
    public async Task<DavLogin> SignInAsync(
        SiteSettings site, string email, string password, ClientAddress client, CancellationToken cancellationToken = default)
    {
        if (email.Length > MaxName)
            return default;
        // An unknown user is looked up like a known one, so that both take the same time.
        var userId = await FindOwnerAsync(email, cancellationToken) ?? 0;
        var given = Hash(password);
        foreach (var account in await accounts.FindRecentAsync(userId, cancellationToken))
        {
            if (CryptographicOperations.FixedTimeEquals(given, HashOf(site, account)))
                return new DavLogin(userId, account);
        }
        await CountAsync(UserStore.NormalizeEmail(email), userId, client, cancellationToken);
        return new DavLogin(userId, null);
    }

    private async ValueTask<long?> FindOwnerAsync(string email, CancellationToken cancellationToken)
    {
        var name = UserStore.NormalizeEmail(email);
        if (_owners.Find(name) is { } known)
            return known;
        var until = clock.GetUtcNow() + UserStore.MaxAge;
        var owner = await users.FindIdByEmailAsync(email, cancellationToken);
        if (owner is not null)
            _owners.Keep(name, owner, until);
        return owner;
    }

    private async Task CountAsync(string email, long userId, ClientAddress client, CancellationToken cancellationToken)
    {
        using var attempt = await budgets.BeginAsync(ClientBudget.FailedDavSignIns, client, cancellationToken);
        var key = new AttemptKey(UserRows.MailPartition(email), Failures);
        if (userId == 0)
        {
            await limiter.CountUnknownFailureAsync(key, limiter.FindUnknown(key), client, cancellationToken);
        }
        else
        {
            var attempts = await layout.Users.FindAsync(key.Partition, key.RowKey, cancellationToken);
            if (!limiter.Allows(attempts, client))
                throw new CloudreveException(ErrorCode.TooManyRequests, "Too many failed attempts. Check the client's password and try again in 15 minutes.");
            await limiter.CountFailureAsync(key, attempts, client, cancellationToken);
        }
        await attempt.EndAsync(isFailure: true, cancellationToken);
    }

    /// <summary>The hash of an account's password, which is derived once.</summary>
    private byte[] HashOf(SiteSettings site, DavAccount account)
    {
        var key = (account.Id, site.Get(SiteSetting.SecretKey));
        if (_hashes.Find(key) is { } known)
            return known;
        var hash = Hash(account.PasswordOf(site));
        _hashes.Keep(key, hash, clock.GetUtcNow() + TimeSpan.FromHours(1));
        return hash;
    }

    private byte[] Hash(string password) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(password));
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts.Mails.Smtp;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.AccountMails;

/// <summary>
/// Requests for mails about accounts. A request is a row beside the account and a message in the mail queue, so that no request waits for
/// a mail server. Within a minute a further request for the same mail changes nothing: the pending one is still valid. Activations of
/// different passwords are different requests, and none invalidates another.
/// </summary>
/// <param name="layout">The storage of rows and messages.</param>
/// <param name="clock">Determines when a request ends.</param>
public sealed class MailRequests(StorageLayout layout, TimeProvider clock)
{
    /// <summary>The minimum interval between two mails of a kind to an account.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    internal const string Nonce = "nonce";
    internal const string Password = "password";
    internal const string PasswordHash = "hash";
    private const string Sent = "sent";
    private const string ActivationPrefix = "activation|";
    private const int FingerprintCharacters = 32;
    private const int NonceBytes = 16;

    /// <summary>Throws for a site that sends no mail.</summary>
    /// <exception cref="CloudreveException">40028.</exception>
    internal static void RequireMail(SiteSettings site)
    {
        if (SmtpSettings.Of(site) is null)
            throw new CloudreveException(ErrorCode.MailFailed, "No mail server is configured for this site.");
    }

    /// <summary>The key of a kind's request beside the account.</summary>
    internal static string KeyOf(AccountMailKind kind) => kind switch
    {
        AccountMailKind.Activation => "activation",
        _ => "reset",
    };

    private static string KeyOf(AccountMailKind kind, User user) => kind == AccountMailKind.Activation
        ? ActivationPrefix + PasswordHasher.Fingerprint(user.PasswordHash)[..FingerprintCharacters]
        : KeyOf(kind);

    /// <summary>Requests a mail. Three transactions; one when the last request was a moment ago.</summary>
    /// <param name="siteUrl">Scheme and host of its links.</param>
    /// <param name="language">Locale code; null for the account's.</param>
    /// <param name="lifetime">Lifetime of the link.</param>
    internal async Task AskAsync(
        AccountMailKind kind, User user, string siteUrl, string? language, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var (partition, key) = (UserRows.Partition(user.Id), KeyOf(kind, user));
        var last = await layout.Users.FindAsync(partition, key, cancellationToken);
        if (last?.Time(Sent) is { } sent && now < sent + Pause)
            return;
        var nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(NonceBytes));
        var row = new Row(partition, key)
        {
            [Nonce] = nonce,
            [Sent] = now,
            [SessionSweep.ExpiresAt] = now + lifetime,
            [Password] = PasswordHasher.Fingerprint(user.PasswordHash),
            [PasswordHash] = kind == AccountMailKind.Activation ? user.PasswordHash : null,
        };
        try
        {
            if (last is null)
                await layout.Users.InsertAsync(row, cancellationToken);
            else
                await layout.Users.ReplaceAsync(row, last.ETag, cancellationToken);
        }
        catch (StorageException e) when (e is StorageExistsException or StorageChangedException or StorageNotFoundException)
        {
            // A competing call asked at the same moment, and its mail is on its way; unless it was our own write, whose response was lost.
            if ((await layout.Users.FindAsync(partition, key, cancellationToken))?.Text(Nonce) != nonce)
                return;
        }
        var message = JsonSerializer.Serialize(new AccountMail(kind, user.Id, siteUrl, nonce, language, key), AccountMailJson.Default.AccountMail);
        await layout.Queue(layout.MailsQueueName).SendAsync(message, cancellationToken: cancellationToken);
    }

    /// <summary>The request that a mail belongs to; null when it has ended or was replaced by another. One transaction.</summary>
    internal async Task<Row?> FindAsync(AccountMail mail, CancellationToken cancellationToken)
    {
        var row = await FindAsync(mail.UserId, mail.Request ?? KeyOf(mail.Kind), cancellationToken);
        return row?.Text(Nonce) == mail.Nonce ? row : null;
    }

    /// <summary>The open request of a kind; null for none. One transaction.</summary>
    internal Task<Row?> FindAsync(AccountMailKind kind, long userId, CancellationToken cancellationToken) =>
        FindAsync(userId, KeyOf(kind), cancellationToken);

    /// <summary>The hashed passwords that an account may be activated with. One transaction.</summary>
    internal async Task<IReadOnlyList<string>> ListPasswordsAsync(long userId, CancellationToken cancellationToken)
    {
        var passwords = new List<string>();
        await foreach (var row in layout.Users.QueryAsync(RowRange.Prefix(UserRows.Partition(userId), ActivationPrefix), cancellationToken))
        {
            if (IsOpen(row) && row.Text(PasswordHash) is { } hash)
                passwords.Add(hash);
        }
        return passwords;
    }

    private async Task<Row?> FindAsync(long userId, string key, CancellationToken cancellationToken) =>
        await layout.Users.FindAsync(UserRows.Partition(userId), key, cancellationToken) is { } row && IsOpen(row) ? row : null;

    private bool IsOpen(Row row) => row.Time(SessionSweep.ExpiresAt) is { } end && clock.GetUtcNow() < end;
}

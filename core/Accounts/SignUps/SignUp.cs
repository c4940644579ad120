using Cloudreve.Core.Accounts.AccountMails;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.SignUps;

/// <summary>A request for an account.</summary>
/// <param name="Email">The mail address.</param>
/// <param name="Language">Locale code; null when unknown.</param>
/// <param name="SiteUrl">Scheme and host of links in mails.</param>
/// <param name="Client">The client that makes the request.</param>
public sealed record NewAccount(string Email, string Password, string? Language, string SiteUrl, ClientAddress Client);

/// <summary>Creates accounts for people who sign up, and activates them (contract, section 6).</summary>
/// <param name="requests">The requests for mails.</param>
public sealed class SignUp(UserStore users, SiteCatalog catalog, MailRequests requests)
{
    /// <summary>Lifetime of the link in an activation mail.</summary>
    public static readonly TimeSpan ActivationLifetime = TimeSpan.FromHours(24);

    /// <summary>Maximum number of pending passwords for one address, each with its mail.</summary>
    public const int MaxPasswords = 5;

    private const int MaxLanguage = 255;

    /// <summary>Creates an account.</summary>
    /// <param name="account">The account that somebody asks for.</param>
    /// <returns>The account; inactive when a mail was sent to confirm the address.</returns>
    /// <exception cref="CloudreveException">
    /// 40019 closed, 40001 malformed, 40028 no mail server, 40032 the address has an account, 40033 the address has an account that waits
    /// for its activation, and the mail was sent again, 429 while too many sign up.
    /// </exception>
    public async Task<User> RegisterAsync(SiteSettings site, NewAccount account, CancellationToken cancellationToken = default)
    {
        if (!site.Get(AccountSetting.RegisterEnabled))
            throw new CloudreveException(ErrorCode.FeatureDisabled, "Registration is disabled on this site.");
        CheckFields(account);
        var needsActivation = site.Get(AccountSetting.EmailActivation);
        if (needsActivation)
            MailRequests.RequireMail(site);
        var group = await catalog.GetGroupAsync((int)Math.Min(site.Get(AccountSetting.DefaultGroup), int.MaxValue), cancellationToken);
        var user = new NewUser(account.Email, await PasswordHasher.HashAsync(account.Password, account.Client, cancellationToken), group.Id)
        {
            Status = needsActivation ? UserStatus.Inactive : UserStatus.Active,
            Language = string.IsNullOrEmpty(account.Language) ? null : account.Language,
        };
        try
        {
            var created = await users.CreateAsync(user, cancellationToken);
            if (needsActivation)
                await SendActivationAsync(created, account.SiteUrl, account.Language, cancellationToken);
            return created;
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.MailInUse && needsActivation)
        {
            await SendAgainAsync(user, account, cancellationToken);
            throw;
        }
    }

    /// <summary>
    /// Activates an account whose owner has followed the link of a mail, with the password that this link was sent for. Three
    /// transactions.
    /// </summary>
    /// <param name="check">Throws unless the link is one of the account with the password that it is given.</param>
    /// <exception cref="CloudreveException">40021 unknown, 40034 not waiting for its activation.</exception>
    public async Task<User> ActivateAsync(long userId, Action<User> check, CancellationToken cancellationToken = default)
    {
        var passwords = await requests.ListPasswordsAsync(userId, cancellationToken);
        return await users.UpdateAsync(
            userId,
            user =>
            {
                var chosen = Choose(user, passwords, check);
                return user.Status == UserStatus.Inactive
                    ? user with { Status = UserStatus.Active, IsEmailVerified = true, PasswordHash = chosen }
                    : throw new CloudreveException(ErrorCode.UserCannotBeActivated, "This account is not awaiting activation.");
            },
            cancellationToken);
    }

    /// <summary>The password that a link was sent for.</summary>
    private static string? Choose(User user, IEnumerable<string> passwords, Action<User> check)
    {
        var chosen = passwords.FirstOrDefault(password => password != user.PasswordHash && Passes(check, user with { PasswordHash = password }));
        if (chosen is not null)
            return chosen;
        check(user);
        return user.PasswordHash;
    }

    private static bool Passes(Action<User> check, User user)
    {
        try
        {
            check(user);
            return true;
        }
        catch (CloudreveException)
        {
            return false;
        }
    }

    private static void CheckFields(NewAccount account)
    {
        if (!MailAddressRules.Allow(account.Email.Trim()))
            throw new CloudreveException(ErrorCode.BadParameter, "The email address is invalid.");
        if (account.Language is { Length: > MaxLanguage })
            throw new CloudreveException(ErrorCode.BadParameter, "The language is invalid.");
        PasswordRules.Check(account.Password);
    }

    /// <summary>
    /// Sends the mail again, or one more for another password. It is not known yet whom the address belongs to, so each mail is valid for the
    /// password that it was sent for, and none invalidates another: its reader decides by following a link.
    /// </summary>
    /// <exception cref="CloudreveException">40033, or 40028 for too many passwords, unless the account does not wait for its activation.</exception>
    private async Task SendAgainAsync(NewUser user, NewAccount account, CancellationToken cancellationToken)
    {
        var waiting = await users.FindByEmailAsync(user.Email, cancellationToken);
        if (waiting?.Status != UserStatus.Inactive)
            return;
        var open = await requests.ListPasswordsAsync(waiting.Id, cancellationToken);
        var known = await FindAsync(account.Password, open, account.Client, cancellationToken);
        if (known is null && open.Count >= MaxPasswords)
        {
            throw new CloudreveException(
                ErrorCode.MailFailed, "Too many sign-ups are pending for this address. Follow the link in one of the emails, then reset the password.");
        }
        await SendActivationAsync(waiting with { PasswordHash = known ?? user.PasswordHash }, account.SiteUrl, user.Language, cancellationToken);
        throw new CloudreveException(ErrorCode.ActivationMailSent, "This account is awaiting activation. The activation email was sent again.");
    }

    private static async Task<string?> FindAsync(string password, IReadOnlyList<string> hashes, ClientAddress client, CancellationToken cancellationToken)
    {
        foreach (var hash in hashes)
        {
            if (await PasswordHasher.VerifyAsync(password, hash, client, cancellationToken))
                return hash;
        }
        return null;
    }

    private Task SendActivationAsync(User user, string siteUrl, string? language, CancellationToken cancellationToken) =>
        requests.AskAsync(AccountMailKind.Activation, user, siteUrl, language, ActivationLifetime, cancellationToken);
}

using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Accounts.TwoFactor;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Accounts.SignIns;

/// <summary>The user of a sign-in that was completed with a second factor.</summary>
/// <param name="Provider">The identity provider of the first step; null when it was a password.</param>
public sealed record SecondStep(User User, OpenIdProvider? Provider);

/// <summary>Sign-ins that wait for the second factor (contract, section 5).</summary>
/// <param name="twoFactor">Checks the codes.</param>
/// <param name="clock">Determines which have expired.</param>
public sealed class SignInSessions(StorageLayout layout, TwoFactorAuth twoFactor, TimeProvider clock)
{
    /// <summary>Lifetime of a pending sign-in.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(600);

    private const string Key = "2fa";
    private const string UserId = "user";
    private const string Password = "password";
    private const string Provider = "provider";

    /// <summary>Records that a user has given the right password, or that an identity provider vouches for them. One transaction.</summary>
    /// <param name="provider">The identity provider; null for a password.</param>
    /// <returns>The id of the session, which nobody can guess.</returns>
    public async Task<Guid> CreateAsync(User user, OpenIdProvider? provider = null, CancellationToken cancellationToken = default)
    {
        var id = Uuid.Draw();
        var row = new Row(PartitionOf(id), Key)
        {
            [UserId] = user.Id,
            [Password] = PasswordHasher.Fingerprint(user.PasswordHash),
            [Provider] = (int?)provider,
            [SessionSweep.ExpiresAt] = clock.GetUtcNow() + Lifetime,
        };
        // The key is random: an existing row is our own, whose response was lost.
        await layout.Sessions.UpsertAsync(row, cancellationToken);
        return id;
    }

    /// <summary>Ends a sign-in with a code. Five transactions.</summary>
    /// <param name="client">The client that makes the attempt.</param>
    /// <returns>The user who has signed in.</returns>
    /// <exception cref="CloudreveException">
    /// 404: there is no such session, it has expired, or the password has changed since. 40022: the code is wrong. 40017 banned, 40018
    /// not activated.
    /// </exception>
    public async Task<SecondStep> FinishAsync(string id, string code, ClientAddress client, CancellationToken cancellationToken = default)
    {
        var row = await FindAsync(id, cancellationToken) ?? throw Unknown();
        var user = await twoFactor.ConfirmAsync(row.RequiredNumber(UserId), code, client, cancellationToken);
        await layout.Sessions.DeleteAsync(row.PartitionKey, row.RowKey, cancellationToken: cancellationToken);
        PasswordSignIn.CheckStatus(user);
        return string.Equals(PasswordHasher.Fingerprint(user.PasswordHash), row.Text(Password), StringComparison.Ordinal)
            ? new SecondStep(user, (OpenIdProvider?)row.Number(Provider))
            : throw Unknown();
    }

    /// <summary>Finds the user who has to give a code in a session: one transaction; null when there is no such session, or it has expired.</summary>
    public async Task<long?> FindUserAsync(string id, CancellationToken cancellationToken = default) =>
        (await FindAsync(id, cancellationToken))?.RequiredNumber(UserId);

    private static CloudreveException Unknown() => new(ErrorCode.NotFound, "The sign-in has expired. Please start again.");

    private static string PartitionOf(Guid id) => "login-" + id.ToString("N");

    private async Task<Row?> FindAsync(string id, CancellationToken cancellationToken) =>
        Guid.TryParseExact(id, "D", out var guid)
        && await layout.Sessions.FindAsync(PartitionOf(guid), Key, cancellationToken) is { } row
        && row.Time(SessionSweep.ExpiresAt) is { } end && end > clock.GetUtcNow()
            ? row
            : null;
}

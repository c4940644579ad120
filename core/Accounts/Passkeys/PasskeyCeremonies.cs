using System.Security.Cryptography;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts.Clients;
using Cloudreve.Core.Accounts.Passkeys.WebAuthn;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Text;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.Passkeys;

/// <summary>
/// Registers passkeys and signs users in with them (contract, section 6). A challenge works once and for <see cref="Lifetime"/>; it is
/// consumed by the answer, whether that is valid or not.
/// </summary>
/// <param name="layout">The storage of challenges.</param>
/// <param name="clock">Determines which challenges have expired.</param>
public sealed class PasskeyCeremonies(StorageLayout layout, PasskeyStore passkeys, UserStore users, TimeProvider clock)
{
    /// <summary>Lifetime of a challenge.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(300);

    /// <summary>Maximum number of passkeys of a user.</summary>
    public const int MaxPasskeys = 50;

    /// <summary>Maximum length of a browser's response, in characters: an attestation may carry several certificates.</summary>
    public const int MaxResponse = 65_536;

    /// <summary>The COSE numbers of the accepted algorithms, the best one first.</summary>
    public static IReadOnlyList<int> Algorithms { get; } = [.. CoseKey.Supported.Select(algorithm => (int)algorithm)];

    private const int ChallengeBytes = 32;
    private const int MaxName = 255;
    private const string Key = "passkey";
    private const string Challenge = "challenge";
    private const string Origin = "origin";

    /// <summary>Begins a registration, replacing one that was begun before. One transaction.</summary>
    /// <param name="user">The user who registers it.</param>
    /// <param name="origin">The site's origin.</param>
    /// <returns>The challenge.</returns>
    public Task<byte[]> BeginRegistrationAsync(User user, string origin, CancellationToken cancellationToken = default) =>
        BeginAsync(RegistrationPartition(user.Id), origin, cancellationToken);

    /// <summary>Ends a registration. Five transactions.</summary>
    /// <param name="user">The user who registers it.</param>
    /// <param name="response">The credential that the browser made, as JSON.</param>
    /// <param name="name">Its name; may hold <c>{os}</c> and <c>{browser}</c>.</param>
    /// <param name="userAgent">The browser's user agent.</param>
    /// <exception cref="CloudreveException">
    /// 40001: malformed, or too many passkeys. 404: no registration was begun, or it has expired. 40025: the credential is invalid, or
    /// is registered already.
    /// </exception>
    public async Task<Passkey> FinishRegistrationAsync(
        User user, string response, string name, string userAgent, CancellationToken cancellationToken = default)
    {
        var parsed = CredentialResponse.Parse(response);
        var clientData = CredentialResponse.Decode(parsed.Response.ClientData);
        var attestation = CredentialResponse.Decode(parsed.Response.AttestationObject);
        var (challenge, origin) = await UseUpAsync(RegistrationPartition(user.Id), cancellationToken);
        var credential = new RelyingParty(origin).Register(challenge, clientData, attestation);
        if (!credential.CredentialId.AsSpan().SequenceEqual(CredentialResponse.Decode(parsed.Id)))
            throw new WebAuthnException("The credential id does not match.");
        if ((await passkeys.ListAsync(user.Id, cancellationToken)).Count >= MaxPasskeys)
            throw new CloudreveException(ErrorCode.BadParameter, $"An account has at most {MaxPasskeys} passkeys.");
        var passkey = new Passkey
        {
            CredentialId = credential.CredentialId,
            PublicKey = credential.PublicKey,
            Name = NameOf(name, UserAgent.Parse(userAgent)),
            CreatedAt = clock.GetUtcNow(),
            SignCount = credential.SignCount,
            IsVerified = credential.IsVerified,
        };
        return await passkeys.TryAddAsync(user.Id, passkey, cancellationToken) ? passkey : throw new WebAuthnException("The credential is already registered.");
    }

    /// <summary>Begins a sign-in by any user with a passkey. One transaction.</summary>
    /// <param name="origin">The site's origin.</param>
    /// <returns>The id of the sign-in and the challenge.</returns>
    public async Task<(Guid Session, byte[] Challenge)> BeginSignInAsync(string origin, CancellationToken cancellationToken = default)
    {
        var session = Uuid.Draw();
        return (session, await BeginAsync(SignInPartition(session), origin, cancellationToken));
    }

    /// <summary>
    /// Ends a sign-in. Five transactions. The authenticator must verify the user where it did so at the registration, and
    /// where the account has a second factor, which this replaces.
    /// </summary>
    /// <param name="site">The site, for ids.</param>
    /// <param name="session">The id of the sign-in.</param>
    /// <param name="response">The assertion that the browser made, as JSON.</param>
    /// <returns>The user who has signed in.</returns>
    /// <exception cref="CloudreveException">
    /// 40001: malformed. 404: there is no such sign-in, or it has expired. 40025: the assertion is invalid. 40017 banned, 40018 not
    /// activated.
    /// </exception>
    public async Task<User> FinishSignInAsync(SiteSettings site, string session, string response, CancellationToken cancellationToken = default)
    {
        var parsed = CredentialResponse.Parse(response);
        var credentialId = CredentialResponse.Decode(parsed.Id);
        var clientData = CredentialResponse.Decode(parsed.Response.ClientData);
        var authenticatorData = CredentialResponse.Decode(parsed.Response.AuthenticatorData);
        var signature = CredentialResponse.Decode(parsed.Response.Signature);
        var handle = System.Text.Encoding.UTF8.GetString(CredentialResponse.Decode(parsed.Response.UserHandle));
        if (!Guid.TryParseExact(session, "D", out var id))
            throw Unknown();
        var (challenge, origin) = await UseUpAsync(SignInPartition(id), cancellationToken);
        var passkey = site.HashIds.TryDecode(handle, HashIdKind.User, out var userId)
            ? await passkeys.FindAsync(userId, credentialId, cancellationToken)
            : null;
        if (passkey is null)
            throw NotRegistered();
        var data = new RelyingParty(origin).Assert(challenge, passkey.PublicKey, clientData, authenticatorData, signature);
        var user = await users.FindAsync(userId, cancellationToken) ?? throw NotRegistered();
        if ((passkey.IsVerified || user.HasTwoFactor) && !data.Flags.HasFlag(AuthenticatorFlags.UserVerified))
            throw new WebAuthnException("The authenticator did not verify the user.");
        PasswordSignIn.CheckStatus(user);
        await NoteUseAsync(userId, passkey, data.SignCount, cancellationToken);
        return user;
    }

    private static string RegistrationPartition(long userId) => "user-" + UserRows.Partition(userId);

    private static string SignInPartition(Guid session) => "passkey-" + session.ToString("N");

    private static CloudreveException Unknown() => new(ErrorCode.NotFound, "The request has expired. Please start again.");

    private static WebAuthnException NotRegistered() => new("The credential is not registered.");

    private static string NameOf(string name, UserAgent agent)
    {
        var filled = name.Replace("{os}", agent.Os, StringComparison.Ordinal).Replace("{browser}", agent.Browser, StringComparison.Ordinal).Trim();
        var chosen = filled.Length == 0 ? "Passkey" : filled;
        return chosen.CountCharacters() <= MaxName ? chosen : throw new CloudreveException(ErrorCode.BadParameter, "The name is too long.");
    }

    private async Task<byte[]> BeginAsync(string partition, string origin, CancellationToken cancellationToken)
    {
        var challenge = RandomNumberGenerator.GetBytes(ChallengeBytes);
        var row = new Row(partition, Key)
        {
            [Challenge] = challenge,
            [Origin] = origin,
            [SessionSweep.ExpiresAt] = clock.GetUtcNow() + Lifetime,
        };
        await layout.Sessions.UpsertAsync(row, cancellationToken);
        return challenge;
    }

    private async Task<(byte[] Challenge, string Origin)> UseUpAsync(string partition, CancellationToken cancellationToken)
    {
        var row = await OneTimeRow.TakeAsync(layout.Sessions, partition, Key, cancellationToken);
        if (row?.Time(SessionSweep.ExpiresAt) is not { } end || end <= clock.GetUtcNow())
            throw Unknown();
        return (row.Bytes(Challenge) ?? [], row.RequiredText(Origin));
    }

    private async Task NoteUseAsync(long userId, Passkey passkey, uint count, CancellationToken cancellationToken)
    {
        var known = passkey;
        // Two assertions may have the same counter: without a name of its own, one would take the other's write for its own.
        var write = Guid.NewGuid();
        while (known.Write != write)
        {
            if (!known.MayFollow(count))
                throw new WebAuthnException("The signature counter decreased; the authenticator may have been cloned.");
            try
            {
                await passkeys.UpdateAsync(userId, known with { SignCount = count, UsedAt = clock.GetUtcNow(), Write = write }, cancellationToken);
                return;
            }
            catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
            {
                // Used at the same time, or removed; or it was our own write, whose response was lost.
                known = await passkeys.FindAsync(userId, passkey.CredentialId, cancellationToken) ?? throw NotRegistered();
            }
        }
    }
}

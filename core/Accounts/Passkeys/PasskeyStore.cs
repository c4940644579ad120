using System.Security.Cryptography;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Accounts.Passkeys;

/// <summary>
/// The passkeys of users. A row under the credential's id names its owner, so that no credential belongs to two users (WebAuthn Level 3, 7.1
/// step 26). It is written before the passkey and removed after it: a crash in between leaves it for the same user's next try.
/// </summary>
public sealed class PasskeyStore(StorageLayout layout)
{
    private const string GuardKey = "!passkey";

    /// <summary>A user's passkeys. One transaction.</summary>
    public async Task<IReadOnlyList<Passkey>> ListAsync(long userId, CancellationToken cancellationToken = default)
    {
        var passkeys = new List<Passkey>();
        await foreach (var row in layout.Users.QueryAsync(RowRange.Prefix(UserRows.Partition(userId), Passkey.Prefix), cancellationToken))
            passkeys.Add(Passkey.Read(row));
        return [.. passkeys.OrderBy(passkey => passkey.CreatedAt)];
    }

    /// <summary>Removes a passkey, or what an earlier attempt left of it. Two transactions.</summary>
    /// <returns>False when the user has no such passkey.</returns>
    public async Task<bool> DeleteAsync(long userId, byte[] credentialId, CancellationToken cancellationToken = default)
    {
        // A guard without a passkey was left by a crash, or by our own removal of the passkey, whose response was lost.
        if (!await layout.Users.DeleteAsync(UserRows.Partition(userId), Passkey.KeyOf(credentialId), cancellationToken: cancellationToken)
            && await FindOwnerAsync(credentialId, cancellationToken) != userId)
            return false;
        await layout.Users.DeleteAsync(GuardPartition(credentialId), GuardKey, cancellationToken: cancellationToken);
        return true;
    }

    /// <summary>A user's passkey; null when there is none. One transaction.</summary>
    internal async Task<Passkey?> FindAsync(long userId, byte[] credentialId, CancellationToken cancellationToken) =>
        await layout.Users.FindAsync(UserRows.Partition(userId), Passkey.KeyOf(credentialId), cancellationToken) is { } row
        && Passkey.Read(row) is var passkey && passkey.CredentialId.AsSpan().SequenceEqual(credentialId)
            ? passkey
            : null;

    /// <summary>Adds a passkey. Two transactions.</summary>
    /// <returns>False when the credential is registered already, by whichever user.</returns>
    internal async Task<bool> TryAddAsync(long userId, Passkey passkey, CancellationToken cancellationToken)
    {
        var guard = new Row(GuardPartition(passkey.CredentialId), GuardKey) { [UserRows.OwnerId] = userId };
        try
        {
            await layout.Users.InsertAsync(guard, cancellationToken);
        }
        catch (StorageExistsException)
        {
            if (await FindOwnerAsync(passkey.CredentialId, cancellationToken) != userId)
                return false;
        }
        try
        {
            await layout.Users.InsertAsync(passkey.Describe(userId), cancellationToken);
            return true;
        }
        catch (StorageExistsException)
        {
            // Registered before, unless it is this insert itself, whose response was lost.
            return await FindAsync(userId, passkey.CredentialId, cancellationToken) is { } found
                && found.CreatedAt == passkey.CreatedAt && found.PublicKey.AsSpan().SequenceEqual(passkey.PublicKey);
        }
    }

    /// <summary>Records the use of a passkey. One transaction.</summary>
    /// <exception cref="StorageChangedException">A competing call recorded one in between.</exception>
    internal Task UpdateAsync(long userId, Passkey passkey, CancellationToken cancellationToken) =>
        layout.Users.ReplaceAsync(passkey.Describe(userId), passkey.ETag, cancellationToken);

    private async Task<long?> FindOwnerAsync(byte[] credentialId, CancellationToken cancellationToken) =>
        (await layout.Users.FindAsync(GuardPartition(credentialId), GuardKey, cancellationToken))?.RequiredNumber(UserRows.OwnerId);

    private static string GuardPartition(byte[] credentialId) => "k" + Convert.ToHexStringLower(SHA256.HashData(credentialId));
}

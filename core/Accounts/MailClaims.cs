using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Accounts;

/// <summary>
/// Binds mail addresses to accounts. An account that takes another address claims it first, and the claim names the version of the
/// account that it was made for: the account may take the address only as long as it has that version. So a call that takes over a claim
/// changes the account before, and of several that want one address only one gets it.
/// </summary>
internal sealed class MailClaims(StorageLayout layout)
{
    private const string Version = "for";
    private const string Fence = "fence";

    // Each try after the first follows a competing change of the claim.
    private const int Tries = 5;

    /// <summary>The id that an address belongs to; null when it is unclaimed. One transaction.</summary>
    /// <param name="email">The address as it is stored.</param>
    public async Task<long?> FindOwnerAsync(string email, CancellationToken cancellationToken) =>
        await FindAsync(email, cancellationToken) is { } claim ? OwnerOf(claim) : null;

    /// <summary>Binds an address to the id of an account to be created: one transaction, three more where it is claimed.</summary>
    /// <returns>The id; or the one that an unfinished creation of an account bound it to.</returns>
    /// <exception cref="CloudreveException">40032: an account has the address.</exception>
    public async Task<long> ClaimForNewAsync(string email, long id, CancellationToken cancellationToken)
    {
        try
        {
            await layout.Users.InsertAsync(UserRows.DescribeMail(email, id), cancellationToken);
            return id;
        }
        catch (StorageExistsException)
        {
            var claim = await FindAsync(email, cancellationToken) ?? throw Taken();
            if (await FindAccountAsync(OwnerOf(claim), cancellationToken) is null)
                return OwnerOf(claim);
            return await TryTakeOverAsync(claim, UserRows.DescribeMail(email, id), cancellationToken) ? id : throw Taken();
        }
    }

    /// <summary>Binds an address to an account that is about to take it: one transaction, up to four more where it is claimed.</summary>
    /// <param name="email">The address.</param>
    /// <param name="account">The account's row; the claim holds for this version of it alone.</param>
    /// <param name="mayTakeOver">
    /// True if a claim may be taken over whose account does not have the address yet. An account that has lost a claim this way may not, or two could
    /// continue taking it from each other.
    /// </param>
    /// <exception cref="CloudreveException">40032: another account has the address, or is about to get it.</exception>
    public async Task ClaimAsync(string email, Row account, long id, bool mayTakeOver, CancellationToken cancellationToken)
    {
        var wanted = UserRows.DescribeMail(email, id);
        wanted[Version] = account.ETag;
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            if (await FindOrInsertAsync(wanted, email, cancellationToken) is not { } claim)
                return;
            var isOwn = OwnerOf(claim) == id;
            if (isOwn ? await TryReplaceAsync(claim, wanted, cancellationToken) : mayTakeOver && await TryTakeOverAsync(claim, wanted, cancellationToken))
                return;
            if (!isOwn)
                break;
        }
        throw Taken();
    }

    /// <summary>Frees an address, whether or not its account still has it. Two transactions. Harmless to repeat.</summary>
    /// <param name="email">The address.</param>
    /// <param name="id">The account; an address of another one stays.</param>
    public async Task ReleaseAsync(string email, long id, CancellationToken cancellationToken)
    {
        if (await FindAsync(email, cancellationToken) is { } claim && OwnerOf(claim) == id)
            await TryDeleteAsync(claim, cancellationToken);
    }

    /// <summary>Frees an address that an account had, unless it has it again or is about to get it. Three transactions. Harmless to repeat.</summary>
    public async Task ReleaseLeftAsync(string email, long id, CancellationToken cancellationToken)
    {
        if (await FindAsync(email, cancellationToken) is { } claim
            && OwnerOf(claim) == id
            && await FindAccountAsync(id, cancellationToken) is { } account
            && UserRows.Read(account).Email != email
            && claim.Text(Version) != account.ETag)
            await TryDeleteAsync(claim, cancellationToken);
    }

    /// <summary>The code of an address that another account has.</summary>
    public static CloudreveException Taken() => new(ErrorCode.MailInUse, "An account with this email address already exists.");

    private static long OwnerOf(Row claim) => claim.RequiredNumber(UserRows.OwnerId);

    private Task<Row?> FindAsync(string email, CancellationToken cancellationToken) =>
        layout.Users.FindAsync(UserRows.MailPartition(email), UserRows.Mail, cancellationToken);

    private Task<Row?> FindAccountAsync(long id, CancellationToken cancellationToken) =>
        layout.Users.FindAsync(UserRows.Partition(id), UserRows.Account, cancellationToken);

    /// <summary>Inserts a claim; returns the existing one otherwise.</summary>
    private async Task<Row?> FindOrInsertAsync(Row wanted, string email, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            try
            {
                await layout.Users.InsertAsync(wanted, cancellationToken);
                return null;
            }
            catch (StorageExistsException)
            {
                if (await FindAsync(email, cancellationToken) is { } claim)
                    return claim;
            }
        }
        throw Taken();
    }

    /// <summary>Replaces the claim of another account that does not have the address, after which that account cannot take it.</summary>
    private async Task<bool> TryTakeOverAsync(Row claim, Row wanted, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            // Without an account: one is about to be created for the address.
            if (await FindAccountAsync(OwnerOf(claim), cancellationToken) is not { } account || UserRows.Read(account).Email == wanted.Text(UserRows.Address))
                return false;
            if (claim.Text(Version) != account.ETag)
                return await TryReplaceAsync(claim, wanted, cancellationToken);
            try
            {
                await layout.Users.MergeAsync(new Row(account.PartitionKey, account.RowKey) { [Fence] = Guid.NewGuid() }, account.ETag, cancellationToken);
            }
            catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
            {
                // It may have the address now.
            }
        }
        return false;
    }

    private async Task<bool> TryReplaceAsync(Row claim, Row wanted, CancellationToken cancellationToken)
    {
        try
        {
            await layout.Users.ReplaceAsync(wanted, claim.ETag, cancellationToken);
            return true;
        }
        catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
        {
            return false;
        }
    }

    private async Task TryDeleteAsync(Row claim, CancellationToken cancellationToken)
    {
        try
        {
            await layout.Users.DeleteAsync(claim.PartitionKey, claim.RowKey, claim.ETag, cancellationToken);
        }
        catch (StorageChangedException)
        {
            // Taken over just now.
        }
    }
}

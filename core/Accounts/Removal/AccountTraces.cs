using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts.Avatars;
using Cloudreve.Core.Accounts.LoginActivities;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Accounts.Passkeys;
using Cloudreve.Core.Content.FullText;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Shortcuts;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.Removal;

/// <summary>Removes an account's data besides its drive: ways to sign in, picture, grants, logs. Everything may be repeated.</summary>
/// <param name="openIds">Their identities.</param>
/// <param name="logins">Their sign-ins.</param>
/// <param name="avatars">Their pictures.</param>
/// <param name="texts">What full-text search knows of them.</param>
/// <param name="settings">The settings with the location of pictures.</param>
internal sealed class AccountTraces(
    StorageLayout layout, UserStore users, PasskeyStore passkeys, OpenIdLinks openIds, LoginActivityLog logins, AvatarStore avatars, FullTextRemoval texts, SettingStore settings)
{
    /// <summary>Removes all of it except the account's own row.</summary>
    public async Task ClearAsync(User user, CancellationToken cancellationToken)
    {
        // Data that is found by a row elsewhere is removed first.
        foreach (var link in await openIds.ListAsync(user.Id, cancellationToken))
            await openIds.UnlinkAsync(user.Id, link.Provider, cancellationToken);
        foreach (var passkey in await passkeys.ListAsync(user.Id, cancellationToken))
            await passkeys.DeleteAsync(user.Id, passkey.CredentialId, cancellationToken);
        await users.ReleaseMailAsync(user.Email, user.Id, cancellationToken);
        var partition = UserRows.Partition(user.Id);
        await SweepAsync(layout.Users, layout.Users.QueryAsync(new RowRange(partition), cancellationToken).Where(row => row.RowKey != UserRows.Account), cancellationToken);
        await logins.ClearAsync(user.Id, cancellationToken);
        await SweepAsync(layout.Events, layout.Events.QueryAsync(new RowRange(ActivityLog.Partition(user.Id)), cancellationToken), cancellationToken);
        await SweepAsync(layout.Shares, layout.Shares.QueryAsync(new RowRange(ShortcutList.Partition(user.Id)), cancellationToken), cancellationToken);
        await texts.ClearAsync(user.Id, cancellationToken);
        await avatars.DeleteAsync(await settings.GetAsync(cancellationToken), user.Id, cancellationToken);
    }

    private static Task<int> SweepAsync(Table table, IAsyncEnumerable<Row> rows, CancellationToken cancellationToken) =>
        RowSweep.DeleteAsync(table, rows, int.MaxValue, cancellationToken);
}

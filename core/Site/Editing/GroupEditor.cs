using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Site.Editing;

/// <summary>Creates, changes and deletes groups (contract, section 24). Other processes follow within <see cref="SiteCatalog.MaxAge"/>.</summary>
/// <param name="catalog">The catalog that requests use.</param>
/// <param name="members">Determines whether a group has members.</param>
/// <param name="settings">Name the group of new accounts.</param>
public sealed class GroupEditor(StorageLayout layout, SiteCatalog catalog, GroupMembers members, SettingStore settings)
{
    private const int MaxTries = 10;

    /// <summary>Creates a group. Three transactions unless another group is made at the same time.</summary>
    /// <param name="draft">The description.</param>
    /// <param name="caller">The administrator; an application makes no administrators.</param>
    /// <exception cref="CloudreveException">40001, 40035, 40089.</exception>
    public async Task<Group> CreateAsync(GroupDraft draft, Caller caller, CancellationToken cancellationToken = default)
    {
        var described = Describe(int.MaxValue, draft);
        GroupCheck.Check(described);
        if (described.Allows(GroupPermission.IsAdmin))
            caller.RefuseApplication();
        await CheckPolicyAsync(draft, cancellationToken);
        for (var tries = 1; ; tries++)
        {
            var group = Describe(await SiteRows.NextIdAsync(layout.Site, SiteRows.Groups, cancellationToken), draft);
            try
            {
                await layout.Site.InsertAsync(SiteRows.Describe(group), cancellationToken);
                catalog.ForgetGroups();
                return group;
            }
            catch (StorageExistsException) when (tries < MaxTries)
            {
                // Another administrator was faster.
            }
        }
    }

    /// <summary>Changes a group. Three transactions.</summary>
    /// <param name="draft">The new description.</param>
    /// <param name="caller">The administrator, who may not lock himself out; an application makes no administrators.</param>
    /// <exception cref="CloudreveException">40001, 40035, 40039, 40089; 409 when it was changed at the same time.</exception>
    public async Task<Group> UpdateAsync(int id, GroupDraft draft, Caller caller, CancellationToken cancellationToken = default)
    {
        var row = await FindAsync(id, cancellationToken);
        var group = Describe(id, draft);
        GroupCheck.Check(group);
        if (id == caller.Group.Id && !group.Allows(GroupPermission.IsAdmin))
            throw new CloudreveException(ErrorCode.BadParameter, "Your own group must remain an administrator group.");
        if (group.Allows(GroupPermission.IsAdmin) && !SiteRows.ReadGroup(row).Allows(GroupPermission.IsAdmin))
            caller.RefuseApplication();
        if (group.Allows(GroupPermission.IsAdmin) && (await settings.GetAsync(cancellationToken)).Get(AccountSetting.DefaultGroup) == id)
            throw new CloudreveException(ErrorCode.BadParameter, "New accounts get this group, so it cannot be an administrator group.");
        await CheckPolicyAsync(draft, cancellationToken);
        await ReplaceAsync(SiteRows.Describe(group), row.ETag, cancellationToken);
        return group;
    }

    /// <summary>Throws unless new accounts may be put into a group: anybody may create one. Usually no transaction.</summary>
    /// <exception cref="CloudreveException">40001: it is a group of administrators or of visitors without an account. 40039: there is none.</exception>
    public async Task CheckDefaultAsync(long id, CancellationToken cancellationToken = default)
    {
        var group = await catalog.GetGroupAsync((int)Math.Min(id, int.MaxValue), cancellationToken);
        if (group.Allows(GroupPermission.IsAdmin) || group.Id == Group.AnonymousId)
            throw new CloudreveException(ErrorCode.BadParameter, "New accounts can be neither administrators nor anonymous, so 'default_group' cannot name such a group.");
    }

    /// <summary>
    /// Deletes a group without members. Three transactions, and twice those of <see cref="GroupMembers.ExistAsync"/>: members are searched for
    /// once more when no account can be put into the group any longer.
    /// </summary>
    /// <exception cref="CloudreveException">40039, 40040 for a built-in group, 40041; 409 when it was changed at the same time.</exception>
    public async Task DeleteAsync(int id, CancellationToken cancellationToken = default)
    {
        if (id is Group.AdminId or Group.UserId or Group.AnonymousId)
            throw new CloudreveException(ErrorCode.SystemGroupProtected, "Built-in groups cannot be deleted.");
        var row = await FindAsync(id, cancellationToken);
        await RequireUnusedAsync(id, cancellationToken);
        var group = SiteRows.ReadGroup(row);
        var deleted = await ReplaceAsync(SiteRows.DescribeDeleted(group), row.ETag, cancellationToken);
        try
        {
            await RequireUnusedAsync(id, cancellationToken);
        }
        catch (CloudreveException)
        {
            // An account became a member in between.
            await ReplaceAsync(SiteRows.Describe(group), deleted, cancellationToken);
            throw;
        }
    }

    private async Task<Row> FindAsync(int id, CancellationToken cancellationToken) =>
        await layout.Site.FindAsync(SiteRows.Groups, SiteRows.Key(id), cancellationToken) is { } row && !SiteRows.IsDeleted(row)
            ? row
            : throw new CloudreveException(ErrorCode.GroupNotFound, "The group does not exist.");

    private async Task<string> ReplaceAsync(Row row, string etag, CancellationToken cancellationToken)
    {
        try
        {
            return await layout.Site.ReplaceAsync(row, etag, cancellationToken);
        }
        catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
        {
            throw new CloudreveException(ErrorCode.Conflict, "The group was changed at the same time; reload it and try again.", e);
        }
        finally
        {
            catalog.ForgetGroups();
        }
    }

    private async Task RequireUnusedAsync(int id, CancellationToken cancellationToken)
    {
        if ((await settings.GetAsync(cancellationToken)).Get(AccountSetting.DefaultGroup) == id)
            throw new CloudreveException(ErrorCode.GroupInUse, "New accounts get this group; choose another default group first.");
        if (await members.ExistAsync(id, cancellationToken))
            throw new CloudreveException(ErrorCode.GroupInUse, "The group still has members.");
    }

    private async Task CheckPolicyAsync(GroupDraft draft, CancellationToken cancellationToken)
    {
        if (draft.StoragePolicyId is not (null or 0) and var id
            && !(await catalog.ReadPoliciesAsync(cancellationToken)).Any(policy => policy.Id == id && !policy.IsDeleted))
            throw SiteCatalog.NoPolicy();
    }

    private static Group Describe(int id, GroupDraft draft) => new()
    {
        Id = id,
        Name = draft.Name,
        MaxStorage = draft.MaxStorage,
        SpeedLimit = draft.SpeedLimit,
        Permissions = GroupCheck.ParsePermissions(draft.Permissions),
        Settings = draft.Settings,
        StoragePolicyId = draft.StoragePolicyId is 0 ? null : draft.StoragePolicyId,
    };
}

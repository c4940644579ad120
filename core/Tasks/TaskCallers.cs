using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Tasks;

/// <summary>Finds the accounts that workflows work for, with their current rights.</summary>
public sealed class TaskCallers(UserStore users, SiteCatalog catalog)
{
    /// <summary>The caller that a task acts for: no transaction for one that was read within the last minute.</summary>
    /// <param name="permission">The permission that the task requires.</param>
    /// <exception cref="CloudreveException">403 when the account is no longer active, 40007 when its group lacks the permission.</exception>
    public async Task<Caller> FindAsync(long userId, GroupPermission permission, CancellationToken cancellationToken = default)
    {
        if (await users.FindRecentAsync(userId, cancellationToken) is not { Status: UserStatus.Active, IsLeaving: false } user)
            throw new CloudreveException(ErrorCode.NoPermission, "The account is not active.");
        var caller = new Caller(user, await catalog.GetGroupAsync(user.GroupId, cancellationToken));
        caller.Require(permission);
        return caller;
    }
}

using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Accounts.Administration;

/// <summary>Keeps administrators from locking out the first account or themselves (contract, section 2).</summary>
internal static class AccountProtection
{
    /// <summary>Throws for a change that would lock an administrator out, or give an application access.</summary>
    /// <param name="actor">The administrator.</param>
    /// <param name="user">The account as it is.</param>
    /// <exception cref="CloudreveException">40042 for the group, 40043 for the rest, 40089 for what applications may not do.</exception>
    public static void Check(Caller actor, User user, UserChange change)
    {
        var changesSignIn = change.PasswordHash is not null || (change.RemovesTwoFactor && user.HasTwoFactor)
            || (change.Email is { } email && UserStore.NormalizeEmail(email) != user.Email);
        if (changesSignIn)
            actor.RefuseApplication();
        var isFirst = user.Id == User.FirstId;
        var isOwn = user.Id == actor.UserId;
        if (!isFirst && !isOwn)
            return;
        if (change.GroupId is { } group && group != user.GroupId)
        {
            throw new CloudreveException(
                ErrorCode.FirstUserGroupFixed, isFirst ? "The group of the first account cannot be changed." : "You cannot change your own group.");
        }
        if (change.Status is { } status && status != user.Status && status != UserStatus.Active)
            throw Protected(isFirst ? "The first account cannot be banned." : "You cannot ban yourself.");
        // Anybody who can sign in as the first account can do whatever it can.
        if (!isOwn && changesSignIn)
            throw Protected("Only its owner can change how the first account signs in.");
    }

    /// <summary>Throws for an account that may not be removed.</summary>
    /// <param name="actorId">The administrator.</param>
    /// <exception cref="CloudreveException">40043.</exception>
    public static void CheckRemoval(long actorId, long userId)
    {
        if (userId == User.FirstId)
            throw Protected("The first account cannot be deleted.");
        if (userId == actorId)
            throw Protected("You cannot delete your own account.");
    }

    private static CloudreveException Protected(string message) => new(ErrorCode.FirstUserProtected, message);
}

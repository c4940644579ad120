using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Accounts.Tokens;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Accounts;

/// <summary>The caller of a request: a signed-in user, or an anonymous one.</summary>
/// <param name="User">The account; null for an anonymous caller.</param>
/// <param name="Group">The account's group, or the group of anonymous callers.</param>
public sealed record Caller(User? User, Group Group)
{
    /// <summary>The account's id; 0 for an anonymous caller.</summary>
    public long UserId => User?.Id ?? 0;

    /// <summary>True if the caller has not signed in.</summary>
    public bool IsAnonymous => User is null;

    /// <summary>True if the caller is an administrator of the site.</summary>
    public bool IsAdmin => User is not null && Group.Allows(GroupPermission.IsAdmin);

    /// <summary>
    /// True if the caller has an administrator's rights over others where everybody may call; an OAuth client has them only with the scope for
    /// it, whoever its user is.
    /// </summary>
    public bool ActsAsAdmin => IsAdmin && Holds(OAuthScopes.AdminRead);

    /// <summary>The scopes granted to an OAuth client; null for a token of the site's own clients, which may do everything.</summary>
    public IReadOnlySet<string>? Scopes { get; init; }

    /// <summary>The sign-in that the caller's token descends from; null for an anonymous caller, and where another party issued the token.</summary>
    public TokenSession? Session { get; init; }

    /// <summary>The client address that the request comes from.</summary>
    public ClientAddress Client { get; init; } = ClientAddress.Unknown;

    /// <summary>The account of a caller that must have signed in.</summary>
    /// <exception cref="CloudreveException">401: the caller is anonymous.</exception>
    public User RequireUser() => User ?? throw new CloudreveException(ErrorCode.LoginRequired, "Sign in first.");

    /// <summary>Checks whether the caller's token holds a scope; tokens of the site's own clients hold all scopes.</summary>
    public bool Holds(string scope) => Scopes is not { } granted || OAuthScopes.Cover(granted, scope);

    /// <summary>Throws unless the caller's token holds a scope beside the one that the route demands.</summary>
    /// <exception cref="CloudreveException">40089: it does not.</exception>
    public void RequireScope(string scope)
    {
        if (!Holds(scope))
            throw new CloudreveException(ErrorCode.ScopeMissing, "The application does not have permission to do this.");
    }

    /// <summary>
    /// Throws for an OAuth client: a grant must not be a way to more rights, so an OAuth client neither changes how anybody signs in
    /// nor creates administrators, whatever its scopes.
    /// </summary>
    /// <exception cref="CloudreveException">40089: the caller is an OAuth client.</exception>
    public void RefuseApplication()
    {
        if (Scopes is not null)
            throw new CloudreveException(ErrorCode.ScopeMissing, "Applications may not change how users sign in, or who administers the site.");
    }

    /// <summary>Throws unless the caller's group has a permission.</summary>
    /// <exception cref="CloudreveException">40007: the group lacks it.</exception>
    public void Require(GroupPermission permission)
    {
        if (!Group.Allows(permission))
            throw new CloudreveException(ErrorCode.GroupNotAllowed, "Your group does not allow this.");
    }
}

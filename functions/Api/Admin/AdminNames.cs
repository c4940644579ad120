using Cloudreve.Core.Accounts;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Admin.Users;

namespace Cloudreve.Functions.Api.Admin;

/// <summary>A storage policy's name.</summary>
internal sealed record AdminPolicyName(long Id, string Name);

/// <summary>Accounts and storage policies by id, for rows that name them.</summary>
internal sealed class AdminNames(IReadOnlyDictionary<long, AdminUserName> users, IReadOnlyDictionary<long, AdminPolicyName> policies)
{
    /// <summary>Reads accounts and policies. No transaction for accounts that were read recently, one for each of the others.</summary>
    /// <param name="store">The accounts.</param>
    /// <param name="userIds">The accounts.</param>
    public static async Task<AdminNames> ReadAsync(UserStore store, SiteCatalog catalog, IEnumerable<long> userIds, CancellationToken cancellationToken)
    {
        var policies = await catalog.ListPoliciesAsync(cancellationToken);
        return new AdminNames(
            await AdminUserName.FindAsync(store, userIds, cancellationToken),
            policies.ToDictionary(policy => (long)policy.Id, policy => new AdminPolicyName(policy.Id, policy.Name)));
    }

    /// <summary>An account; null when it is gone.</summary>
    public AdminUserName? User(long id) => users.GetValueOrDefault(id);

    /// <summary>A policy; null when it is gone.</summary>
    public AdminPolicyName? Policy(long id) => policies.GetValueOrDefault(id);
}

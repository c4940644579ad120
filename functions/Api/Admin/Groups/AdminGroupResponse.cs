using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Files;

namespace Cloudreve.Functions.Api.Admin.Groups;

/// <summary>A group as administrators see it (contract, section 22).</summary>
internal sealed record AdminGroupResponse(int Id, string Name, long MaxStorage, long SpeedLimit, string Permissions, GroupSettings Settings)
{
    public AdminGroupEdges Edges { get; init; } = new(null);

    /// <summary>Number of members; only when requested.</summary>
    public int? TotalUsers { get; init; }

    /// <summary>Shapes a group.</summary>
    /// <param name="policies">All storage policies.</param>
    public static AdminGroupResponse Of(Group group, IEnumerable<StoragePolicy> policies)
    {
        var policy = policies.FirstOrDefault(policy => policy.Id == group.StoragePolicyId);
        return new AdminGroupResponse(group.Id, group.Name, group.MaxStorage, group.SpeedLimit, group.Permissions.ToString(), group.Settings)
        {
            Edges = new AdminGroupEdges(policy is null ? null : new AdminGroupPolicy(policy.Id, policy.Name, policy.AdminType)),
        };
    }
}

/// <summary>The objects that a group refers to.</summary>
/// <param name="StoragePolicies">The storage policy of its members' new files; null for none. The name is the contract's.</param>
internal sealed record AdminGroupEdges(AdminGroupPolicy? StoragePolicies);

/// <summary>The storage policy of a group.</summary>
internal sealed record AdminGroupPolicy(int Id, string Name, string Type);

/// <summary>A page of groups.</summary>
internal sealed record AdminGroupListResponse(IReadOnlyList<AdminGroupResponse> Groups, PaginationResponse Pagination);

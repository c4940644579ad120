using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Files;

namespace Cloudreve.Functions.Api.Admin.Policies;

/// <summary>A storage policy as administrators see it: the row, without secrets (contract, section 22).</summary>
internal sealed record AdminPolicyResponse
{
    public required int Id { get; init; }

    /// <summary>The id as clients know it.</summary>
    public required string HashId { get; init; }

    public required string Name { get; init; }

    public required string Type { get; init; }

    public string? Server { get; init; }

    public required string BucketName { get; init; }

    public required bool IsPrivate { get; init; }

    public string? AccessKey { get; init; }

    /// <summary>Asterisks in place of the secret.</summary>
    public string? SecretKey { get; init; }

    public required long MaxSize { get; init; }

    public required string DirNameRule { get; init; }

    public required string FileNameRule { get; init; }

    public required StoragePolicySettings Settings { get; init; }

    public AdminPolicyEdges Edges { get; init; } = new(null);

    /// <summary>Blobs of the policy; only when asked for.</summary>
    public long? EntitiesCount { get; init; }

    /// <summary>Their bytes.</summary>
    public long? EntitiesSize { get; init; }
}

/// <summary>The objects that refer to a storage policy.</summary>
/// <param name="Groups">The groups that use it; null for none.</param>
internal sealed record AdminPolicyEdges(IReadOnlyList<AdminPolicyGroupResponse>? Groups)
{
    /// <summary>The groups that use a policy.</summary>
    /// <param name="groups">All groups.</param>
    public static AdminPolicyEdges Of(StoragePolicy policy, IEnumerable<Group> groups)
    {
        var users = groups.Where(group => group.StoragePolicyId == policy.Id).Select(group => new AdminPolicyGroupResponse(group.Id, group.Name)).ToList();
        return new AdminPolicyEdges(users.Count == 0 ? null : users);
    }
}

/// <summary>A group that uses a storage policy.</summary>
internal sealed record AdminPolicyGroupResponse(int Id, string Name);

/// <summary>A page of storage policies.</summary>
internal sealed record AdminPolicyListResponse(IReadOnlyList<AdminPolicyResponse> Policies, PaginationResponse Pagination);

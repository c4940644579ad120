using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Editing;

namespace Cloudreve.Functions.Api.Admin.Groups;

/// <summary>The body of requests that create or change a group.</summary>
internal sealed record EditGroupRequest(GroupRequest Group);

/// <summary>A group as the administration sends it (contract, section 22).</summary>
/// <param name="Name">The display name.</param>
internal sealed record GroupRequest(string Name)
{
    public long? MaxStorage { get; init; }

    public long? SpeedLimit { get; init; }

    public string? Permissions { get; init; }

    public GroupSettings? Settings { get; init; }

    public GroupEdgesRequest? Edges { get; init; }

    /// <summary>The draft that the request describes.</summary>
    public GroupDraft ToDraft() => new()
    {
        Name = Name,
        MaxStorage = MaxStorage ?? 0,
        SpeedLimit = SpeedLimit ?? 0,
        Permissions = Permissions,
        Settings = Settings ?? new GroupSettings(),
        StoragePolicyId = Edges?.StoragePolicies?.Id,
    };
}

/// <summary>The objects that a group refers to.</summary>
internal sealed record GroupEdgesRequest
{
    public GroupPolicyRequest? StoragePolicies { get; init; }
}

/// <summary>The storage policy of a group; the id is 0 for none.</summary>
internal sealed record GroupPolicyRequest
{
    public int? Id { get; init; }
}

using Cloudreve.Core.Content.Entities.Administration;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Functions.Api.Admin.Files;
using Cloudreve.Functions.Api.Admin.Users;
using Cloudreve.Functions.Api.Files;

namespace Cloudreve.Functions.Api.Admin.Entities;

/// <summary>A blob behind files as the administration sees it (contract, section 24).</summary>
internal sealed record AdminEntityResponse(long Id, DateTimeOffset CreatedAt, int Type, long Size, string Source, int ReferenceCount)
{
    /// <summary>The policy that holds it.</summary>
    public long StoragePolicyEntities { get; init; }

    /// <summary>The encryption of the blob.</summary>
    public AdminEntityProps? Props { get; init; }

    /// <summary>The creator of the blob, its policy, and the files that refer to it.</summary>
    public AdminEntityEdges Edges { get; init; } = new(null, null);

    /// <summary>The id of its creator as users see it.</summary>
    public string? UserHashId { get; init; }

    /// <summary>The ids of the files' owners as users see them, by id.</summary>
    public IReadOnlyDictionary<long, string>? UserHashIdMap { get; init; }

    /// <summary>Describes a blob.</summary>
    /// <param name="listed">The blob.</param>
    /// <param name="names">Accounts and policies by id.</param>
    public static AdminEntityResponse Of(ListedEntity listed, AdminNames names, HashIdCodec hashIds)
    {
        var entity = listed.Entity;
        return new AdminEntityResponse(entity.Id, entity.CreatedAt, (int)entity.Type, entity.Size, entity.Source, listed.FileIds.Count)
        {
            StoragePolicyEntities = entity.PolicyId,
            Props = AdminEntityProps.Of(entity),
            Edges = new AdminEntityEdges(names.User(entity.CreatedBy), names.Policy(entity.PolicyId)),
            UserHashId = hashIds.Encode(entity.CreatedBy, HashIdKind.User),
        };
    }

    /// <summary>The same with the files that refer to the blob.</summary>
    /// <param name="names">Their owners by id.</param>
    public AdminEntityResponse With(IReadOnlyList<FileRecord> files, AdminNames names, HashIdCodec hashIds) => this with
    {
        Edges = Edges with
        {
            File = [.. files.Select(file => AdminFileResponse.Of(file, hashIds) with { Edges = new AdminFileEdges { Owner = names.User(file.OwnerId) } })],
        },
        UserHashIdMap = files.Select(file => file.OwnerId).Distinct().ToDictionary(id => id, id => hashIds.Encode(id, HashIdKind.User)),
    };
}

/// <summary>The objects related to a blob.</summary>
internal sealed record AdminEntityEdges(AdminUserName? User, AdminPolicyName? StoragePolicy)
{
    /// <summary>The files that refer to it.</summary>
    public IReadOnlyList<AdminFileResponse>? File { get; init; }
}

/// <summary>A page of blobs.</summary>
internal sealed record AdminEntityListResponse(IReadOnlyList<AdminEntityResponse> Entities, PaginationResponse Pagination);

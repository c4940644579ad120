using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Administration;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Sharing.DirectLinks;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Admin.Users;
using Cloudreve.Functions.Api.Files;
using Cloudreve.Functions.Api.Files.DirectLinks;

namespace Cloudreve.Functions.Api.Admin.Files;

/// <summary>A file as the administration sees it (contract, section 24).</summary>
internal sealed record AdminFileResponse(long Id, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, int Type, string Name)
{
    /// <summary>The owner's id.</summary>
    public long OwnerId { get; init; }

    /// <summary>Bytes of the current version.</summary>
    public long Size { get; init; }

    /// <summary>The blob of the current version; left out for an empty file.</summary>
    public long? PrimaryEntity { get; init; }

    /// <summary>The storage policy of the current version.</summary>
    public long? StoragePolicyFiles { get; init; }

    /// <summary>The objects related to the file.</summary>
    public AdminFileEdges Edges { get; init; } = new();

    /// <summary>The owner's id as users see it.</summary>
    public string? UserHashId { get; init; }

    /// <summary>The file's id as users see it.</summary>
    public string? FileHashId { get; init; }

    /// <summary>The addresses of the file's direct links by id.</summary>
    public IReadOnlyDictionary<long, string>? DirectLinkMap { get; init; }

    /// <summary>Describes a file alone.</summary>
    public static AdminFileResponse Of(FileRecord file, HashIdCodec hashIds) => new(file.Id, file.CreatedAt, file.UpdatedAt, (int)file.Type, file.Name)
    {
        OwnerId = file.OwnerId,
        Size = file.Size,
        PrimaryEntity = file.PrimaryEntityId == 0 ? null : file.PrimaryEntityId,
        UserHashId = hashIds.Encode(file.OwnerId, HashIdKind.User),
        FileHashId = hashIds.Encode(file.Id, HashIdKind.File),
    };

    /// <summary>Describes a file with its related objects.</summary>
    /// <param name="listed">The file.</param>
    /// <param name="names">Accounts and policies by id.</param>
    /// <param name="siteBase">Scheme and host of links.</param>
    public static AdminFileResponse Of(ListedFile listed, AdminNames names, SiteSettings site, string siteBase)
    {
        var file = listed.File;
        var policyId = listed.Entities.FirstOrDefault(entity => entity.Id == file.PrimaryEntityId)?.PolicyId;
        return Of(file, site.HashIds) with
        {
            StoragePolicyFiles = policyId,
            Edges = new AdminFileEdges
            {
                Owner = names.User(file.OwnerId),
                StoragePolicies = policyId is { } id ? names.Policy(id) : null,
                Metadata = file.Metadata.Count == 0 ? null : [.. file.Metadata.Select((pair, index) => new AdminMetadataResponse(index + 1, pair.Key, pair.Value))],
                Entities = listed.Entities.Count == 0 ? null : [.. listed.Entities.Select(entity => AdminEntitySummary.Of(entity, names))],
                DirectLinks = listed.Links.Count == 0 ? null : [.. listed.Links.Select(AdminDirectLinkResponse.Of)],
                Shares = listed.Shares.Count == 0 ? null : [.. listed.Shares.Select(share => new AdminShareId(share.Id, share.CreatedAt))],
            },
            DirectLinkMap = listed.Links.Count == 0
                ? null
                : listed.Links.ToDictionary(link => link.Id, link => DirectLinkAddress.Of(site, siteBase, link)),
        };
    }
}

/// <summary>The objects related to a file.</summary>
internal sealed record AdminFileEdges
{
    /// <summary>The owner.</summary>
    public AdminUserName? Owner { get; init; }

    /// <summary>The storage policy.</summary>
    public AdminPolicyName? StoragePolicies { get; init; }

    /// <summary>Metadata.</summary>
    public IReadOnlyList<AdminMetadataResponse>? Metadata { get; init; }

    /// <summary>Blobs.</summary>
    public IReadOnlyList<AdminEntitySummary>? Entities { get; init; }

    /// <summary>Direct links.</summary>
    public IReadOnlyList<AdminDirectLinkResponse>? DirectLinks { get; init; }

    /// <summary>Share links.</summary>
    public IReadOnlyList<AdminShareId>? Shares { get; init; }
}

/// <summary>A metadata entry. The number is its position.</summary>
internal sealed record AdminMetadataResponse(int Id, string Name, string Value, bool IsPublic = true);

/// <summary>A share link's id.</summary>
internal sealed record AdminShareId(long Id, DateTimeOffset CreatedAt);

/// <summary>A direct link.</summary>
internal sealed record AdminDirectLinkResponse(long Id, DateTimeOffset CreatedAt, string Name, long Downloads)
{
    /// <summary>Describes a link.</summary>
    public static AdminDirectLinkResponse Of(DirectLink link) => new(link.Id, link.CreatedAt, link.Name, link.Hits);
}

/// <summary>A blob of a file.</summary>
internal sealed record AdminEntitySummary(long Id, DateTimeOffset CreatedAt, int Type, long Size, string Source)
{
    /// <summary>The policy that holds it.</summary>
    public long StoragePolicyEntities { get; init; }

    /// <summary>The encryption of the blob.</summary>
    public AdminEntityProps? Props { get; init; }

    /// <summary>The creator of the blob, and its policy.</summary>
    public AdminEntityNames Edges { get; init; } = new(null, null);

    /// <summary>Describes a blob.</summary>
    public static AdminEntitySummary Of(EntityRecord entity, AdminNames names) => new(entity.Id, entity.CreatedAt, (int)entity.Type, entity.Size, entity.Source)
    {
        StoragePolicyEntities = entity.PolicyId,
        Props = AdminEntityProps.Of(entity),
        Edges = new AdminEntityNames(names.User(entity.CreatedBy), names.Policy(entity.PolicyId)),
    };
}

/// <summary>The creator of a blob, and the policy that holds it.</summary>
internal sealed record AdminEntityNames(AdminUserName? User, AdminPolicyName? StoragePolicy);

/// <summary>The encryption of a blob. The key stays on the server.</summary>
internal sealed record AdminEntityProps(AdminEncryption EncryptMetadata)
{
    /// <summary>Describes the encryption of a blob; null for none.</summary>
    public static AdminEntityProps? Of(EntityRecord entity) =>
        entity.Encryption is null ? null : new AdminEntityProps(new AdminEncryption(BlobKey.Algorithm));
}

/// <summary>An algorithm.</summary>
internal sealed record AdminEncryption(string Algorithm);

/// <summary>A page of files.</summary>
internal sealed record AdminFileListResponse(IReadOnlyList<AdminFileResponse> Files, PaginationResponse Pagination);

using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Sharing.DirectLinks;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.DirectLinks;
using Cloudreve.Functions.Api.Files.Properties;
using Cloudreve.Functions.Api.Shares;
using Cloudreve.Functions.Api.Site;
using Cloudreve.Functions.Api.Users;

namespace Cloudreve.Functions.Api.Files.Info;

/// <summary>Gathers the details of files.</summary>
/// <param name="entities">Their content.</param>
/// <param name="links">Their direct links.</param>
/// <param name="users">The creators of the content.</param>
/// <param name="catalog">The creators' groups, and the policies.</param>
/// <param name="shares">Their share links.</param>
/// <param name="presenter">Shapes those.</param>
internal sealed class FileDetails(
    EntityStore entities, DirectLinkStore links, UserStore users, SiteCatalog catalog, ShareStore shares, SharePresenter presenter)
{
    /// <summary>The details of a file for a caller; earlier versions, links and the stored view are for its owner alone.</summary>
    /// <param name="siteBase">Scheme and host of the site's addresses.</param>
    /// <param name="file">The file or folder.</param>
    public async Task<ExtendedInfoResponse> DescribeAsync(ApiCall call, string siteBase, FileRecord file, CancellationToken cancellationToken)
    {
        var found = await entities.FindAsync(file.EntityIds.Where(id => DriveAccess.MayRead(call.Caller, file, id)), cancellationToken);
        var shown = new List<EntityResponse>(found.Count);
        foreach (var entity in found.Values.OrderByDescending(e => e.CreatedAt).ThenByDescending(e => e.Id))
            shown.Add(await ShapeAsync(call, entity, cancellationToken));
        var owns = call.Caller.UserId == file.OwnerId;
        return new ExtendedInfoResponse(await PolicyOfAsync(call, file, found, cancellationToken), found.Values.Sum(e => e.Size), shown)
        {
            DirectLinks = owns && file.Type == FileType.File ? await LinksOfAsync(call.Site, siteBase, file, cancellationToken) : null,
            Shares = owns ? await SharesOfAsync(call, siteBase, file, cancellationToken) : null,
            View = owns && file.View is { } view ? ExplorerViews.Parse(view) : null,
        };
    }

    private async Task<IReadOnlyList<ShareResponse>?> SharesOfAsync(
        ApiCall call, string siteBase, FileRecord file, CancellationToken cancellationToken)
    {
        if (!(await shares.ListFilesAsync(file.OwnerId, cancellationToken)).Contains(file.Id))
            return null;
        var shown = new List<ShareResponse>();
        foreach (var share in (await shares.ListAsync(file.OwnerId, cancellationToken)).Where(share => share.FileId == file.Id))
            shown.Add(await presenter.PresentAsync(call, siteBase, share, file, isUnlocked: true, cancellationToken));
        return shown;
    }

    /// <summary>The policy of the current version, or that of new files for a file without one.</summary>
    private async Task<StoragePolicyResponse?> PolicyOfAsync(
        ApiCall call, FileRecord file, IReadOnlyDictionary<long, EntityRecord> found, CancellationToken cancellationToken)
    {
        var id = found.TryGetValue(file.PrimaryEntityId, out var current) ? (int)current.PolicyId : call.Caller.Group.StoragePolicyId;
        var policy = id is null ? null : await catalog.FindPolicyAsync(id.Value, cancellationToken);
        return policy is null ? null : StoragePolicyResponse.Of(policy, call.Site);
    }

    private async Task<EntityResponse> ShapeAsync(ApiCall call, EntityRecord entity, CancellationToken cancellationToken)
    {
        var site = call.Site;
        var policy = await catalog.FindPolicyAsync((int)entity.PolicyId, cancellationToken);
        var creator = await users.FindRecentAsync(entity.CreatedBy, cancellationToken);
        var group = creator is null ? null : await catalog.FindGroupAsync(creator.GroupId, cancellationToken);
        return new EntityResponse(
            site.HashIds.Encode(entity.Id, HashIdKind.Entity), entity.Size, (int)entity.Type, entity.CreatedAt,
            policy is null ? null : StoragePolicyResponse.Of(policy, site),
            creator is null || group is null ? null : UserResponse.Seen(creator, group, call))
        {
            EncryptedWith = entity.Encryption is null ? null : "aes-256-ctr",
        };
    }

    private async Task<IReadOnlyList<FileLinkResponse>> LinksOfAsync(
        SiteSettings site, string siteBase, FileRecord file, CancellationToken cancellationToken) =>
        [.. (await links.ListAsync(file.Id, cancellationToken)).Select(link => new FileLinkResponse(
            site.HashIds.Encode(link.Id, HashIdKind.SourceLink), DirectLinkAddress.Of(site, siteBase, link), link.Hits, link.CreatedAt))];
}

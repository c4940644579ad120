using Cloudreve.Core.DirectLinks;
using Cloudreve.Core.Entities;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Shares;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.DirectLinks;
using Cloudreve.Functions.Api.Files.Properties;
using Cloudreve.Functions.Api.Shares;
using Cloudreve.Functions.Api.Site;
using Cloudreve.Functions.Api.Users;

namespace Cloudreve.Functions.Api.Files.Info;

/// <summary>Answers details of one file or folder (contract, section 9).</summary>
internal static class FileInfoEndpoint
{
    public static async Task<ApiResponse<FileResponse>> GetAsync(
        HttpContext http, ApiCall call, DriveAccess access, FileTree tree, FileDetails details, FolderSummaries summaries,
        string? uri, string? id, bool? extended, bool? folder_summary, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var (file, place) = string.IsNullOrEmpty(uri)
            ? await FindByIdAsync(caller, id, tree, site, cancellationToken)
            : await FindByUriAsync(caller, uri, access, tree, site, cancellationToken);
        var answer = new FilePresenter(caller, site.HashIds).Present(file, place.View, place.Capabilities, withMetadata: true);
        if (extended == true)
            answer = answer with { ExtendedInfo = await details.DescribeAsync(caller, site, SiteUrls.Base(http, site, primary: false), file, cancellationToken) };
        if (folder_summary == true && file.Type == FileType.Folder)
            answer = answer with { FolderSummary = await SummarizeAsync(call, file, summaries, cancellationToken) };
        return ApiResponse.Ok(answer);
    }

    private static async Task<FolderSummaryResponse> SummarizeAsync(
        ApiCall call, FileRecord folder, FolderSummaries summaries, CancellationToken cancellationToken)
    {
        DriveAccess.RequireOwner(call.Caller, folder);
        var summary = await summaries.GetAsync(
            folder.Id, call.Caller.Group.Settings.MaxWalkedFiles, call.Site.Get(SiteSetting.FolderSummaryAge), cancellationToken);
        return new FolderSummaryResponse(summary.Size, summary.Files, summary.Folders, summary.IsComplete, summary.CalculatedAt);
    }

    private static async Task<(FileRecord File, DrivePlace Place)> FindByUriAsync(
        Caller caller, string uri, DriveAccess access, FileTree tree, SiteSettings site, CancellationToken cancellationToken)
    {
        var place = await access.OpenAsync(caller, FileUri.Parse(uri), NavigatorCapability.Info, site.HashIds, cancellationToken);
        if (place.Path.IsRoot)
            throw new CloudreveException(ErrorCode.NoPermission, "The root folder has no details.");
        return (await tree.GetAsync(place, cancellationToken), place);
    }

    private static async Task<(FileRecord File, DrivePlace Place)> FindByIdAsync(
        Caller caller, string? id, FileTree tree, SiteSettings site, CancellationToken cancellationToken)
    {
        caller.RequireUser();
        if (!site.HashIds.TryDecode(id, HashIdKind.File, out var fileId))
            throw new CloudreveException(ErrorCode.BadParameter, "Neither a URI nor a valid id is given.");
        var file = await tree.FindByIdAsync(fileId, cancellationToken)
            ?? throw new CloudreveException(ErrorCode.FileNotFound, "The file does not exist.");
        DriveAccess.RequireOwner(caller, file);
        var path = await tree.GetPathAsync(file, cancellationToken);
        var view = file.OwnerId == caller.UserId
            ? FileUri.My(path)
            : FileUri.My(path) with { Id = site.HashIds.Encode(file.OwnerId, HashIdKind.User) };
        return (file, new DrivePlace(file.OwnerId, path, view, NavigatorCapabilities.My));
    }
}

/// <summary>Gathers what is behind a file.</summary>
/// <param name="entities">Its content.</param>
/// <param name="links">Its direct links.</param>
/// <param name="users">Who brought the content.</param>
/// <param name="catalog">Their groups, and the policies.</param>
/// <param name="shares">Its share links.</param>
/// <param name="presenter">Shapes those.</param>
internal sealed class FileDetails(
    EntityStore entities, DirectLinkStore links, UserStore users, SiteCatalog catalog, ShareStore shares, SharePresenter presenter)
{
    /// <summary>The details of a file for a caller; links and the stored view are for its owner alone.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="site">The site.</param>
    /// <param name="siteBase">Scheme and host of the site's addresses.</param>
    /// <param name="file">The file or folder.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    public async Task<ExtendedInfoResponse> DescribeAsync(
        Caller caller, SiteSettings site, string siteBase, FileRecord file, CancellationToken cancellationToken)
    {
        var found = await entities.FindAsync(file.EntityIds, cancellationToken);
        var shown = new List<EntityResponse>(found.Count);
        foreach (var entity in found.Values.OrderByDescending(e => e.CreatedAt).ThenByDescending(e => e.Id))
            shown.Add(await ShapeAsync(caller, site, entity, cancellationToken));
        var owns = caller.UserId == file.OwnerId;
        return new ExtendedInfoResponse(await PolicyOfAsync(caller, site, file, found, cancellationToken), found.Values.Sum(e => e.Size), shown)
        {
            DirectLinks = owns && file.Type == FileType.File ? await LinksOfAsync(site, siteBase, file, cancellationToken) : null,
            Shares = owns ? await SharesOfAsync(new ApiCall(caller, site), siteBase, file, cancellationToken) : null,
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

    /// <summary>The policy of the current version; for what has none, that of new files.</summary>
    private async Task<StoragePolicyResponse?> PolicyOfAsync(
        Caller caller, SiteSettings site, FileRecord file, IReadOnlyDictionary<long, EntityRecord> found, CancellationToken cancellationToken)
    {
        var id = found.TryGetValue(file.PrimaryEntityId, out var current) ? (int)current.PolicyId : caller.Group.StoragePolicyId;
        var policy = id is null ? null : await catalog.FindPolicyAsync(id.Value, cancellationToken);
        return policy is null ? null : StoragePolicyResponse.Of(policy, site);
    }

    private async Task<EntityResponse> ShapeAsync(Caller caller, SiteSettings site, EntityRecord entity, CancellationToken cancellationToken)
    {
        var policy = await catalog.FindPolicyAsync((int)entity.PolicyId, cancellationToken);
        var creator = await users.FindRecentAsync(entity.CreatedBy, cancellationToken);
        var group = creator is null ? null : await catalog.FindGroupAsync(creator.GroupId, cancellationToken);
        return new EntityResponse(
            site.HashIds.Encode(entity.Id, HashIdKind.Entity), entity.Size, (int)entity.Type, entity.CreatedAt,
            policy is null ? null : StoragePolicyResponse.Of(policy, site),
            creator is null || group is null ? null : UserResponse.Redacted(creator, group, site, showEmail: !caller.IsAnonymous))
        {
            EncryptedWith = entity.Encryption is null ? null : "aes-256-ctr",
        };
    }

    private async Task<IReadOnlyList<FileLinkResponse>> LinksOfAsync(
        SiteSettings site, string siteBase, FileRecord file, CancellationToken cancellationToken) =>
        [.. (await links.ListAsync(file.Id, cancellationToken)).Select(link => new FileLinkResponse(
            site.HashIds.Encode(link.Id, HashIdKind.SourceLink), DirectLinkEndpoints.AddressOf(site, siteBase, link), link.Hits, link.CreatedAt))];
}

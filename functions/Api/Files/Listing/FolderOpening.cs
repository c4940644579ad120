using Cloudreve.Core.Drive.Search;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Properties;
using Cloudreve.Functions.Api.Site;

namespace Cloudreve.Functions.Api.Files.Listing;

/// <summary>Opens folders for listings: finds them, checks access, and settles order, page size and view.</summary>
/// <param name="byPath">Finds folders.</param>
/// <param name="shares">Knows which files have share links.</param>
/// <param name="catalog">The storage policies.</param>
internal sealed class FolderOpening(DriveAccess access, EntriesByPath byPath, ShareStore shares, SiteCatalog catalog)
{
    private const int DefaultPageSize = 100;

    // A response is built in memory, whatever the setting allows.
    private const int LargestPage = 100_000;

    /// <summary>Opens a folder.</summary>
    /// <param name="query">The caller's query.</param>
    /// <exception cref="CloudreveException">40001 for parameters out of range; other codes for folders that do not exist or that the caller may
    /// not see.</exception>
    public async Task<OpenFolder> OpenAsync(ListQuery query, ApiCall call, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var place = await access.OpenAsync(caller, query.Uri, NavigatorCapability.ListChildren, site.HashIds, cancellationToken);
        var search = SearchQuery.Parse(query.Uri.Query, site);
        if (query.Page is < 0 || query.PageSize is < 0)
            throw new CloudreveException(ErrorCode.BadParameter, "Page and page size cannot be negative.");
        var only = place is { Top: { Type: FileType.File, IsSymbolic: false } shared, Path.IsRoot: true } ? shared : null;
        var (folder, stored) = only is null ? await byPath.GetFolderAsync(place, cancellationToken) : (only with { Type = FileType.Folder }, null);
        var view = ExplorerViews.Of(caller, place, stored);
        var order = ListOrder.Of(query, view);
        var presenter = new FilePresenter(caller, site, await SharedFilesAsync(query, place, cancellationToken));
        var frame = new ListResponse
        {
            Parent = presenter.Present(folder, place.View, place.Capabilities, withMetadata: false),
            Pagination = new PaginationResponse(0, PageSizeOf(query, view, site), IsCursor: true),
            Props = PropsOf(place, isSearch: search is not null, site),
            ContextHint = Guid.NewGuid().ToString(),
            MixedType = search is not null,
            StoragePolicy = await PolicyAsync(call, cancellationToken),
            View = view,
        };
        return new OpenFolder(site, query, place, folder)
        {
            OnlyFile = only,
            Search = search,
            Order = order,
            Presenter = presenter,
            Frame = frame,
        };
    }

    private static int PageSizeOf(ListQuery query, ExplorerViewResponse? view, SiteSettings site) =>
        Math.Min(query.PageSize is null or 0 ? view?.PageSize ?? DefaultPageSize : query.PageSize.Value, MaxPageSize(site));

    private static NavigatorPropsResponse PropsOf(DrivePlace place, bool isSearch, SiteSettings site) =>
        new(place.Capabilities.ToString(), MaxPageSize(site), ListOrder.OptionsOf(place, isSearch), ListOrder.DirectionOptions);

    private static int MaxPageSize(SiteSettings site) => (int)Math.Min(site.Get(SiteSetting.MaxPageSize), LargestPage);

    /// <summary>The files of the caller's drive that have share links; null where clients may not know.</summary>
    private async Task<IReadOnlySet<long>?> SharedFilesAsync(ListQuery query, DrivePlace place, CancellationToken cancellationToken) =>
        query.Uri.FileSystem == FileSystemKind.My ? await shares.ListFilesAsync(place.OwnerId, cancellationToken) : null;

    private async Task<StoragePolicyResponse?> PolicyAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var policy = call.Caller.Group.StoragePolicyId is { } id ? await catalog.FindPolicyAsync(id, cancellationToken) : null;
        return policy is null ? null : StoragePolicyResponse.Of(policy, call.Site);
    }
}

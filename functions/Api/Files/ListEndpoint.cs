using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.FileSystem.Search;
using Cloudreve.Core.FileSystem.Shortcuts;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Shares;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Properties;
using Cloudreve.Functions.Api.Site;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Cloudreve.Functions.Api.Files;

/// <summary>Lists and searches folders (contract, sections 8.1 and 10).</summary>
internal static class ListEndpoint
{
    private const int DefaultPageSize = 100;

    private static readonly string[] OrderOptions = ["name", "size", "updated_at", "created_at"];
    private static readonly string[] ByCreation = ["created_at"];
    private static readonly string[] DirectionOptions = ["asc", "desc"];

    public static async Task<IResult> ListAsync(
        ApiCall call, DriveAccess access, FileTree tree, FolderListing listing, ShortcutList shortcuts, FileSearch search, ShareStore shares, SiteCatalog catalog,
        IOptions<JsonOptions> json,
        string uri, int? page, int? page_size, string? order_by, string? order_direction, string? next_page_token, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var parsed = FileUri.Parse(uri);
        var place = await access.OpenAsync(caller, parsed, NavigatorCapability.ListChildren, site.HashIds, cancellationToken);
        var query = SearchQuery.Parse(parsed.Query, site);
        if (page is < 0 || page_size is < 0)
            throw new CloudreveException(ErrorCode.BadParameter, "Page and page size cannot be negative.");
        var maxPageSize = (int)site.Get(SiteSetting.MaxPageSize);
        var token = string.IsNullOrEmpty(next_page_token) ? null : next_page_token;
        // A shared file is listed as the only one of a folder that has its name (contract, section 8).
        var only = place is { Top: { Type: FileType.File } shared, Path.IsRoot: true } ? shared : null;
        var (folder, stored) = only is null ? await tree.GetFolderAsync(place, cancellationToken) : (only with { Type = FileType.Folder }, null);
        var view = ExplorerViews.Of(caller, place, stored);
        var pageSize = Math.Min(page_size is null or 0 ? view?.PageSize ?? DefaultPageSize : page_size.Value, maxPageSize);
        var order = string.IsNullOrEmpty(order_by) ? OrderOf(view?.Order) : ParseOrder(order_by);
        var descending = string.IsNullOrEmpty(order_direction) ? view?.OrderDirection == "desc" : ParseDirection(order_direction);
        var sharedFiles = parsed.FileSystem == FileSystemKind.My ? await shares.ListFilesAsync(place.OwnerId, cancellationToken) : null;
        var presenter = new FilePresenter(caller, site.HashIds, sharedFiles);
        var policy = caller.Group.StoragePolicyId is { } id ? await catalog.FindPolicyAsync(id, cancellationToken) : null;
        var answer = new ListResponse(
            [],
            presenter.Present(folder, place.View, place.Capabilities, withMetadata: false),
            new PaginationResponse(0, pageSize, IsCursor: true),
            new NavigatorPropsResponse(place.Capabilities.ToString(), maxPageSize, place.IsShortcuts ? ByCreation : OrderOptions, DirectionOptions),
            Guid.NewGuid().ToString(),
            MixedType: query is not null,
            policy is null ? null : StoragePolicyResponse.Of(policy, site),
            view);
        if (only is not null)
        {
            var entry = presenter.Present(only, place.UriOf(place.Path.Child(only.Name)), place.Capabilities, withMetadata: true);
            return TypedResults.Ok(ApiResponse.Ok(answer with { Files = query?.Matches(only) == false ? [] : [entry], SingleFileView = true }));
        }
        if (place.IsShortcuts)
        {
            var listed = await shortcuts.ListAsync(place.OwnerId, descending, pageSize, token, query is null ? _ => true : query.Matches, cancellationToken);
            return TypedResults.Ok(ApiResponse.Ok(answer with
            {
                Files = [.. listed.Entries.Select(e => presenter.Present(
                    e, place.UriOf(new FilePath([site.HashIds.Encode(e.Id, HashIdKind.File)])), place.Capabilities, withMetadata: true))],
                Pagination = answer.Pagination with { NextToken = listed.NextToken },
            }));
        }
        if (query is not null)
        {
            var found = new SearchAnswer(
                search.Open(new SearchRequest(folder.Id, place.Path, query, pageSize)
                {
                    IsRecursive = parsed.FileSystem != FileSystemKind.Trash,
                    MaxWalkedFolders = site.Get(SiteSetting.MaxSearchedFolders),
                    Token = token,
                }),
                hit => presenter.Present(hit.Entry, place.UriOf(hit.Path), place.Capabilities, withMetadata: true),
                answer);
            return site.Get(SiteSetting.UseSseForSearch) ? found.Stream(json.Value.SerializerOptions, cancellationToken) : await found.GatherAsync(cancellationToken);
        }
        if (!site.Get(SiteSetting.UseCursorPagination))
        {
            var numbered = await listing.ListPageAsync(folder.Id, order, descending, pageSize, page ?? 0, cancellationToken);
            var pagination = new PaginationResponse(page ?? 0, pageSize, IsCursor: false) { TotalItems = numbered.Total };
            return Answer(numbered.Entries, pagination);
        }
        var entries = await listing.ListAsync(folder.Id, order, descending, pageSize, token, cancellationToken);
        return Answer(entries.Entries, answer.Pagination with { NextToken = entries.NextToken });

        IResult Answer(IReadOnlyList<FileRecord> files, PaginationResponse pagination) => TypedResults.Ok(ApiResponse.Ok(answer with
        {
            Files = [.. files.Select(e => presenter.Present(e, place.UriOf(place.Path.Child(e.Name)), place.Capabilities, withMetadata: true))],
            Pagination = pagination,
        }));
    }

    /// <summary>The order of a view, which may name what a later client knows.</summary>
    private static FileOrder OrderOf(string? text) => Array.IndexOf(OrderOptions, text) < 0 ? FileOrder.CreatedAt : ParseOrder(text!);

    private static FileOrder ParseOrder(string text) => text switch
    {
        "created_at" => FileOrder.CreatedAt,
        "name" => FileOrder.Name,
        "size" => FileOrder.Size,
        "updated_at" => FileOrder.UpdatedAt,
        _ => throw new CloudreveException(ErrorCode.BadParameter, "The order is not one of the options."),
    };

    private static bool ParseDirection(string text) => text switch
    {
        "asc" => false,
        "desc" => true,
        _ => throw new CloudreveException(ErrorCode.BadParameter, "The direction is not one of the options."),
    };
}

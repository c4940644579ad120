using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Search;
using Cloudreve.Core.Drive.Shortcuts;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Listing;

/// <summary>Lists and searches folders (contract, sections 8.1 and 10).</summary>
internal sealed class ListFunctions(FolderOpening opening, FolderListing listing, ShortcutList shortcuts, FileSearch search)
{
    /// <summary>Lists a page of a folder, of the shortcuts, or of a search.</summary>
    [Function("ListFiles")]
    [Requires(AuthClass.Optional, OAuthScopes.FilesRead)]
    [QueryParameter<string>("uri", IsRequired = true)]
    [QueryParameter<int>("page")]
    [QueryParameter<int>("page_size")]
    [QueryParameter<string>("order_by")]
    [QueryParameter<string>("order_direction")]
    [QueryParameter<string>("next_page_token")]
    [Answers<ListResponse>]
    [Answers("text/event-stream")]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/file")] HttpRequest request, ApiCall call, CancellationToken cancellationToken)
    {
        var folder = await opening.OpenAsync(ListQuery.Read(request), call, cancellationToken);
        if (folder.OnlyFile is { } file)
            return AnswerOne(folder, file);
        if (folder.Place.IsShortcuts)
            return await ListShortcutsAsync(folder, cancellationToken);
        if (folder.Search is { } wanted)
            return await SearchAsync(call.Caller, folder, wanted, cancellationToken);
        return call.Site.Get(SiteSetting.UseCursorPagination)
            ? await ListByCursorAsync(folder, cancellationToken)
            : await ListByNumberAsync(folder, cancellationToken);
    }

    private static ApiResponse<ListResponse> AnswerOne(OpenFolder folder, FileRecord file)
    {
        var files = folder.Search?.Matches(file) == false ? [] : folder.PresentChildren([file]);
        return ApiResponse.Ok(folder.Frame with { Files = files, SingleFileView = true });
    }

    private async Task<IResult> ListShortcutsAsync(OpenFolder folder, CancellationToken cancellationToken)
    {
        var page = await shortcuts.ListAsync(
            folder.Place.OwnerId, folder.Order.Descending, folder.PageSize, folder.Query.Token,
            folder.Search is { } wanted ? wanted.Matches : _ => true, cancellationToken);
        return folder.Answer([.. page.Entries.Select(entry => folder.Present(entry, PathOf(entry)))], page.NextToken);

        // Shortcuts of several folders may have the same name, so their paths contain their ids.
        FilePath PathOf(FileRecord entry) => new([folder.Site.HashIds.Encode(entry.Id, HashIdKind.File)]);
    }

    private async Task<IResult> SearchAsync(Caller caller, OpenFolder folder, SearchQuery wanted, CancellationToken cancellationToken)
    {
        var page = search.Open(new SearchRequest(folder.Folder.Id, folder.Place.Path, wanted, folder.PageSize)
        {
            IsRecursive = folder.Query.Uri.FileSystem != FileSystemKind.Trash,
            MaxWalkedFolders = folder.Site.Get(SiteSetting.MaxSearchedFolders),
            Token = folder.Query.Token,
            // Visitors without an account share the limit of the link's owner.
            AccountId = caller.IsAnonymous ? -folder.Place.OwnerId : caller.UserId,
        });
        var answer = new SearchAnswer(page, folder);
        return folder.Site.Get(SiteSetting.UseSseForSearch) ? answer.Stream(cancellationToken) : await answer.GatherAsync(cancellationToken);
    }

    private async Task<IResult> ListByCursorAsync(OpenFolder folder, CancellationToken cancellationToken)
    {
        var page = await listing.ListAsync(
            folder.Folder.Id, folder.Order.By, folder.Order.Descending, folder.PageSize, folder.Query.Token, cancellationToken);
        return folder.Answer(folder.PresentChildren(page.Entries), page.NextToken);
    }

    private async Task<IResult> ListByNumberAsync(OpenFolder folder, CancellationToken cancellationToken)
    {
        var number = folder.Query.Page ?? 0;
        var page = await listing.ListPageAsync(
            folder.Folder.Id, folder.Order.By, folder.Order.Descending, folder.PageSize, number, cancellationToken);
        var pagination = new PaginationResponse(number, folder.PageSize, IsCursor: false) { TotalItems = page.Total };
        return ApiResponse.Ok(folder.Frame with { Files = folder.PresentChildren(page.Entries), Pagination = pagination });
    }
}

using Cloudreve.Core.Drive.Search;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Listing;

/// <summary>A folder that is about to be listed for a caller.</summary>
/// <param name="Query">The caller's query.</param>
/// <param name="Place">The place of the folder.</param>
internal sealed record OpenFolder(SiteSettings Site, ListQuery Query, DrivePlace Place, FileRecord Folder)
{
    /// <summary>The shared file that is listed as the only one of a folder with its name (contract, section 8); otherwise null.</summary>
    public FileRecord? OnlyFile { get; init; }

    /// <summary>The search criteria; null to list everything.</summary>
    public SearchQuery? Search { get; init; }

    /// <summary>The order of the entries.</summary>
    public required ListOrder Order { get; init; }

    /// <summary>Shapes the entries.</summary>
    public required FilePresenter Presenter { get; init; }

    /// <summary>The answer without entries.</summary>
    public required ListResponse Frame { get; init; }

    /// <summary>Maximum number of entries on the page.</summary>
    public int PageSize => Frame.Pagination.PageSize;

    /// <summary>Shapes an entry.</summary>
    /// <param name="path">Its path below the place's root.</param>
    public FileResponse Present(FileRecord entry, FilePath path) =>
        Presenter.Present(entry, Place.UriOf(path), Place.Capabilities, withMetadata: true);

    /// <summary>Shapes entries of the folder itself.</summary>
    public IReadOnlyList<FileResponse> PresentChildren(IEnumerable<FileRecord> entries) =>
        [.. entries.Select(entry => Present(entry, Place.Path.Child(entry.Name)))];

    /// <summary>Returns a page of a list that is read by cursor.</summary>
    /// <param name="files">The entries.</param>
    /// <param name="nextToken">The token of the next page; null for none.</param>
    public ApiResponse<ListResponse> Answer(IReadOnlyList<FileResponse> files, string? nextToken) =>
        ApiResponse.Ok(Frame with { Files = files, Pagination = Frame.Pagination with { NextToken = nextToken } });
}

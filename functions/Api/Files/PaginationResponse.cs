namespace Cloudreve.Functions.Api.Files;

/// <summary>The position of a page in its list.</summary>
internal sealed record PaginationResponse(int Page, int PageSize, bool IsCursor)
{
    /// <summary>The token of the next page; null for none.</summary>
    public string? NextToken { get; init; }

    /// <summary>The length of the list; only without cursors.</summary>
    public long? TotalItems { get; init; }
}

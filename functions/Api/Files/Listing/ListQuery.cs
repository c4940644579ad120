using Cloudreve.Core.Drive.Tree;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Listing;

/// <summary>The query parameters of a listing.</summary>
/// <param name="Uri">The URI to list; its own query makes the listing a search.</param>
internal sealed record ListQuery(FileUri Uri)
{
    /// <summary>The page's number, from 0; only without cursors.</summary>
    public int? Page { get; private init; }

    /// <summary>Items per page; null or 0 for those of the folder's view.</summary>
    public int? PageSize { get; private init; }

    /// <summary>The order; null or empty for that of the folder's view.</summary>
    public string? OrderBy { get; private init; }

    /// <summary>The direction; null or empty for that of the folder's view.</summary>
    public string? OrderDirection { get; private init; }

    /// <summary>The token of the previous page; null for the first page.</summary>
    public string? Token { get; private init; }

    /// <summary>Reads the parameters.</summary>
    /// <exception cref="Cloudreve.Core.Infrastructure.Errors.CloudreveException">40001: one is missing or malformed.</exception>
    public static ListQuery Read(HttpRequest request) => new(FileUri.Parse(request.RequiredText("uri")))
    {
        Page = request.OptionalInt32("page"),
        PageSize = request.OptionalInt32("page_size"),
        OrderBy = request.OptionalText("order_by"),
        OrderDirection = request.OptionalText("order_direction"),
        Token = request.OptionalText("next_page_token") is { Length: > 0 } token ? token : null,
    };
}

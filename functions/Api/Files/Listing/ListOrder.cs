using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Files.Properties;

namespace Cloudreve.Functions.Api.Files.Listing;

/// <summary>The order of a listing.</summary>
/// <param name="By">The property.</param>
/// <param name="Descending">True for descending order.</param>
internal readonly record struct ListOrder(FileOrder By, bool Descending)
{
    private static readonly string[] s_options = ["name", "size", "updated_at", "created_at"];
    private static readonly string[] s_flatOptions = ["created_at"];

    /// <summary>The directions.</summary>
    public static IReadOnlyList<string> DirectionOptions { get; } = ["asc", "desc"];

    /// <summary>
    /// The sort orders that clients may choose; null where there are none, since hits come as they are found (contract, section 8.1).
    /// </summary>
    /// <param name="place">The listed place.</param>
    /// <param name="isSearch">True if it is searched.</param>
    public static IReadOnlyList<string>? OptionsOf(DrivePlace place, bool isSearch) => (place, isSearch) switch
    {
        ({ IsShortcuts: true }, _) or ({ IsTrash: true }, true) => s_flatOptions,
        (_, true) => null,
        _ => s_options,
    };

    /// <summary>The requested order, or that of the folder's view.</summary>
    /// <param name="query">The client's query.</param>
    /// <param name="view">The folder's view; null without one.</param>
    /// <exception cref="CloudreveException">40001: the order or direction is not one of the options.</exception>
    public static ListOrder Of(ListQuery query, ExplorerViewResponse? view) => new(
        string.IsNullOrEmpty(query.OrderBy) ? OfView(view?.Order) : Parse(query.OrderBy),
        string.IsNullOrEmpty(query.OrderDirection) ? view?.OrderDirection == "desc" : ParseDirection(query.OrderDirection));

    // A view may name an order that only a later version of the client knows.
    private static FileOrder OfView(string? text) => text is not null && s_options.Contains(text) ? Parse(text) : FileOrder.CreatedAt;

    private static FileOrder Parse(string text) => text switch
    {
        "created_at" => FileOrder.CreatedAt,
        "name" => FileOrder.Name,
        "size" => FileOrder.Size,
        "updated_at" => FileOrder.UpdatedAt,
        _ => throw new CloudreveException(ErrorCode.BadParameter, "The sort order is not supported."),
    };

    private static bool ParseDirection(string text) => text switch
    {
        "asc" => false,
        "desc" => true,
        _ => throw new CloudreveException(ErrorCode.BadParameter, "The sort direction must be asc or desc."),
    };
}

using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Functions.Api.Files.Properties;

/// <summary>The views of folders (contract, section 10): validated, kept as JSON, and defaulted.</summary>
internal static class ExplorerViews
{
    private const int MinPageSize = 50;
    private const int MaxColumns = 1000;
    private const int MaxCharacters = 24_000;

    private static readonly ExplorerViewResponse Default = new(100) { View = "grid", Thumbnail = true };

    private static readonly ExplorerViewResponse TrashDefault = new(100)
    {
        View = "list",
        Thumbnail = true,
        Columns = [new ViewColumn(0), new ViewColumn(2), new ViewColumn(8), new ViewColumn(7)],
    };

    /// <summary>The view of a folder for a caller; null when views stay on the client. For a share link its owner decides that.</summary>
    /// <param name="caller">The viewer.</param>
    /// <param name="place">The folder.</param>
    /// <param name="stored">The view that the folder has or inherits, as JSON.</param>
    public static ExplorerViewResponse? Of(Caller caller, DrivePlace place, string? stored)
    {
        if (place.HidesView || (place.OwnerId == caller.UserId && caller.User?.Settings.DisableViewSync != false))
            return null;
        if (KeyOf(place) is { } key)
        {
            return caller.User?.Settings is { } settings && settings.FileSystemViews is { } views && views.TryGetValue(key, out var own) ? Parse(own)
                : place.IsTrash ? TrashDefault : Default;
        }
        return stored is null ? Default : Parse(stored);
    }

    /// <summary>The name under which a user's settings store the view of a list that is not a folder; null for folders.</summary>
    /// <param name="place">The list or folder.</param>
    public static string? KeyOf(DrivePlace place) => place.IsTrash ? "trash" : place.IsShortcuts ? "shared_with_me" : null;

    /// <summary>Writes a view for storage.</summary>
    /// <param name="view">The view that a client sent.</param>
    /// <exception cref="CloudreveException">40001: the view has values out of range, or is too large.</exception>
    public static string Print(ExplorerViewResponse view)
    {
        var isSound = view.PageSize >= MinPageSize
            && view.View is null or "list" or "grid" or "gallery"
            && view.Order is null or { Length: <= 255 }
            && view.OrderDirection is null or "asc" or "desc"
            && view.GalleryWidth is null or (>= 50 and <= 500)
            && (view.Columns is null || (view.Columns.Count <= MaxColumns && view.Columns.All(c => c is { Type: >= 0, Props: null or { CustomPropsId: null or { Length: <= 255 } } })));
        var json = isSound ? JsonSerializer.Serialize(view, StoredViewJson.Default.ExplorerViewResponse) : "";
        return json.Length is > 0 and <= MaxCharacters ? json : throw new CloudreveException(ErrorCode.BadParameter, "The view is invalid.");
    }

    /// <summary>Reads a stored view.</summary>
    /// <param name="json">The result of <see cref="Print"/>.</param>
    public static ExplorerViewResponse Parse(string json) => JsonSerializer.Deserialize(json, StoredViewJson.Default.ExplorerViewResponse) ?? Default;
}

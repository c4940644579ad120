namespace Cloudreve.Core.Drive.Tree;

/// <summary>A folder that was found by walking along a path.</summary>
/// <param name="Id">The folder.</param>
/// <param name="Ids">The folders on the way, from the first to this one.</param>
/// <param name="View">The view of the nearest folder on the way that has one, below the first; null for none.</param>
internal sealed record FolderPlace(long Id, IReadOnlyList<long> Ids, string? View)
{
    internal static FolderPlace Top(long id) => new(id, [id], null);

    internal FolderPlace Enter(long id, string? view) => new(id, [.. Ids, id], view ?? View);
}

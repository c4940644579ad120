using Cloudreve.Core.Content.Walks;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Content.Relocations;

/// <summary>The next files of a relocation.</summary>
/// <param name="Lost">The folders that could not be walked through.</param>
/// <param name="After">The position at which the walk continues.</param>
/// <param name="IsLast">True if nothing comes after them.</param>
internal sealed record RelocationPage(IReadOnlyList<WalkItem> Files, IReadOnlyList<WalkItem> Lost, WalkCursor After, bool IsLast)
{
    /// <summary>Reads a page.</summary>
    /// <param name="start">Its position.</param>
    /// <param name="most">Maximum number of files.</param>
    public static async Task<RelocationPage> ReadAsync(ContentWalk walk, WalkCursor start, int most, CancellationToken cancellationToken)
    {
        var (files, lost, after) = (new List<WalkItem>(), new List<WalkItem>(), start);
        while (files.Count < most)
        {
            if (await walk.NextAsync(cancellationToken) is not { } item)
                return new RelocationPage(files, lost, after, IsLast: true);
            after = item.After;
            if (item.Entry is null)
                lost.Add(item);
            else if (item.Entry.Type == FileType.File)
                files.Add(item);
        }
        return new RelocationPage(files, lost, after, IsLast: false);
    }
}

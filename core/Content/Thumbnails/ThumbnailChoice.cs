using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.Thumbnails;

/// <summary>Decides which files can have a thumbnail. The settings are read once, so it serves a whole page of files.</summary>
/// <param name="site">The site's settings.</param>
public sealed class ThumbnailChoice(SiteSettings site)
{
    private readonly IReadOnlyList<PictureExtractor> _extractors = PictureExtractor.Of(site);

    /// <summary>Whether a thumbnail of a file can be made, by what its name, size and mark say.</summary>
    /// <param name="file">The file.</param>
    public bool IsPossible(FileRecord file) => Find(file) is not null;

    /// <summary>Whether asking for a file's thumbnail can only fail, so that clients need not ask.</summary>
    /// <param name="file">The file.</param>
    public bool IsHopeless(FileRecord file) =>
        file is { Type: FileType.File, IsSymbolic: false } && FileThumbnails.Find(file) is null && !IsPossible(file);

    internal PictureExtractor? Find(FileRecord file)
    {
        if (file.Type != FileType.File || file.PrimaryEntityId == 0 || FileThumbnails.IsDisabled(file))
            return null;
        var extension = ThumbnailExtensions.Of(file.Name);
        return _extractors.FirstOrDefault(e => e.Takes(extension, file.Size));
    }
}

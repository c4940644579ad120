using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.Thumbnails;

/// <summary>Decides which files can have a thumbnail. The settings are read once, so it serves a whole page of files.</summary>
public sealed class ThumbnailChoice(SiteSettings site)
{
    private readonly IReadOnlyList<PictureExtractor> _extractors = PictureExtractor.Of(site);

    /// <summary>Checks whether a thumbnail of a file can be made, judging by its name, size and mark.</summary>
    public bool IsPossible(FileRecord file) => Find(file) is not null;

    /// <summary>Checks whether requesting a file's thumbnail is certain to fail, so that clients need not try.</summary>
    public bool IsCertainToFail(FileRecord file) =>
        file is { Type: FileType.File, IsSymbolic: false } && FileThumbnails.Find(file) is null && !IsPossible(file);

    internal PictureExtractor? Find(FileRecord file)
    {
        if (file.Type != FileType.File || file.PrimaryEntityId == 0 || FileThumbnails.IsDisabled(file))
            return null;
        var extension = ThumbnailExtensions.Of(file.Name);
        return _extractors.FirstOrDefault(e => e.Takes(extension, file.Size));
    }
}

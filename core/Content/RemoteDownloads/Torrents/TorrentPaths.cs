using Cloudreve.Core.Content.RemoteDownloads.Downloaders;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Content.RemoteDownloads.Torrents;

/// <summary>Decides where files of a torrent go. Its folders are kept, its names are cleaned, and nothing leaves the destination.</summary>
internal static class TorrentPaths
{
    /// <summary>The paths of files by their numbers; those that would be too deep have none.</summary>
    /// <param name="destination">The folder that the torrent is downloaded to.</param>
    /// <param name="files">The files.</param>
    public static Dictionary<int, FilePath> Of(FilePath destination, IReadOnlyList<DownloadedFile> files)
    {
        var (paths, taken) = (new Dictionary<int, FilePath>(files.Count), new HashSet<FilePath>());
        foreach (var file in files)
        {
            var names = file.Name.Split('/').Where(name => name is not ("" or ".")).Select(RemoteName.Clean).ToList();
            if (names.Count == 0 || destination.Depth + names.Count > FilePath.MaxDepth)
                continue;
            var path = new FilePath([.. destination.Segments, .. names]);
            // Different names may be the same once they are clean.
            paths[file.Index] = taken.Add(path) ? path : path.Parent.Child(RemoteName.Clean($"{file.Index} {path.Name}"));
        }
        return paths;
    }
}

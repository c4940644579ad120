using Cloudreve.Core.Content.RemoteDownloads.Downloaders;

namespace Cloudreve.Core.Content.RemoteDownloads.Torrents;

/// <summary>The folder that a downloader fills and the site reads. Nothing outside of it is ever read, whatever a torrent names.</summary>
internal static class DownloadFolder
{
    private const string Default = "cloudreve-downloads";

    /// <summary>A folder for a new download.</summary>
    /// <param name="tempPath">The folder of all downloads; empty for the usual one.</param>
    /// <param name="id">The download.</param>
    public static string PathOf(string tempPath, string id) =>
        Path.GetFullPath(Path.Combine(tempPath.Length > 0 ? tempPath : Path.Combine(Path.GetTempPath(), Default), "cloudreve-" + id));

    /// <summary>Finds a file; null when it is not below the folder, is a link or has another size.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="file">The file.</param>
    public static FileInfo? Find(string folder, DownloadedFile file)
    {
        var path = Path.GetFullPath(Path.Combine(folder, file.Name));
        if (!path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            return null;
        for (var part = path; part.Length > folder.Length; part = Path.GetDirectoryName(part)!)
        {
            if (new FileInfo(part).LinkTarget is not null)
                return null;
        }
        return new FileInfo(path) is { Exists: true } found && found.Length == file.Size ? found : null;
    }

    /// <summary>Opens a file that the downloader may have open, too.</summary>
    public static FileStream Open(FileInfo file) => new(
        file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1, FileOptions.Asynchronous | FileOptions.SequentialScan);

    /// <summary>The time by which a version of a file is recognized, as precise as storage keeps it.</summary>
    public static DateTimeOffset StampOf(FileInfo file)
    {
        var time = file.LastWriteTimeUtc;
        return new DateTimeOffset(time.Ticks - (time.Ticks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);
    }

    /// <summary>Removes a folder with all that is in it. Links in it are removed and not followed.</summary>
    public static void Delete(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}

using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.RemoteDownloads.Downloaders;

/// <summary>A program that downloads torrents to a folder which the site reads, too.</summary>
/// <exception cref="CloudreveException">The program refuses; its settings are wrong or the source is not to be had.</exception>
/// <exception cref="RetryLaterException">The program does not respond, or not as it should.</exception>
internal interface IDownloader
{
    /// <summary>The folder in which each download has one of its own.</summary>
    string TempPath { get; }

    /// <summary>The program's version.</summary>
    Task<string> GetVersionAsync(CancellationToken cancellationToken);

    /// <summary>Begins a download. Harmless to repeat.</summary>
    /// <param name="key">The download.</param>
    /// <param name="source">What to download.</param>
    Task AddAsync(DownloadKey key, TorrentSource source, CancellationToken cancellationToken);

    /// <summary>A download as it is now; null when the program does not have it.</summary>
    /// <param name="key">The download.</param>
    Task<DownloadSnapshot?> FindAsync(DownloadKey key, CancellationToken cancellationToken);

    /// <summary>Selects files of a download. Harmless to repeat.</summary>
    /// <param name="key">The download.</param>
    /// <param name="files">All of its files, and true for those that are wanted: at least one.</param>
    Task SelectAsync(DownloadKey key, IReadOnlyDictionary<int, bool> files, CancellationToken cancellationToken);

    /// <summary>Ends a download, and waits until the program writes nothing any more. Harmless to repeat.</summary>
    /// <param name="key">The download.</param>
    Task RemoveAsync(DownloadKey key, CancellationToken cancellationToken);
}

/// <summary>Identifies a download in its program.</summary>
/// <param name="Id">A name that no other download has: 16 hexadecimal digits.</param>
/// <param name="Folder">Its folder, which no other download has either.</param>
/// <param name="Follower">The program's name for the download that continues it; null for none that is known.</param>
internal sealed record DownloadKey(string Id, string Folder, string? Follower = null);

/// <summary>What to download: a magnet link, or else the file of a torrent.</summary>
/// <param name="Magnet">The link; null for none.</param>
/// <param name="Torrent">The bytes of the file; null for none.</param>
internal sealed record TorrentSource(string? Magnet, byte[]? Torrent);

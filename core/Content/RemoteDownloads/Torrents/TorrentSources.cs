using System.Buffers;
using System.Text;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.RemoteDownloads.Downloaders;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Outgoing;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.RemoteDownloads.Torrents;

/// <summary>Reads torrents and magnet links of users, and takes from them what leads to addresses that users' downloads may not call.</summary>
/// <param name="access">Checks access.</param>
/// <param name="byPath">The files.</param>
/// <param name="entities">Their blobs.</param>
/// <param name="reader">Reads blobs.</param>
/// <param name="settings">The site's settings.</param>
/// <param name="guard">The guard of users' downloads.</param>
internal sealed class TorrentSources(
    DriveAccess access, EntriesByPath byPath, EntityStore entities, EntityReader reader, SettingStore settings, OutgoingGuard guard)
{
    // aria2 takes requests of 2 MiB unless it is told otherwise; torrents of more are rare.
    private const int MaxTorrent = 8 << 20;

    private const int MaxTrackers = 40;

    // Of DNS.
    private const int MaxHost = 253;

    // Programs differ in where a host ends that has these around it.
    private static readonly SearchValues<char> s_ambiguous = SearchValues.Create("@\\");

    private static readonly string[] s_schemes = ["http", "https", "udp"];

    /// <summary>Reads the source of a request.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="job">The request.</param>
    /// <exception cref="CloudreveException">40001: it is neither a torrent nor a magnet link; 40049: it is too large; any error of the file.</exception>
    public async Task<TorrentSource> ReadAsync(Caller caller, RemoteDownloadJob job, CancellationToken cancellationToken)
    {
        if (!job.IsFile)
        {
            var link = MagnetLink.Parse(job.Source);
            return new TorrentSource(link.With(await FilterAsync(link.Trackers, cancellationToken)), null);
        }
        var torrent = TorrentFile.Parse(await ReadFileAsync(caller, job.Source, cancellationToken));
        return new TorrentSource(null, torrent.With(await FilterAsync(torrent.Trackers, cancellationToken)));
    }

    private async Task<byte[]> ReadFileAsync(Caller caller, string uri, CancellationToken cancellationToken)
    {
        var site = await settings.GetAsync(cancellationToken);
        var place = await access.OpenAsync(caller, FileUri.Parse(uri), NavigatorCapability.DownloadFile, site.HashIds, cancellationToken);
        var file = await byPath.GetAsync(place, cancellationToken);
        if (file.PrimaryEntityId == 0 || await entities.FindAsync(file.PrimaryEntityId, cancellationToken) is not { } entity)
            throw new CloudreveException(ErrorCode.BadParameter, "The file is not a torrent.");
        if (entity.Size > MaxTorrent)
            throw new CloudreveException(ErrorCode.FileTooLarge, "The torrent file is too large.");
        var blob = await reader.OpenAsync(entity, cancellationToken: cancellationToken);
        await using var content = blob.Content;
        var bytes = new byte[entity.Size];
        await content.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    private async Task<IReadOnlyList<string>> FilterAsync(IReadOnlyList<string> trackers, CancellationToken cancellationToken)
    {
        var checks = trackers.Take(MaxTrackers).Select(ReadTracker).OfType<Uri>()
            .Select(async tracker => (Address: tracker.AbsoluteUri, IsAllowed: await guard.AllowsAsync(tracker.Host, cancellationToken)));
        return [.. (await Task.WhenAll(checks)).Where(check => check.IsAllowed).Select(check => check.Address)];
    }

    /// <summary>The address of a tracker, which is passed on as it was read here; null for one that others could read otherwise.</summary>
    internal static Uri? ReadTracker(string tracker) =>
        !tracker.AsSpan().ContainsAny(s_ambiguous) && !tracker.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))
        && Uri.TryCreate(tracker, UriKind.Absolute, out var address)
        && s_schemes.Contains(address.Scheme) && address.Host.Length is > 0 and <= MaxHost && Ascii.IsValid(address.Host)
            ? address
            : null;
}

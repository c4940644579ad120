using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Content.RemoteDownloads.Torrents;

/// <summary>
/// The file of a torrent. Only what describes the content is passed on, and trackers that may be called: neither web seeds nor nodes, which a
/// downloader would call without a check.
/// </summary>
internal sealed class TorrentFile
{
    private const string Announce = "announce";
    private const string AnnounceList = "announce-list";

    // In the order of their bytes, as the form requires.
    private static readonly string[] s_content = ["info", "piece layers"];

    private readonly IReadOnlyDictionary<string, ReadOnlyMemory<byte>> _entries;

    private TorrentFile(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> entries, IReadOnlyList<string> trackers) =>
        (_entries, Trackers) = (entries, trackers);

    /// <summary>The addresses of its trackers.</summary>
    public IReadOnlyList<string> Trackers { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="CloudreveException">40001: it is not a torrent.</exception>
    public static TorrentFile Parse(byte[] file)
    {
        try
        {
            var entries = Bencode.ReadDictionary(file);
            if (Bencode.ReadDictionary(entries["info"]).Count == 0)
                throw Refused();
            var trackers = new List<string>();
            if (entries.TryGetValue(Announce, out var first))
                trackers.Add(Bencode.ReadText(first));
            if (entries.TryGetValue(AnnounceList, out var tiers))
                trackers.AddRange(Bencode.ReadList(tiers).SelectMany(Bencode.ReadList).Select(Bencode.ReadText));
            return new TorrentFile(entries, [.. trackers.Distinct(StringComparer.Ordinal)]);
        }
        catch (Exception e) when (e is FormatException or KeyNotFoundException)
        {
            throw Refused(e);
        }
    }

    /// <summary>The file with some of its trackers.</summary>
    /// <param name="trackers">The trackers; each is a tier of its own.</param>
    public byte[] With(IReadOnlyList<string> trackers)
    {
        using var file = new MemoryStream();
        file.WriteByte((byte)'d');
        if (trackers.Count > 0)
        {
            file.Write(Bencode.Write(Announce));
            file.Write(Bencode.Write(trackers[0]));
            file.Write(Bencode.Write(AnnounceList));
            file.WriteByte((byte)'l');
            foreach (var tracker in trackers)
                file.Write([(byte)'l', .. Bencode.Write(tracker), (byte)'e']);
            file.WriteByte((byte)'e');
        }
        foreach (var key in s_content.Where(_entries.ContainsKey))
        {
            file.Write(Bencode.Write(key));
            file.Write(_entries[key].Span);
        }
        file.WriteByte((byte)'e');
        return file.ToArray();
    }

    private static CloudreveException Refused(Exception? reason = null) =>
        reason is null ? new(ErrorCode.BadParameter, "The file is not a torrent.") : new(ErrorCode.BadParameter, "The file is not a torrent.", reason);
}

using System.Security.Cryptography;
using Cloudreve.Testing.Downloads;

namespace Cloudreve.Orchestrations.Tests.RemoteDownloads.Torrents;

/// <summary>A peer with torrents, the tracker that knows it, and an aria2 that downloads.</summary>
public sealed class TorrentSwarm : IAsyncDisposable
{
    private readonly Aria2Process _seeder = new();
    private readonly Lazy<Aria2Process> _aria2 = new(() => new Aria2Process());
    private readonly TorrentTracker _tracker;

    public TorrentSwarm() => _tracker = new TorrentTracker(_seeder.PeerPort);

    public Aria2Process Aria2 => _aria2.Value;

    public string Tracker => _tracker.Address;

    /// <summary>Shares a torrent of two files, one of them in a folder.</summary>
    public async Task<Torrent> ShareAsync(string name)
    {
        var torrent = new Torrent(name, ("a.bin", RandomNumberGenerator.GetBytes(100_000)), ("sub/b.bin", RandomNumberGenerator.GetBytes(50_000)));
        await _seeder.SeedAsync(torrent, Tracker);
        return torrent;
    }

    public Task ShareAsync(Torrent torrent) => _seeder.SeedAsync(torrent, Tracker);

    public async ValueTask DisposeAsync()
    {
        _seeder.Dispose();
        if (_aria2.IsValueCreated)
            _aria2.Value.Dispose();
        await _tracker.DisposeAsync();
    }
}

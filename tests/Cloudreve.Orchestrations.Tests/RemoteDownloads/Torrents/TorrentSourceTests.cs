using System.Text;
using Cloudreve.Core.Content.RemoteDownloads.Torrents;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Testing.Downloads;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.RemoteDownloads.Torrents;

/// <summary>What is left of torrents and magnet links before a downloader gets them.</summary>
public sealed class TorrentSourceTests
{
    [Fact]
    public void Given_a_torrent_with_web_seeds_and_nodes_when_it_is_passed_on_then_only_its_content_and_allowed_trackers_are_left()
    {
        var torrent = new Torrent("t", ("a", [1]));
        var file = TorrentFile.Parse(torrent.ToFile("http://a.example/announce", "5:nodesll9:127.0.0.1i1eee8:url-list20:http://169.254.1.1/x"));

        Assert.Equal(["http://a.example/announce"], file.Trackers);
        var passed = Encoding.Latin1.GetString(file.With([]));
        Assert.StartsWith("d4:infod5:files", passed, StringComparison.Ordinal);
        Assert.DoesNotContain("169.254", passed, StringComparison.Ordinal);
        Assert.DoesNotContain("nodes", passed, StringComparison.Ordinal);
        Assert.Equal(["udp://b.example:1/announce"], TorrentFile.Parse(file.With(["udp://b.example:1/announce"])).Trackers);
    }

    [Fact]
    public void Given_a_magnet_link_with_sources_when_it_is_passed_on_then_only_its_hash_name_and_allowed_trackers_are_left()
    {
        const string hash = "urn:btih:0123456789abcdef0123456789abcdef01234567";
        var link = MagnetLink.Parse($"magnet:?dn=a+b&xt={hash}&tr=http%3A%2F%2Fa.example%2F&tr=udp://b.example:1&ws=http://169.254.1.1/&as=http://10.0.0.1/&x.pe=10.0.0.1:1");

        Assert.Equal(["http://a.example/", "udp://b.example:1"], link.Trackers);
        Assert.Equal($"magnet:?xt={hash}&dn=a%20b&tr=http%3A%2F%2Fa.example%2F", link.With(["http://a.example/"]));
    }

    [Theory]
    [InlineData("http://a.example/announce", "http://a.example/announce")]
    [InlineData("udp://b.example:1", "udp://b.example:1/")]
    [InlineData("http://a.example:80\\@169.254.169.254/x", null)]
    [InlineData("http://a.example@169.254.169.254/x", null)]
    [InlineData("http://a.example?@169.254.169.254/x", null)]
    [InlineData("http://a.example/a b", null)]
    [InlineData("http://a.example\t.internal/", null)]
    [InlineData("http://ä.example/", null)]
    [InlineData("file:///etc/passwd", null)]
    [InlineData("announce", null)]
    public void Given_a_tracker_when_its_address_could_be_read_in_two_ways_then_it_is_left_out(string tracker, string? address) =>
        Assert.Equal(address, TorrentSources.ReadTracker(tracker)?.AbsoluteUri);

    [Theory]
    [InlineData("magnet:?")]
    [InlineData("magnet:?xt=urn:btih:1")]
    [InlineData("magnet:?xt=urn:sha1:YNCKHTQCWBTRNJIV4WNAE52SJUQCZO5C")]
    [InlineData("magnet:?tr=http://a.example/")]
    public void Given_a_magnet_link_without_a_torrent_when_it_is_read_then_it_is_refused(string link) =>
        Assert.Equal(ErrorCode.BadParameter, Assert.Throws<CloudreveException>(() => MagnetLink.Parse(link)).Code);
}

using Cloudreve.Core.Content.RemoteDownloads.Downloaders;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tasks;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Downloads;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.RemoteDownloads.Torrents;

/// <summary>Answers of qBittorrent 5.2, as its list of changes describes them, and answers of no qBittorrent at all.</summary>
public sealed class QbittorrentAnswerTests(AzuriteServer azurite)
{
    private static readonly Torrent s_torrent = new("t", ("a.bin", new byte[20_000]));

    [Theory]
    [InlineData("stoppedUP")]
    [InlineData("stalledUP")]
    [InlineData("forcedUP")]
    public async Task Given_release_5_when_a_torrent_is_downloaded_then_it_is_stored_and_removed(string state)
    {
        await using var qbittorrent = new QbittorrentDouble(s_torrent) { State = state };
        await using var site = await TorrentSite.CreateAsync(azurite, TorrentSite.SettingsOf(qbittorrent));
        var task = await site.AcceptTorrentAsync(s_torrent.ToFile("http://127.0.0.1:1/announce"));
        var hub = await site.StartDownloadAsync(task);
        await site.RunUntilAsync(hub, task, _ => qbittorrent.Count > 0);
        qbittorrent.EndSessions();

        await hub.RunAsync(site.Activities());

        var ended = await site.TaskAsync(task.Id);
        Assert.Equal((WorkflowTaskStatus.Completed, null, 2), (ended.Status, ended.Error, ended.Download?.NumPieces));
        await site.AssertContentAsync(s_torrent);
        Assert.Equal(0, qbittorrent.Count);
        Assert.Contains(qbittorrent.Calls, call => call.Page == "torrents/add" && call.Body.Contains("stopped", StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateFileSystemEntries(qbittorrent.Folder));
        await site.SettleDownloadsAsync();
    }

    [Fact]
    public async Task Given_release_5_that_has_the_torrent_when_it_is_downloaded_again_then_the_task_ends_with_the_reason()
    {
        await using var qbittorrent = new QbittorrentDouble(s_torrent) { State = "downloading" };
        await using var site = await TorrentSite.CreateAsync(azurite, TorrentSite.SettingsOf(qbittorrent));
        var first = await site.AcceptTorrentAsync(s_torrent.ToFile("http://127.0.0.1:1/announce"));
        await site.RunUntilAsync(await site.StartDownloadAsync(first), first, _ => qbittorrent.Count > 0);

        var second = await site.RunAsync(await site.AcceptTorrentAsync(s_torrent.ToFile("http://127.0.0.1:1/announce")));

        Assert.Equal("The downloader refuses the download: it has the torrent already, or the torrent is damaged.", second.Error);
        Assert.Equal(1, qbittorrent.Count);
    }

    [Fact]
    public async Task Given_release_5_when_it_is_tested_then_it_tells_its_version_or_refuses_the_password()
    {
        await using var qbittorrent = new QbittorrentDouble(s_torrent);
        var settings = TorrentSite.SettingsOf(qbittorrent);
        await using var site = await TorrentSite.CreateAsync(azurite, settings);

        var version = await site.Get<DownloaderCatalog>().TestAsync(settings);
        var refused = await Assert.ThrowsAsync<CloudreveException>(() => site.Get<DownloaderCatalog>().TestAsync(
            settings with { Qbittorrent = settings.Qbittorrent! with { Password = "wrong" } }));

        Assert.Equal(("v5.2.1", "qBittorrent refuses the user name or the password."), (version, refused.Message));
    }

    [Theory]
    [InlineData("app/version", 200, "<html>")]
    [InlineData("app/version", 200, "v5.2\nContent")]
    [InlineData("app/version", 404, "v5.2.1")]
    [InlineData("auth/login", 200, "<html>")]
    public async Task Given_something_else_at_the_address_when_it_is_tested_then_that_is_the_error(string page, int status, string text)
    {
        await using var qbittorrent = new QbittorrentDouble(s_torrent);
        qbittorrent.Answers[page] = (status, text);
        await using var site = await TorrentSite.CreateAsync(azurite, null);

        var refused = await Assert.ThrowsAsync<CloudreveException>(() => site.Get<DownloaderCatalog>().TestAsync(TorrentSite.SettingsOf(qbittorrent)));

        Assert.StartsWith("The address of the downloader does not lead to qBittorrent.", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("torrents/info", 404, "Endpoint does not exist")]
    [InlineData("torrents/info", 200, "{}")]
    [InlineData("torrents/info", 200, """[{"tags":1}]""")]
    [InlineData("torrents/files", 200, """[{"name":"a","size":-1,"progress":1}]""")]
    [InlineData("torrents/files", 200, """[{"index":0,"name":"a","size":1,"progress":1},{"index":0,"name":"b","size":1,"progress":1}]""")]
    [InlineData("torrents/files", 200, """[{"name":"a\u0000b","size":1,"progress":1}]""")]
    [InlineData("torrents/files", 200, """[{"name":"a","size":9007199254740992,"progress":1},{"index":1,"name":"b","size":9007199254740992,"progress":1}]""")]
    [InlineData("torrents/pieceStates", 200, """["x"]""")]
    [InlineData("torrents/add", 200, "<html>")]
    [InlineData("torrents/add", 500, "")]
    public async Task Given_an_answer_of_something_else_when_a_torrent_is_added_or_looked_at_then_that_is_the_error(string page, int status, string text)
    {
        await using var qbittorrent = new QbittorrentDouble(s_torrent);
        await using var site = await TorrentSite.CreateAsync(azurite, TorrentSite.SettingsOf(qbittorrent));
        var isAdded = page != "torrents/add";
        if (!isAdded)
            qbittorrent.Answers[page] = (status, text);

        var odd = await Assert.ThrowsAsync<RetryLaterException>(async () =>
        {
            var (downloader, key) = await site.AddAsync(s_torrent, qbittorrent.Folder);
            qbittorrent.Answers[page] = (status, text);
            await downloader.FindAsync(key, TestContext.Current.CancellationToken);
        });

        Assert.Equal(("The address of the downloader does not lead to qBittorrent.", isAdded ? 1 : 0), (odd.Message, qbittorrent.Count));
    }

    [Theory]
    [InlineData("all")]
    [InlineData("")]
    [InlineData("0123456789012345678901234567890123456789|all")]
    public async Task Given_a_hash_that_means_other_torrents_when_a_download_ends_then_nothing_is_removed(string hash)
    {
        await using var qbittorrent = new QbittorrentDouble(s_torrent) { Hash = hash };
        await using var site = await TorrentSite.CreateAsync(azurite, TorrentSite.SettingsOf(qbittorrent));
        var (downloader, key) = await site.AddAsync(s_torrent, qbittorrent.Folder);

        await Assert.ThrowsAsync<RetryLaterException>(() => downloader.RemoveAsync(key, TestContext.Current.CancellationToken));

        Assert.DoesNotContain(qbittorrent.Calls, call => call.Page == "torrents/delete");
    }

    [Fact]
    public async Task Given_an_address_without_its_pages_when_a_download_ends_then_it_does_not_count_as_removed()
    {
        await using var qbittorrent = new QbittorrentDouble(s_torrent);
        await using var site = await TorrentSite.CreateAsync(azurite, TorrentSite.SettingsOf(qbittorrent));
        var (downloader, key) = await site.AddAsync(s_torrent, qbittorrent.Folder);
        qbittorrent.Answers["torrents/info"] = (404, "");

        await Assert.ThrowsAsync<RetryLaterException>(() => downloader.RemoveAsync(key, TestContext.Current.CancellationToken));

        Assert.Equal(1, qbittorrent.Count);
    }
}

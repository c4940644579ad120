using Cloudreve.Core.Content.RemoteDownloads;
using Cloudreve.Core.Content.RemoteDownloads.Downloaders;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Downloads;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.RemoteDownloads.Torrents;

/// <summary>Downloads of torrents by a real qBittorrent from a real peer.</summary>
public sealed class QbittorrentDownloadTests(AzuriteServer azurite, TorrentSwarm swarm, QbittorrentProcess qbittorrent)
    : IClassFixture<TorrentSwarm>, IClassFixture<QbittorrentProcess>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_a_torrent_when_it_is_downloaded_then_its_files_are_in_the_folder_and_nothing_else_is_left(bool isMagnet)
    {
        await using var site = await CreateAsync();
        var torrent = await swarm.ShareAsync("whole" + isMagnet);
        var task = isMagnet
            ? Assert.Single(await site.AcceptDownloadsAsync(torrent.ToMagnet(swarm.Tracker)))
            : await site.AcceptTorrentAsync(torrent.ToFile(swarm.Tracker));

        var ended = await site.RunAsync(task);

        Assert.Equal((WorkflowTaskStatus.Completed, null, "transfer"), (ended.Status, ended.Error, ended.Phase));
        var download = ended.Download!;
        Assert.Equal((torrent.Name, torrent.Hash, 150_000, 150_000, 10), (download.Name, download.Hash, download.Total, download.Downloaded, download.NumPieces));
        Assert.Equal([0xFF, 0xC0], Convert.FromBase64String(download.Pieces!));
        Assert.Equal([$"{torrent.Name}/a.bin", $"{torrent.Name}/sub/b.bin"], download.Files.Select(file => file.Name));
        await site.AssertContentAsync(torrent);
        await AssertCleanAsync(site);
    }

    [Fact]
    public async Task Given_a_torrent_when_a_file_is_deselected_then_only_the_other_is_stored()
    {
        await using var site = await CreateAsync();
        var torrent = new Torrent("chosen", ("a.bin", new byte[100_000]), ("b.bin", [.. Enumerable.Repeat((byte)'b', 50_000)]));
        var task = await site.AcceptTorrentAsync(torrent.ToFile(swarm.Tracker));
        var hub = await site.StartDownloadAsync(task);
        // Nobody has it yet.
        await site.RunUntilAsync(hub, task, now => now.Download?.Files.Count > 0);
        await site.Get<RemoteDownload>().SelectAsync(1, task.Id, new Dictionary<int, bool> { [0] = false });
        await swarm.ShareAsync(torrent);

        await hub.RunAsync(site.Activities());

        var ended = await site.TaskAsync(task.Id);
        Assert.Equal((WorkflowTaskStatus.Completed, null, 50_000), (ended.Status, ended.Error, ended.Download!.Total));
        Assert.Null(await site.ReadAsync("/out/chosen/a.bin"));
        Assert.Equal(torrent.Files[1].Content, await site.ReadAsync("/out/chosen/b.bin"));
        await AssertCleanAsync(site);
    }

    [Fact]
    public async Task Given_a_node_that_waits_for_seeding_when_it_is_cancelled_then_the_files_stay_and_the_torrent_goes()
    {
        await using var site = await TorrentSite.CreateAsync(azurite, Settings() with { WaitForSeeding = true });
        var torrent = await swarm.ShareAsync("seeded");
        var task = await site.AcceptTorrentAsync(torrent.ToFile(swarm.Tracker));
        var hub = await site.StartDownloadAsync(task);
        var seeding = await site.RunUntilAsync(hub, task, now => now.Phase == "seeding");
        Assert.Equal((WorkflowTaskStatus.Processing, "seeding"), (seeding.Status, seeding.Download!.State));

        await site.Get<RemoteDownload>().CancelAsync(1, task.Id);
        await hub.RunAsync(site.Activities());

        Assert.Equal(WorkflowTaskStatus.Completed, (await site.TaskAsync(task.Id)).Status);
        await site.AssertContentAsync(torrent);
        await AssertCleanAsync(site);
    }

    [Theory]
    [InlineData("../up", "a.bin")]
    [InlineData("down", "../../up.bin")]
    [InlineData("/absolute", "a.bin")]
    [InlineData("odd", "..\\..\\a.bin")]
    public async Task Given_names_that_lead_elsewhere_when_the_torrent_is_downloaded_then_everything_stays_inside(string name, string file)
    {
        await using var site = await CreateAsync();
        var task = await site.AcceptTorrentAsync(new Torrent(name, (file, [1, 2, 3])).ToFile(swarm.Tracker));
        var hub = await site.StartDownloadAsync(task);

        var shown = await site.RunUntilAsync(hub, task, now => now.Download?.Files.Count > 0);

        Assert.DoesNotContain(shown.Download?.Files ?? [], shownFile => shownFile.Name.StartsWith('/') || shownFile.Name.Split('/').Contains(".."));
        await site.Get<RemoteDownload>().CancelAsync(1, task.Id);
        await hub.RunAsync(site.Activities());
        await AssertCleanAsync(site);
    }

    [Fact]
    public async Task Given_a_wrong_password_when_a_torrent_is_downloaded_or_it_is_tested_then_the_reason_is_told()
    {
        var settings = Settings();
        settings = settings with { Qbittorrent = settings.Qbittorrent! with { Password = "wrong" } };
        await using var site = await TorrentSite.CreateAsync(azurite, settings);

        var ended = await site.RunAsync(await site.AcceptTorrentAsync(new Torrent("denied", ("a.bin", [1])).ToFile(swarm.Tracker)));
        var refused = await Assert.ThrowsAsync<CloudreveException>(() => site.Get<DownloaderCatalog>().TestAsync(settings));

        Assert.Equal((WorkflowTaskStatus.Error, "qBittorrent refuses the user name or the password."), (ended.Status, ended.Error));
        Assert.Equal((ErrorCode.BadParameter, "qBittorrent refuses the user name or the password."), (refused.Code, refused.Message));
        Assert.StartsWith("v", await site.Get<DownloaderCatalog>().TestAsync(Settings()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_a_private_address_that_the_operator_does_not_allow_when_it_is_tested_then_nobody_is_called()
    {
        await using var site = await DownloadSite.CreateAsync(azurite);

        var refused = await Assert.ThrowsAsync<CloudreveException>(() => site.Get<DownloaderCatalog>().TestAsync(Settings()));

        Assert.Equal((ErrorCode.BadParameter, "The downloader's address is not allowed by the operator of this site."), (refused.Code, refused.Message));
    }

    private NodeSettings Settings() => TorrentSite.SettingsOf(qbittorrent);

    private Task<RunningSite> CreateAsync() => TorrentSite.CreateAsync(azurite, Settings());

    private async Task AssertCleanAsync(RunningSite site)
    {
        Assert.Equal(0, await qbittorrent.CountAsync());
        Assert.Empty(Directory.EnumerateFileSystemEntries(qbittorrent.Downloads));
        await site.SettleDownloadsAsync();
    }
}

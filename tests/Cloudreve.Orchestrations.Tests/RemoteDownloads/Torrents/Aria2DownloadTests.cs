using System.Text;
using Cloudreve.Core.Content.RemoteDownloads;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Downloads;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.RemoteDownloads.Torrents;

/// <summary>Downloads of torrents by a real aria2 from a real peer.</summary>
public sealed class Aria2DownloadTests(AzuriteServer azurite, TorrentSwarm swarm) : IClassFixture<TorrentSwarm>
{
    [Fact]
    public async Task Given_a_torrent_when_it_is_downloaded_then_its_files_are_in_the_folder_and_nothing_else_is_left()
    {
        await using var site = await CreateAsync();
        var torrent = await swarm.ShareAsync("whole");
        var task = await site.AcceptTorrentAsync(torrent.ToFile(swarm.Tracker));
        var used = await site.UsedAsync();

        var ended = await site.RunAsync(task);

        Assert.Equal((WorkflowTaskStatus.Completed, null, "transfer"), (ended.Status, ended.Error, ended.Phase));
        var download = ended.Download!;
        Assert.Equal(("whole", torrent.Hash, 150_000, 150_000, 10), (download.Name, download.Hash, download.Total, download.Downloaded, download.NumPieces));
        Assert.Equal([0xFF, 0xC0], Convert.FromBase64String(download.Pieces!));
        Assert.Equal([new DownloadFile(0, "whole/a.bin", 100_000, 1), new DownloadFile(1, "whole/sub/b.bin", 50_000, 1)], download.Files);
        Assert.Equal((new TaskProgress(2, 2), new TaskProgress(150_000, 150_000)), (ended.Progress["upload_count"], ended.Progress["upload"]));
        await site.AssertContentAsync(torrent);
        Assert.Equal(used + 150_000, await site.UsedAsync());
        await AssertCleanAsync(site);
    }

    [Fact]
    public async Task Given_a_magnet_link_when_it_is_downloaded_then_its_files_are_in_the_folder()
    {
        await using var site = await CreateAsync();
        var torrent = await swarm.ShareAsync("magnet");

        var ended = await site.DownloadAsync(torrent.ToMagnet(swarm.Tracker));

        Assert.Equal((WorkflowTaskStatus.Completed, null, "magnet"), (ended.Status, ended.Error, ended.Download?.Name));
        await site.AssertContentAsync(torrent);
        await AssertCleanAsync(site);
    }

    [Fact]
    public async Task Given_an_aria2_that_forgets_results_when_a_magnet_link_is_downloaded_then_what_follows_is_found_and_removed()
    {
        using var aria2 = new Aria2Process("--max-download-result=0");
        await using var site = await TorrentSite.CreateAsync(azurite, TorrentSite.SettingsOf(aria2, seedTime: "60"));
        var torrent = await swarm.ShareAsync("forgotten");

        var ended = await site.DownloadAsync(torrent.ToMagnet(swarm.Tracker));

        Assert.Equal((WorkflowTaskStatus.Completed, null, "forgotten"), (ended.Status, ended.Error, ended.Download?.Name));
        await site.AssertContentAsync(torrent);
        Assert.Equal(0, await aria2.CountAsync());
        Assert.Empty(Directory.EnumerateDirectories(aria2.Folder));
        await site.SettleDownloadsAsync();
    }

    [Fact]
    public async Task Given_a_torrent_when_a_file_is_deselected_then_only_the_other_is_stored()
    {
        await using var site = await CreateAsync();
        var torrent = new Torrent("chosen", ("a.bin", new byte[100_000]), ("b.bin", Encoding.UTF8.GetBytes(new string('b', 50_000))));
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
    public async Task Given_a_download_when_it_is_cancelled_then_nothing_is_left_of_it()
    {
        await using var site = await CreateAsync();
        var task = await site.AcceptTorrentAsync(new Torrent("cancelled", ("a.bin", new byte[100_000])).ToFile(swarm.Tracker));
        var hub = await site.StartDownloadAsync(task);
        await site.RunUntilAsync(hub, task, now => now.Phase == RemoteDownload.Monitoring);
        Assert.Equal(1, await swarm.Aria2.CountAsync());
        await site.Get<RemoteDownload>().CancelAsync(1, task.Id);

        await hub.RunAsync(site.Activities());

        Assert.Equal(WorkflowTaskStatus.Canceled, (await site.TaskAsync(task.Id)).Status);
        await AssertCleanAsync(site);
    }

    [Fact]
    public async Task Given_a_node_that_waits_for_seeding_when_all_is_stored_then_the_task_ends_with_the_seeding()
    {
        await using var site = await TorrentSite.CreateAsync(azurite, TorrentSite.SettingsOf(swarm.Aria2, seedTime: "60") with { WaitForSeeding = true });
        var torrent = await swarm.ShareAsync("seeded");
        var task = await site.AcceptTorrentAsync(torrent.ToFile(swarm.Tracker));
        var hub = await site.StartDownloadAsync(task);

        var seeding = await site.RunUntilAsync(hub, task, now => now.Phase == "seeding");

        Assert.Equal((WorkflowTaskStatus.Processing, "seeding"), (seeding.Status, seeding.Download!.State));
        await site.AssertContentAsync(torrent);
        // The condition is met.
        var gid = (await swarm.Aria2.CallAsync("tellActive", (object)new[] { "gid" }))[0].GetProperty("gid").GetString()!;
        await swarm.Aria2.CallAsync("forceRemove", gid);
        await hub.RunAsync(site.Activities());
        Assert.Equal((WorkflowTaskStatus.Completed, null), ((await site.TaskAsync(task.Id)).Status, (await site.TaskAsync(task.Id)).Error));
        await AssertCleanAsync(site);
    }

    [Theory]
    [InlineData("../up", "a.bin")]
    [InlineData("down", "../../up.bin")]
    [InlineData("/absolute", "a.bin")]
    public async Task Given_names_that_lead_elsewhere_when_the_torrent_is_downloaded_then_the_task_ends_and_nothing_is_written(string name, string file)
    {
        await using var site = await CreateAsync();

        var ended = await site.RunAsync(await site.AcceptTorrentAsync(new Torrent(name, (file, [1, 2, 3])).ToFile(swarm.Tracker)));

        Assert.Equal((WorkflowTaskStatus.Error, "The downloader refuses the download."), (ended.Status, ended.Error));
        await AssertCleanAsync(site);
    }

    [Fact]
    public async Task Given_a_name_with_backslashes_when_the_torrent_is_downloaded_then_it_is_cleaned()
    {
        await using var site = await CreateAsync();
        var torrent = new Torrent("odd", ("..\\..\\a.bin", [1, 2, 3]));
        await swarm.ShareAsync(torrent);

        var ended = await site.RunAsync(await site.AcceptTorrentAsync(torrent.ToFile(swarm.Tracker)));

        Assert.Equal((WorkflowTaskStatus.Completed, null), (ended.Status, ended.Error));
        Assert.Equal((byte[])[1, 2, 3], await site.ReadAsync("/out/odd/.._.._a.bin"));
    }

    [Fact]
    public async Task Given_a_torrent_beyond_the_quota_when_it_is_downloaded_then_the_task_ends_at_once()
    {
        await using var site = await CreateAsync();
        var torrent = new Torrent("large", ("a.bin", new byte[100_000]));
        var task = await site.AcceptTorrentAsync(torrent.ToFile(swarm.Tracker));
        await site.ChangeGroupAsync(group => group with { MaxStorage = 50_000 });

        var ended = await site.RunAsync(task);

        Assert.Equal((WorkflowTaskStatus.Error, "Your storage does not have enough space for the files."), (ended.Status, ended.Error));
        await AssertCleanAsync(site);
    }

    [Fact]
    public async Task Given_a_wrong_secret_when_a_torrent_is_downloaded_then_the_task_ends_with_the_reason()
    {
        await using var site = await TorrentSite.CreateAsync(azurite, TorrentSite.SettingsOf(swarm.Aria2, token: "wrong"));

        var ended = await site.RunAsync(await site.AcceptTorrentAsync(new Torrent("denied", ("a.bin", [1])).ToFile(swarm.Tracker)));

        Assert.Equal((WorkflowTaskStatus.Error, "aria2 refuses the RPC secret."), (ended.Status, ended.Error));
    }

    [Theory]
    [InlineData(false, "The downloader does not respond.")]
    [InlineData(true, "The downloader no longer knows the download. Start it again.")]
    public async Task Given_a_download_when_aria2_dies_then_the_task_ends_with_the_reason(bool isRestarted, string error)
    {
        using var aria2 = new Aria2Process();
        await using var site = await TorrentSite.CreateAsync(azurite, TorrentSite.SettingsOf(aria2));
        var task = await site.AcceptTorrentAsync(new Torrent("dying", ("a.bin", new byte[100_000])).ToFile(swarm.Tracker));
        var hub = await site.StartDownloadAsync(task);
        await site.RunUntilAsync(hub, task, now => now.Phase == RemoteDownload.Monitoring);
        aria2.Kill();
        if (isRestarted)
            aria2.Start();
        site.Clock.Advance(TimeSpan.FromMinutes(1));

        await hub.RunAsync(site.Activities());

        var ended = await site.TaskAsync(task.Id);
        Assert.Equal((WorkflowTaskStatus.Error, error), (ended.Status, ended.Error));
        Assert.Empty(Directory.EnumerateDirectories(aria2.Folder));
        await site.SettleDownloadsAsync();
    }

    [Fact]
    public async Task Given_a_site_without_a_downloader_when_a_torrent_is_requested_then_it_is_refused()
    {
        await using var site = await TorrentSite.CreateAsync(azurite, null);
        var torrent = new Torrent("refused", ("a.bin", [1]));

        var file = await Assert.ThrowsAsync<CloudreveException>(() => site.AcceptTorrentAsync(torrent.ToFile(swarm.Tracker)));
        var magnet = await Assert.ThrowsAsync<CloudreveException>(() => site.AcceptDownloadsAsync(torrent.ToMagnet(swarm.Tracker)));

        Assert.Equal((ErrorCode.FeatureDisabled, ErrorCode.FeatureDisabled), (file.Code, magnet.Code));
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a torrent")]
    [InlineData("d4:infode")]
    [InlineData("d4:info999999999:e")]
    [InlineData("d4:infoi1ee")]
    public async Task Given_a_file_that_is_no_torrent_when_it_is_requested_then_it_is_refused(string content)
    {
        await using var site = await CreateAsync();

        var refused = await Assert.ThrowsAsync<CloudreveException>(() => site.AcceptTorrentAsync(Encoding.UTF8.GetBytes(content)));

        Assert.Equal((ErrorCode.BadParameter, "The file is not a torrent."), (refused.Code, refused.Message));
    }

    private Task<RunningSite> CreateAsync() => TorrentSite.CreateAsync(azurite, TorrentSite.SettingsOf(swarm.Aria2));

    private async Task AssertCleanAsync(RunningSite site)
    {
        Assert.Equal(0, await swarm.Aria2.CountAsync());
        Assert.Empty(Directory.EnumerateDirectories(swarm.Aria2.Folder));
        await site.SettleDownloadsAsync();
    }
}

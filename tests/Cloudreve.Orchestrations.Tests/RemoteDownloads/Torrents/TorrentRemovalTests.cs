using Cloudreve.Core.Content.RemoteDownloads;
using Cloudreve.Core.Content.RemoteDownloads.Torrents;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Editing;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Downloads;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.RemoteDownloads.Torrents;

/// <summary>Downloads whose program is away when their task ends.</summary>
public sealed class TorrentRemovalTests(AzuriteServer azurite)
{
    private static readonly Torrent s_torrent = new("t", ("a.bin", new byte[70_000]));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Given_qbittorrent_that_was_killed_when_the_task_is_cancelled_then_the_torrent_is_removed_once_it_runs_again()
    {
        using var qbittorrent = new QbittorrentProcess();
        await using var site = await TorrentSite.CreateAsync(azurite, TorrentSite.SettingsOf(qbittorrent));
        var task = await site.AcceptTorrentAsync(s_torrent.ToFile("http://127.0.0.1:1/announce"));
        var hub = await site.StartDownloadAsync(task);
        await site.RunUntilAsync(hub, task, now => now.Phase == RemoteDownload.Monitoring);
        qbittorrent.Kill();
        await site.Get<RemoteDownload>().CancelAsync(1, task.Id);
        await hub.RunAsync(site.Activities());
        Assert.Equal(WorkflowTaskStatus.Canceled, (await site.TaskAsync(task.Id)).Status);

        await RetryAsync(site);
        qbittorrent.Start();
        Assert.Equal(1, await qbittorrent.CountAsync());
        await RetryAsync(site);

        Assert.Equal(0, await qbittorrent.CountAsync());
        Assert.Empty(Directory.EnumerateFileSystemEntries(qbittorrent.Downloads));
        Assert.Equal(0, await NotesAsync(site));
        await site.SettleDownloadsAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_a_program_that_is_away_when_the_node_gets_another_one_then_the_first_is_asked_to_remove_the_download(bool isBegun)
    {
        await using var first = new Aria2Double(s_torrent);
        await using var second = new QbittorrentDouble(s_torrent);
        await using var site = await TorrentSite.CreateAsync(azurite, TorrentSite.SettingsOf(first));
        var task = await site.AcceptTorrentAsync(s_torrent.ToFile("http://127.0.0.1:1/announce"));
        var hub = await site.StartDownloadAsync(task);
        // All is stored in one step.
        if (isBegun)
            await site.RunUntilAsync(hub, task, _ => first.Count > 0);
        first.IsAway = true;
        await hub.RunAsync(site.Activities());
        Assert.Equal(isBegun ? WorkflowTaskStatus.Completed : WorkflowTaskStatus.Error, (await site.TaskAsync(task.Id)).Status);
        Assert.Equal(1, await NotesAsync(site));
        await site.Get<NodeEditor>().UpdateAsync(Node.MasterId, new NodeDraft("Master", null, 0, TorrentSite.SettingsOf(second)));
        first.IsAway = false;

        await RetryAsync(site);

        Assert.Equal(0, first.Count);
        Assert.Empty(Directory.EnumerateFileSystemEntries(first.Folder));
        Assert.Empty(second.Calls);
        Assert.Equal(0, await NotesAsync(site));
    }

    [Fact]
    public async Task Given_a_program_that_stays_away_when_the_time_is_over_then_it_is_called_no_more()
    {
        await using var aria2 = new Aria2Double(s_torrent);
        await using var site = await TorrentSite.CreateAsync(azurite, TorrentSite.SettingsOf(aria2));
        var task = await site.AcceptTorrentAsync(s_torrent.ToFile("http://127.0.0.1:1/announce"));
        var hub = await site.StartDownloadAsync(task);
        await site.RunUntilAsync(hub, task, _ => aria2.Count > 0);
        aria2.IsAway = true;
        await hub.RunAsync(site.Activities());
        // The disk is not kept waiting.
        Assert.Empty(Directory.EnumerateFileSystemEntries(aria2.Folder));

        await RetryAsync(site);
        Assert.Equal(1, await NotesAsync(site));
        site.Clock.Advance(TorrentRemovals.Patience);
        await RetryAsync(site);

        Assert.Equal(0, await NotesAsync(site));
    }

    [Fact]
    public async Task Given_a_download_under_way_when_the_node_gets_another_program_then_it_goes_on_where_it_began()
    {
        await using var first = new Aria2Double(s_torrent) { Suffix = ".part" };
        await using var second = new QbittorrentDouble(s_torrent);
        await using var site = await TorrentSite.CreateAsync(azurite, TorrentSite.SettingsOf(first));
        var task = await site.AcceptTorrentAsync(s_torrent.ToFile("http://127.0.0.1:1/announce"));
        var hub = await site.StartDownloadAsync(task);
        await site.RunUntilAsync(hub, task, _ => first.Count > 0);

        await site.Get<NodeEditor>().UpdateAsync(Node.MasterId, new NodeDraft("Master", null, 0, TorrentSite.SettingsOf(second)));
        first.Rename();
        await hub.RunAsync(site.Activities());

        Assert.Equal((WorkflowTaskStatus.Completed, null), ((await site.TaskAsync(task.Id)).Status, (await site.TaskAsync(task.Id)).Error));
        await site.AssertContentAsync(s_torrent);
        Assert.Equal((0, 0), (first.Count, second.Count));
        Assert.Empty(Directory.EnumerateFileSystemEntries(first.Folder));
    }

    /// <summary>Lets the timer run when whatever is noted is due.</summary>
    private static async Task RetryAsync(RunningSite site)
    {
        site.Clock.Advance(TimeSpan.FromDays(1));
        await using var process = site.Restart();
        await process.Get<TorrentRemovals>().RunAsync(Stop);
    }

    private static async Task<int> NotesAsync(RunningSite site) =>
        await site.Layout.Schedules.ScanAsync(cancellationToken: Stop).CountAsync(note => note.PartitionKey.StartsWith("torrents|", StringComparison.Ordinal), Stop);
}

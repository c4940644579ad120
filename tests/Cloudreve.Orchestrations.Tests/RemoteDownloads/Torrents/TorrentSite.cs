using System.Text.Json;
using Cloudreve.Core.Content.RemoteDownloads;
using Cloudreve.Core.Content.RemoteDownloads.Downloaders;
using Cloudreve.Core.Infrastructure.Outgoing;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Editing;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Orchestrations.Tests.Replay;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Downloads;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.RemoteDownloads.Torrents;

/// <summary>A site whose node has a downloader of this machine.</summary>
internal static class TorrentSite
{
    public static async Task<RunningSite> CreateAsync(AzuriteServer azurite, NodeSettings? settings, Action<IServiceCollection>? configure = null)
    {
        var site = await DownloadSite.CreateAsync(azurite, services =>
        {
            services.AddSingleton(OutgoingRules.Parse("127.0.0.1"));
            configure?.Invoke(services);
        });
        if (settings is not null)
            await site.Get<NodeEditor>().UpdateAsync(Node.MasterId, new NodeDraft("Master", null, 0, settings));
        return site;
    }

    /// <summary>Settings for an aria2. Downloads end as soon as all is there, unless they are to be shared.</summary>
    public static NodeSettings SettingsOf(Aria2Process aria2, string seedTime = "0", string token = Aria2Process.Token) => new()
    {
        Aria2 = new Aria2Settings
        {
            Server = aria2.Address,
            Token = token,
            TempPath = aria2.Folder,
            Options = new Dictionary<string, JsonElement> { ["seed-time"] = JsonSerializer.SerializeToElement(seedTime) },
        },
    };

    public static NodeSettings SettingsOf(Aria2Double aria2) => new() { Aria2 = new Aria2Settings { Server = aria2.Address, TempPath = aria2.Folder } };

    public static NodeSettings SettingsOf(QbittorrentDouble qbittorrent) => new()
    {
        Provider = NodeSettings.QbittorrentProvider,
        Qbittorrent = new QbittorrentSettings
        {
            Server = qbittorrent.Address,
            User = QbittorrentDouble.User,
            Password = QbittorrentDouble.Password,
            TempPath = qbittorrent.Folder,
        },
    };

    /// <summary>Settings for a qBittorrent that shares for an hour.</summary>
    public static NodeSettings SettingsOf(QbittorrentProcess qbittorrent) => new()
    {
        Provider = NodeSettings.QbittorrentProvider,
        Qbittorrent = new QbittorrentSettings
        {
            Server = qbittorrent.Address,
            User = QbittorrentProcess.User,
            Password = QbittorrentProcess.Password,
            TempPath = qbittorrent.Downloads,
            Options = new Dictionary<string, JsonElement> { ["seedingTimeLimit"] = JsonSerializer.SerializeToElement("60") },
        },
    };

    public static async Task<WorkflowTask> AcceptTorrentAsync(this RunningSite site, byte[] torrent)
    {
        await site.WriteAsync("/a.torrent", torrent);
        var (downloads, caller) = (site.Get<RemoteDownload>(), await site.AdminAsync());
        var folder = await downloads.CheckAsync(caller, 1, "cloudreve://my/out");
        return await downloads.AcceptTorrentAsync(caller, "cloudreve://my/a.torrent", folder);
    }

    /// <summary>Adds a torrent to the node's downloader, without any task.</summary>
    public static async Task<(IDownloader Downloader, DownloadKey Key)> AddAsync(this RunningSite site, Torrent torrent, string folder)
    {
        var key = new DownloadKey("00112233445566aa", Path.Combine(folder, "one"));
        var downloader = (await site.Get<DownloaderCatalog>().FindAsync(key.Id, null, TestContext.Current.CancellationToken))!;
        await downloader.AddAsync(key, new TorrentSource(null, torrent.ToFile("http://127.0.0.1:1/announce")), TestContext.Current.CancellationToken);
        return (downloader, key);
    }

    public static async Task<WorkflowTask> RunAsync(this RunningSite site, WorkflowTask task)
    {
        await (await site.StartDownloadAsync(task)).RunAsync(site.Activities());
        return await site.TaskAsync(task.Id);
    }

    /// <summary>Runs a task until it is as expected, at the latest until it ends.</summary>
    public static async Task<WorkflowTask> RunUntilAsync(this RunningSite site, ReplayHub hub, WorkflowTask task, Func<WorkflowTask, bool> isEnough)
    {
        while (true)
        {
            var now = await site.TaskAsync(task.Id);
            if (now.IsTerminal || isEnough(now))
                return now;
            var steps = 0;
            await hub.RunAsync(site.Activities(), () => steps++ > 0);
        }
    }

    public static async Task AssertContentAsync(this RunningSite site, Torrent torrent)
    {
        foreach (var (name, content) in torrent.Files)
            Assert.Equal(content, await site.ReadAsync($"/out/{torrent.Name}/{name}"));
    }
}

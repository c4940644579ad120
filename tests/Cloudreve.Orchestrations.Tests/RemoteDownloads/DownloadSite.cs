using Cloudreve.Core.Content.Integrity;
using Cloudreve.Core.Content.RemoteDownloads;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Outgoing;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.RemoteDownloads;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Orchestrations.Tests.Replay;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.RemoteDownloads;

/// <summary>A site that may call servers of this machine, and whose administrator downloads into a folder.</summary>
internal static class DownloadSite
{
    public static async Task<RunningSite> CreateAsync(AzuriteServer azurite, Action<IServiceCollection>? configure = null)
    {
        var site = await RunningSite.CreateAsync(azurite, services =>
        {
            services.AddSingleton(new DownloadRules(OutgoingRules.Parse("127.0.0.1")));
            configure?.Invoke(services);
        });
        await site.ChangeGroupAsync(group => group with { Settings = group.Settings with { Aria2Batch = 2 } });
        await site.Get<EntryCreation>().CreateAsync(1, FilePath.ParsePlain("/out"), NewEntry.Folder, failIfExists: true);
        return site;
    }

    public static async Task<WorkflowTask> DownloadAsync(this RunningSite site, string link)
    {
        var task = Assert.Single(await site.AcceptDownloadsAsync(link));
        await (await site.StartDownloadAsync(task)).RunAsync(site.Activities());
        return await site.TaskAsync(task.Id);
    }

    public static async Task<IReadOnlyList<WorkflowTask>> AcceptDownloadsAsync(this RunningSite site, params string[] links)
    {
        var (downloads, caller) = (site.Get<RemoteDownload>(), await site.AdminAsync());
        var folder = await downloads.CheckAsync(caller, links.Length, "cloudreve://my/out");
        var tasks = new List<WorkflowTask>(links.Length);
        foreach (var link in links)
            tasks.Add(await downloads.AcceptAsync(caller, link, folder));
        return tasks;
    }

    public static async Task<ReplayHub> StartDownloadAsync(this RunningSite site, WorkflowTask task)
    {
        var hub = new ReplayHub();
        await site.Get<RemoteDownloadWorkflow>().StartAsync(new ReplayClient(hub), task);
        return hub;
    }

    public static async Task ChangeGroupAsync(this RunningSite site, Func<Group, Group> change)
    {
        var catalog = site.Get<SiteCatalog>();
        await catalog.SaveGroupAsync(change(await catalog.GetGroupAsync(Group.AdminId)));
    }

    /// <summary>Lets timers review what was undone, and checks the site as a whole.</summary>
    public static async Task SettleDownloadsAsync(this RunningSite site)
    {
        await using var process = site.Restart();
        for (var run = 0; run < 3; run++)
        {
            site.Clock.Advance(TimeSpan.FromMinutes(12));
            await process.Get<WriteSettlement>().RunAsync();
        }
        Assert.Empty(await process.Get<SiteIntegrity>().CheckAsync());
        Assert.Empty((await site.CheckAsync()).All);
        Assert.Empty(await site.Layout.TaskItems.ScanAsync().ToListAsync(TestContext.Current.CancellationToken));
    }
}

using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Integrity;
using Cloudreve.Core.Content.Relocations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Relocations;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Orchestrations.Tests.Replay;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.Relocations;

/// <summary>A site with a second storage policy, to which administrators may move files.</summary>
internal static class RelocationSite
{
    public const int Other = 2;

    public static async Task<RunningSite> CreateAsync(AzuriteServer azurite)
    {
        var site = await RunningSite.CreateAsync(azurite);
        await AddPolicyAsync(site, Other);
        await ChangeGroupAsync(site, group => group with { Permissions = group.Permissions.With((int)GroupPermission.Relocate, value: true) });
        return site;
    }

    public static async Task AddPolicyAsync(RunningSite site, int id, Func<StoragePolicy, StoragePolicy>? change = null)
    {
        var policy = new StoragePolicy { Id = id, Name = "Other", Driver = "azblob", BucketName = $"{site.Prefix}other{id}", DirNameRule = "moved/{path}" };
        await site.Layout.Account.Container(policy.BucketName).CreateIfNotExistsAsync();
        await site.Get<SiteCatalog>().SavePolicyAsync(change is null ? policy : change(policy));
    }

    public static BlobContainer OtherContainer(this RunningSite site) => site.Layout.Account.Container($"{site.Prefix}other{Other}");

    public static async Task ChangeGroupAsync(RunningSite site, Func<Group, Group> change)
    {
        var catalog = site.Get<SiteCatalog>();
        await catalog.SaveGroupAsync(change(await catalog.GetGroupAsync(Group.AdminId)));
    }

    public static async Task<WorkflowTask> AcceptRelocationAsync(this RunningSite site, int policyId, params string[] sources) =>
        await site.Get<Relocation>().AcceptAsync(await site.AdminAsync(), sources, policyId);

    public static async Task<ReplayHub> StartRelocationAsync(this RunningSite site, WorkflowTask task)
    {
        var hub = new ReplayHub();
        await site.Get<RelocationWorkflow>().StartAsync(new ReplayClient(hub), task);
        return hub;
    }

    public static async Task<WorkflowTask> RelocateAsync(this RunningSite site, int policyId, params string[] sources)
    {
        var task = await site.AcceptRelocationAsync(policyId, sources);
        await (await site.StartRelocationAsync(task)).RunAsync(site.Activities());
        return await site.TaskAsync(task.Id);
    }

    /// <summary>The blob of a file's current version.</summary>
    public static async Task<EntityRecord> EntityAsync(this RunningSite site, string path) =>
        (await site.Get<EntityStore>().FindAsync((await site.Get<EntriesByPath>().FindAsync(1, FilePath.ParsePlain(path)))!.PrimaryEntityId))!;

    /// <summary>Removes what nobody uses any more, and checks everything.</summary>
    public static async Task SettleAsync(this RunningSite site)
    {
        site.Clock.Advance(TimeSpan.FromDays(1.1));
        await using var process = site.Restart();
        await process.Get<EntityRecycler>().RunAsync();
        Assert.Empty(await process.Get<SiteIntegrity>().CheckAsync());
        Assert.Empty((await site.CheckAsync()).All);
    }
}

using Cloudreve.Core.Content.Archives.Extraction;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.ArchiveExtractions;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Orchestrations.Tests.Replay;

namespace Cloudreve.Orchestrations.Tests.ArchiveExtractions;

/// <summary>Extracts an archive of the administrator's drive to the folder "out".</summary>
internal static class ExtractionRun
{
    /// <summary>Puts an archive into the drive, and makes the folder.</summary>
    public static async Task PutAsync(RunningSite site, byte[] archive, string name)
    {
        await site.Get<EntryCreation>().CreateAsync(1, FilePath.ParsePlain("/out"), NewEntry.Folder, failIfExists: false);
        await site.WriteAsync("/" + name, archive);
    }

    public static Task<WorkflowTask> AcceptAsync(RunningSite site, string name) => AcceptAsync(site, name, "", [], "");

    /// <summary>Runs the whole task.</summary>
    public static async Task<WorkflowTask> RunAsync(RunningSite site, string name, string encoding = "", string[]? mask = null, string password = "")
    {
        return await RunAsync(site, await AcceptAsync(site, name, encoding, mask ?? [], password));
    }

    /// <summary>Runs a whole task that was accepted.</summary>
    public static async Task<WorkflowTask> RunAsync(RunningSite site, WorkflowTask task)
    {
        var hub = new ReplayHub();
        await site.Get<ArchiveExtractionWorkflow>().StartAsync(new ReplayClient(hub), task);
        await hub.RunAsync(site.Activities());
        return await site.TaskAsync(task.Id);
    }

    public static Task<FileRecord?> FindAsync(RunningSite site, string path) => site.Get<EntriesByPath>().FindAsync(1, FilePath.ParsePlain(path));

    private static async Task<WorkflowTask> AcceptAsync(RunningSite site, string name, string encoding, string[] mask, string password) =>
        await site.Get<ArchiveExtraction>().AcceptAsync(
            await site.AdminAsync(),
            new ExtractionRequest("cloudreve://my/" + name, "cloudreve://my/out") { Encoding = encoding, Mask = mask, Password = password });
}

using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Content.Walks;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.Relocations;

/// <summary>
/// Moves the blobs of files to another storage policy (contract, section 19.5): all versions, thumbnails and live photos. The files themselves
/// are not touched, nor is what they count for. Every method may be called again after a crash.
/// </summary>
/// <param name="runs">Their lives.</param>
/// <param name="callers">Whom they work for.</param>
/// <param name="recycler">Removes the blobs that were left.</param>
/// <param name="layout">The storage of the state.</param>
/// <param name="clock">Limits steps.</param>
public sealed class Relocation(
    TaskStore tasks, TaskRuns runs, TaskCallers callers, DriveAccess access, EntriesByPath byPath, EntityStore entities, EntityRecycler recycler,
    SiteCatalog catalog, PolicyContainers containers, SettingStore settings, StorageLayout layout, TimeProvider clock)
{
    /// <summary>The type of the tasks.</summary>
    public const string TaskType = "relocate";

    private const string Transferring = "transfer";
    private const string Finishing = "finish";

    // Files between two notes of how far the relocation is.
    private const int FilesInRound = 64;

    // What a task keeps of its request must fit into its row.
    private const int MaxJobCharacters = 300_000;

    private static readonly TimeSpan s_stepTime = TimeSpan.FromSeconds(45);

    private readonly StepStates<RelocationState> _states = new(layout, "relocate", RelocationJson.Short.RelocationState);
    private readonly BlobMove _move = new(catalog, containers, entities, clock);

    /// <summary>The request behind a task.</summary>
    /// <param name="task">A task of this type.</param>
    public static RelocationJob JobOf(WorkflowTask task) =>
        JsonSerializer.Deserialize(task.Job, RelocationJson.Short.RelocationJob)
        ?? throw new InvalidOperationException($"The relocation task {task.Id} has no job.");

    /// <summary>Checks a request whole, and only then makes the task. Its orchestration is started by the caller.</summary>
    /// <param name="caller">The caller: the owner of the files.</param>
    /// <param name="sources">Files and folders, from the caller's view.</param>
    /// <param name="policyId">The storage policy that gets the blobs: that of the caller's group, or any when an administrator asks.</param>
    /// <returns>The queued task.</returns>
    /// <exception cref="CloudreveException">
    /// 40007 without the permission; 40001 and 40074 for the number of sources; 40035 for no such policy, 40006 for one that the group may not
    /// use; and whatever is wrong with a source. Nothing was created.
    /// </exception>
    public async Task<WorkflowTask> AcceptAsync(
        Caller caller, IReadOnlyList<string> sources, int policyId, CancellationToken cancellationToken = default)
    {
        caller.Require(GroupPermission.Relocate);
        var site = await settings.GetAsync(cancellationToken);
        if (sources.Count == 0)
            throw new CloudreveException(ErrorCode.BadParameter, "Choose at least one file or folder.");
        if (sources.Count > site.Get(SiteSetting.MaxBatchedFiles))
            throw TooMany();
        await GetPolicyAsync(caller, policyId, cancellationToken);
        var lookup = new PathLookup(byPath);
        var found = new List<WalkSource>(sources.Count);
        foreach (var uri in sources.Distinct(StringComparer.Ordinal))
        {
            var place = await OpenAsync(caller, site.HashIds, uri, cancellationToken);
            await lookup.GetAsync(place, cancellationToken);
            found.Add(new WalkSource(uri, string.Join('/', place.DrivePath.Segments)));
        }
        var json = JsonSerializer.Serialize(new RelocationJob(found, policyId), RelocationJson.Short.RelocationJob);
        if (json.Length > MaxJobCharacters)
            throw TooMany();
        return await runs.AcceptAsync(caller.UserId, TaskType, json, cancellationToken);
    }

    /// <summary>Counts or moves the next blobs of a task.</summary>
    /// <returns>True if there is nothing left to do.</returns>
    /// <exception cref="CloudreveException">The files cannot be relocated any further.</exception>
    public async Task<bool> StepAsync(TaskReference reference, CancellationToken cancellationToken = default)
    {
        var start = clock.GetTimestamp();
        if (await runs.BeginAsync(reference, cancellationToken) is not { } task)
            return true;
        var job = JobOf(task);
        var caller = await callers.FindAsync(task.OwnerId, GroupPermission.Relocate, cancellationToken);
        var policy = await GetPolicyAsync(caller, job.PolicyId, cancellationToken);
        var found = await _states.FindAsync(reference.TaskId, cancellationToken);
        var (state, etag) = found is null ? (new RelocationState(), null) : (found.Value.State, found.Value.ETag);
        // A run before this one may have died between its state and its report.
        if (etag is not null)
            await ReportAsync(reference, state, cancellationToken);
        var hashIds = (await settings.GetAsync(cancellationToken)).HashIds;
        ContentWalk? walk = null;
        while (!state.IsDone && clock.GetElapsedTime(start) < s_stepTime)
        {
            // A process that hangs must not go on when its task has ended.
            if (await tasks.FindAsync(reference.OwnerId, reference.TaskId, cancellationToken) is not { IsAtWork: true })
                return true;
            walk ??= new ContentWalk(layout, null, job.Sources, (uri, token) => FindAsync(caller, hashIds, uri, token), state.Cursor);
            var page = await RelocationPage.ReadAsync(walk, state.Cursor, FilesInRound, cancellationToken);
            if (!state.IsCounted)
            {
                state = Count(state, page);
                // The walk begins anew, to move what was counted.
                walk = state.IsCounted ? null : walk;
            }
            else
            {
                var round = new RelocationRound(policy, entities, recycler, _move, clock);
                var targets = await round.PlanAsync(page, state.Copies, cancellationToken);
                if (targets.Count > 0)
                    etag = await _states.WriteAsync(reference.TaskId, state = state with { Copies = targets }, etag, cancellationToken);
                if (await round.RunAsync(state.Failures, s_stepTime - clock.GetElapsedTime(start), cancellationToken) is not { } result)
                    return false;
                state = After(state, page, result);
            }
            etag = await _states.WriteAsync(reference.TaskId, state, etag, cancellationToken);
            await ReportAsync(reference, state, cancellationToken);
        }
        return state.IsDone;
    }

    /// <summary>Ends a task. What was moved stays where it is.</summary>
    /// <param name="error">The error that ended it early; null for none.</param>
    public async Task FinishAsync(TaskReference reference, string? error, CancellationToken cancellationToken = default)
    {
        await _states.ClearAsync(reference.TaskId, cancellationToken);
        await runs.EndAsync(reference, error, cancellationToken: cancellationToken);
    }

    private async Task<StoragePolicy> GetPolicyAsync(Caller caller, int id, CancellationToken cancellationToken)
    {
        var policy = await catalog.GetUsablePolicyAsync(id, cancellationToken);
        if (policy.Id != caller.Group.StoragePolicyId && !caller.ActsAsAdmin)
            throw new CloudreveException(ErrorCode.PolicyNotAllowed, "Your group may not use this storage policy.");
        // Throws for what cannot hold blobs.
        containers.Get(policy);
        return policy;
    }

    /// <summary>Relocating files is for whoever may write them.</summary>
    private ValueTask<DrivePlace> OpenAsync(Caller caller, HashIdCodec hashIds, string uri, CancellationToken cancellationToken) =>
        access.OpenAsync(caller, FileUri.Parse(uri), NavigatorCapability.UploadFile, hashIds, cancellationToken);

    private async Task<FileRecord> FindAsync(Caller caller, HashIdCodec hashIds, string uri, CancellationToken cancellationToken) =>
        await byPath.GetAsync(await OpenAsync(caller, hashIds, uri, cancellationToken), cancellationToken);

    private static RelocationState Count(RelocationState state, RelocationPage page)
    {
        var total = state.Total + page.Files.Sum(file => (long)file.Entry!.EntityIds.Distinct().Count());
        return page.IsLast
            ? new RelocationState { IsCounted = true, Total = total }
            : state with { Total = total, Cursor = page.After };
    }

    private static RelocationState After(RelocationState state, RelocationPage page, RoundResult result) => state with
    {
        Moved = state.Moved + result.Moved,
        Failures = result.Failures,
        Cursor = page.After,
        IsDone = page.IsLast,
        Copies = [],
    };

    private Task ReportAsync(TaskReference reference, RelocationState state, CancellationToken cancellationToken)
    {
        var phase = state.IsDone ? Finishing : state.IsCounted ? Transferring : "";
        var progress = new Dictionary<string, TaskProgress> { ["relocate"] = new(state.Total, state.Moved) };
        return runs.ReportAsync(reference, phase, progress, state.Failures, cancellationToken);
    }

    private static CloudreveException TooMany() => new(ErrorCode.TooManyUris, "The request contains too many or too long URIs.");
}

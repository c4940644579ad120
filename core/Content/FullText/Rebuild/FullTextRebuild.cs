using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.FullText.Index;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Tables.Numbered;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.FullText.Rebuild;

/// <summary>
/// Rebuilds the indexes of all users (contract, section 19.6): removes them, and then goes through all files of the site. Every method may be
/// called again after a crash.
/// </summary>
public sealed class FullTextRebuild
{
    /// <summary>The type of the tasks.</summary>
    public const string TaskType = "full_text_rebuild";

    private const string Clearing = "nuke";
    private const string Indexing = "index";

    // Files between two notes of how far the rebuild is: the slowest documents of a round must end long before the host ends the function.
    private const int FilesInRound = 8;

    private const int MaxPolicies = 1_000;

    private static readonly TimeSpan s_stepTime = TimeSpan.FromSeconds(45);

    private readonly TaskStore _tasks;
    private readonly TaskRuns _runs;
    private readonly TaskCallers _callers;
    private readonly EntriesById _byId;
    private readonly SiteLists _lists;
    private readonly SiteCatalog _catalog;
    private readonly IndexBlobs _blobs;
    private readonly ITextIndex _index;
    private readonly FullTextIndexing _indexing;
    private readonly SettingStore _settings;
    private readonly TimeProvider _clock;
    private readonly StepStates<RebuildState> _states;
    private readonly RebuildFiles _files;
    private readonly LatestRebuild _latest;

    internal FullTextRebuild(
        TaskStore tasks, TaskRuns runs, TaskCallers callers, EntriesById byId, SiteLists lists, SiteCatalog catalog, IndexBlobs blobs, ITextIndex index,
        FullTextIndexing indexing, SettingStore settings, StorageLayout layout, TimeProvider clock)
    {
        _tasks = tasks;
        _runs = runs;
        _callers = callers;
        _byId = byId;
        _lists = lists;
        _catalog = catalog;
        _blobs = blobs;
        _index = index;
        _indexing = indexing;
        _settings = settings;
        _clock = clock;
        _states = new StepStates<RebuildState>(layout, "fulltext", RebuildJson.Default.RebuildState);
        _files = new RebuildFiles(layout);
        _latest = new LatestRebuild(layout);
    }

    /// <summary>Checks a request, and makes the task. Its orchestration is started by the caller.</summary>
    /// <param name="caller">The administrator.</param>
    /// <param name="policyIds">The storage policies whose content is indexed; none for all.</param>
    /// <returns>The queued task.</returns>
    /// <exception cref="CloudreveException">40019: the site has no full-text search. 40001, 40035: no such policies. Nothing was created.</exception>
    public async Task<WorkflowTask> AcceptAsync(Caller caller, IReadOnlyList<int> policyIds, CancellationToken cancellationToken = default)
    {
        caller.Require(GroupPermission.IsAdmin);
        if (!FullTextIndexing.IsEnabled(await _settings.GetAsync(cancellationToken)))
            throw FullTextSearch.Disabled();
        if (policyIds.Count > MaxPolicies)
            throw new CloudreveException(ErrorCode.BadParameter, "The request names too many storage policies.");
        foreach (var id in policyIds)
            await _catalog.GetPolicyAsync(id, cancellationToken);
        var job = JsonSerializer.Serialize(new RebuildJob([.. policyIds.Distinct()]), RebuildJson.Default.RebuildJob);
        return await _runs.AcceptAsync(caller.UserId, TaskType, job, cancellationToken);
    }

    /// <summary>Removes the indexes, or indexes the next files.</summary>
    /// <returns>True if there is nothing left to do.</returns>
    /// <exception cref="CloudreveException">The rebuild cannot go on; 409: another one has begun.</exception>
    public async Task<bool> StepAsync(TaskReference reference, CancellationToken cancellationToken = default)
    {
        var start = _clock.GetTimestamp();
        if (await _runs.BeginAsync(reference, cancellationToken) is not { } task)
            return true;
        await _callers.FindAsync(task.OwnerId, GroupPermission.IsAdmin, cancellationToken);
        var site = await _settings.GetAsync(cancellationToken);
        if (!FullTextIndexing.IsEnabled(site))
            throw FullTextSearch.Disabled();
        var policies = JsonSerializer.Deserialize(task.Job, RebuildJson.Default.RebuildJob)!.PolicyIds.Select(id => (long)id).ToHashSet();
        var found = await _states.FindAsync(reference.TaskId, cancellationToken);
        if (found is null)
            await _latest.TakeAsync(reference.TaskId, cancellationToken);
        else if (await _latest.IsOvertakenAsync(reference.TaskId, cancellationToken))
            throw new CloudreveException(ErrorCode.Conflict, "Another rebuild of the index has begun.");
        var (state, etag) = found is null ? (new RebuildState(), null) : (found.Value.State, found.Value.ETag);
        // A run before this one may have died between its state and its report.
        await ReportAsync(reference, state, cancellationToken);
        while (_clock.GetElapsedTime(start) < s_stepTime)
        {
            // A process that hangs must not go on when its task has ended.
            if (await _tasks.FindAsync(reference.OwnerId, reference.TaskId, cancellationToken) is not { IsAtWork: true })
                return true;
            if (!state.IsCleared)
            {
                // A run that another one has overtaken ends here. If it is overtaken later, what the other one writes is newer than what was listed.
                var (old, time) = (await _blobs.ListAsync(cancellationToken), _clock.GetUtcNow());
                etag = await _states.WriteAsync(reference.TaskId, state, etag, cancellationToken);
                if (!await _blobs.ClearAsync(old, cancellationToken))
                    continue;
                await _index.ClearBeforeAsync(time, cancellationToken);
                state = state with { IsCleared = true, Total = await _lists.Files.CountAsync(null, cancellationToken) };
            }
            else
            {
                var ids = await _files.ReadIdsAsync(state.Partition, state.Key, FilesInRound, cancellationToken);
                if (ids.Count == 0)
                    return true;
                var files = await SortedRows.ReadAsync(ids, _byId.FindByRowAsync, cancellationToken);
                var failures = await _indexing.RebuildAsync(site, files, policies, state.Failures, cancellationToken);
                state = state with { Done = state.Done + ids.Count, Partition = ids[^1].PartitionKey, Key = ids[^1].RowKey, Failures = failures };
            }
            etag = await _states.WriteAsync(reference.TaskId, state, etag, cancellationToken);
            await ReportAsync(reference, state, cancellationToken);
        }
        return false;
    }

    /// <summary>Ends a task. What was indexed stays.</summary>
    /// <param name="error">The error that ended it early; null for none.</param>
    public async Task FinishAsync(TaskReference reference, string? error, CancellationToken cancellationToken = default)
    {
        // Without its state a task that is at work would begin again.
        await _runs.EndAsync(reference, error, cancellationToken: cancellationToken);
        await _states.ClearAsync(reference.TaskId, cancellationToken);
    }

    private Task ReportAsync(TaskReference reference, RebuildState state, CancellationToken cancellationToken)
    {
        var progress = new Dictionary<string, TaskProgress> { ["rebuild_index"] = new(Math.Max(state.Total, state.Done), state.Done) };
        return _runs.ReportAsync(reference, state.IsCleared ? Indexing : Clearing, progress, state.Failures, cancellationToken);
    }
}
